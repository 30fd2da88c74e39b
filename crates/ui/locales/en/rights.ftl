# Keeping, showing and erasing a record: what a person may ask for, and what the law asks of us.
keeping-heading = How long this is kept
keeping-since = Since
keeping-hold-heading = Keep it, whatever else is asked
keeping-hold-what = A legal hold stops this record from being erased until somebody lifts it. Setting and lifting one is on record.
keeping-hold-why = Why must it be kept?
keeping-hold-reason = Say more: which review, case or complaint
keeping-hold-set = Set the hold
keeping-hold-lift = Lift the hold
keeping-hold-said = The hold is set. Nothing of this record is erased until it is lifted.
keeping-lift-said = The hold is lifted.
keeping-erase-heading = Erase it
keeping-erase-what = Everything we keep about this person is destroyed, with the key that opens it. It cannot be undone. A security officer must agree first.
keeping-erase-why = Why is it erased?
keeping-erase-reason = What was asked for or decided, without names
keeping-erase-ask = Ask for it to be erased
keeping-erase-waits = It was asked for this record to be erased. A security officer decides.
keeping-erase-take-back = Take this back
keeping-erase-said = It is asked for. A security officer decides.
keeping-take-back-said = It was taken back. Nothing was erased.
keeping-erase-not-yet = It cannot be erased yet:
erase-stands-hold = there is a legal hold on the record
erase-stands-open_case = the case is open: close it first, so that nobody counts on it
erase-stands-live_referral = a service still has a request

hold-kind-death_review = A review of a death
hold-kind-litigation = A court case, or one to be expected
hold-kind-complaint = A complaint that is not settled
hold-kind-inquiry = An inquiry or a police investigation

erase-ground-asked_by_person = They asked, and nothing obliges us to keep it
erase-ground-period_over = Our time for keeping it is over
erase-ground-never_right = It should never have been kept
erase-ground-put_back = It was erased before, and a backup had brought it back

erase-state-asked = Waits for a decision
erase-state-refused = Refused or taken back
erase-state-done = Erased

erasures-heading = Erasing records
erasures-what = A record is erased when two people agree: whoever answers for the site asks, and you decide. You see why, never whose record it is.
erasures-caption = Requests, newest first
erasures-asked = Asked
erasures-decided = Decided
erasures-stands = How it stands
erasures-one-heading = Erasing a record
erasures-second-person = You asked for this. Somebody else must decide.
erasures-for-good = This cannot be undone. Check that no review, court case or complaint needs this record.
erasures-confirm = Erase it for good
erasures-refuse = Do not erase it
erasures-confirmed-said = It is erased.
erasures-refused-said = It was not erased.
erasures-afterwards = What is left to do
erasures-purged = The last trace on disk was overwritten on { $when }.
erasures-not-purged = What is left in free space on disk is overwritten in the next quiet hour, between two and five at night. “throughline shred” does it at once.
erasures-backups = Every backup from before it was erased can still open the record. All of them must be gone by { $day }. The ones this service knows of:
erasures-tell = These organisations were sent something. Tell each of them that it was erased, without saying more than they know (UK GDPR Article 19):

look-case_erase = Looked at or changed how long it is kept
look-erasure_decide = Looked at or decided an erasure
look-erased = Somebody was erased
