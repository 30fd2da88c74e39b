# The directory steward.
page-steward-title = Directory
steward-heading = The directory
steward-services = { $count ->
    [one] { $count } service can be found.
   *[other] { $count } services can be found.
}
steward-import = Import a file
steward-import-what = An Open Referral UK feed (JSON) or a zip of HSDS tables. All of it is imported or none. Services that are not in the file stay.
steward-waiting = Waiting for you
steward-nothing-waits = Nothing waits.
steward-rows = { $count ->
    [one] { $count } row set aside
   *[other] { $count } rows set aside
}
steward-why = Why
steward-feed = Feed
steward-row = Row
steward-since = Since
steward-reason-repeated_id = Same identifier as an earlier row
steward-reason-no_name = No name
steward-reason-not_a_service = Not a service
steward-reason-address_withheld = Address withheld
steward-because-marked_by_feed = Address withheld: the feed marks it as not to be shown
steward-because-kind_of_service = Address withheld: this kind of service never has a public address
steward-because-classified = Address withheld: its classification says that it houses people who flee
steward-because-name = Address withheld: its name says that it houses people who flee
steward-because-offers_housing = Address withheld: its description says that it houses people who flee
steward-because-mentions_housing = Address withheld: its description speaks of such housing, and it is not clear whose
steward-because-withheld_before = Address withheld: it was withheld until now, and nobody has said that it may be shown
steward-feeds = Feeds
steward-feeds-caption = Each feed and its last reading
steward-no-feeds = No feed has been read yet.
steward-last-read = Last read
steward-never-read = Never
steward-result = Result
steward-run-failed = It could not be read. The last good copy stays
steward-run-done = { $read } read: { $added } new, { $changed } changed, { $unchanged } unchanged, { $quarantined } set aside
steward-would = Nothing was changed. It would be: { $read } read, { $added } new, { $changed } changed, { $unchanged } unchanged, { $quarantined } set aside
steward-last-copy-stays = Nothing was lost: the services of the last good reading stay. Ask the publisher, then try again.
steward-fading = Not confirmed for too long
steward-fading-count = { $count ->
    [one] { $count } entry.
   *[other] { $count } entries.
}
steward-fading-caption = Those that do most harm if wrong come first
steward-service = Service
steward-row-heading = A row set aside
steward-as-it-came = The row as it came
steward-decided = This row has been decided. What it held is gone from here; the feed still has it.
steward-decide-keep_apart = Publish as a service of its own
steward-decide-without_address = Keep the address withheld
steward-decide-show_address = Show the address: nobody who flees lives there
steward-decide-discard = Discard
steward-said-decided = Decided
steward-said-imported = The file was taken over
steward-said-changed = Changed
steward-problems = What was wrong and what was done
steward-problems-table = All problems as a table
steward-field = Field
steward-problem = What was wrong
steward-did = What was done
steward-feed-name = Name of the feed
steward-feed-name-hint = The same name each time, for example: Bristol
steward-feed-needed = Enter the name of the feed
steward-file = File, up to 64 MB
steward-file-needed = Choose a file
steward-dry = Only say what would change
steward-unreadable = { $why } Nothing was changed.
steward-state = State
steward-listed = Can be found
steward-withdrawn = Taken out
steward-confirm = Confirm that all of it is true
steward-withdraw = Take out of the directory
steward-list = Put back into the directory
steward-as-shown = As everybody sees it
steward-address = Where referrals to it go
steward-doubts = What services said no for
steward-doubts-words = These entries may be wrong, or may not say whom the service takes. Ask the service or the source, and have it put right there.
steward-doubt = Said no { $count ->
    [one] once
   *[other] { $count } times
} between { $first } and { $last }. Why: { $why }
steward-doubt-put_right = The entry says so now
steward-doubt-left = Leave it as it is
