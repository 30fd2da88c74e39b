# Words every page shares.
skip-to-content = Skip to main content
back = Back
back-to = Back to { $place }
error-title-prefix = Error: { $title }
sign-out = Sign out
signed-in-as = Signed in as { $name }
for-organisation = { $role }, { $organisation }
help-strip-label = Emergency and helplines
help-emergency = In danger now? Call 999.
help-silent = Cannot speak? On a mobile, dial 999 and press 55.
help-more = Helplines
helpline-verified = last verified { $date }
helpline-not-verified = number not verified
exit-this-page = Exit this page
exit-explained = This takes you to a weather page. It does not clear your browsing history.
exit-emergency = Emergency
language-label = Language
language-switch-cy = Newid yr iaith i’r Gymraeg
language-switch-en = Change the language to English
nav-label = Main
nav-menu = Menu
service-information = Service information
footer-label = Support links
footer-accessibility = Accessibility
footer-privacy = Privacy
footer-records = What this service records
demo-banner = Demonstration. Nobody here is real. Do not type real names or details.
demo-tag = Demo
print-heading = Information you asked for
print-this-page = Print this page
screen-turned = Turned screen
options-found = { $count ->
    [one] { $count } option
   *[other] { $count } options
}
date-at-time = { $date } at { $time }
time-midnight = midnight
time-midday = midday
just-now = just now
time-ago = { $time } ago
due-now = due now
due-in = due in { $time }
overdue-by = overdue by { $time }
less-than-a-minute = less than a minute
count-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
count-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
count-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
list-and = { $first } and { $last }
answer-yes = Yes
answer-no = No
answer-not-known = Not known
saved-as-you-type = Saved as you type
draft-here = Your words from before are here. They were kept as you typed and are not sent yet.
page-draft-title = Saved
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
lock-screen = Lock screen
