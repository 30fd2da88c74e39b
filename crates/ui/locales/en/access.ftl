# Signing in and out, the lock, people and access, programs, record of access.
page-sign-in-title = Sign in
page-locked-title = Locked
page-step-up-title = Show that it is you
page-welcome-title = Choose a password
page-second-step-title = Second step

sign-in-heading = Sign in
sign-in-email = Email address
sign-in-email-missing = Enter your email address
sign-in-password = Password
sign-in-password-missing = Enter your password
sign-in-code = Code from your app
sign-in-code-hint = Six digits. Leave this empty if you have not set up an app.
sign-in-code-missing = Enter your password again, and the code from your app
sign-in-button = Sign in
sign-in-refused = We could not sign you in with that. Check the email address, the password and the code
sign-in-slow = There were too many tries here. Wait until { $time } and try again
sign-in-lost = Lost your password? Ask the person who manages access where you work. They can give you a link to choose a new one.
sign-in-demo-heading = Try it as someone
sign-in-demo-what = These people are invented. One press signs you in as them.
sign-in-demo-caption = People in this demonstration
sign-in-demo-name = Name
sign-in-demo-role = Role
sign-in-demo-organisation = Organisation
sign-in-demo-press = Sign in
sign-in-demo-as = Be { $name }

locked-heading = This screen is locked
locked-what = Nothing was lost. Enter your password to go on where you stopped.
locked-password = Password
locked-button = Unlock
locked-sign-out = Sign out
locked-refused = That is not the password. Try again, or sign out

step-up-heading = Show that it is you
step-up-what = What comes next changes who can see or do things, so we ask for your password again.
step-up-button = Continue
step-up-refused = We could not confirm that it is you. Check the password and the code

welcome-heading = Choose a password
welcome-password = Password
welcome-password-hint = At least { $count } characters. Three or four words that only you would put together are good.
welcome-button = Save password
welcome-done = Your password is saved. Sign in with it now.
welcome-over-heading = This link no longer works
welcome-over-what = It may have been used already, or it is too old. Ask the person who gave it to you for a new one.
password-too-short = Use at least 12 characters
password-too-long = Use 256 characters or fewer
password-easy-to-guess = That is too easy to guess. Choose words that do not belong together

second-step-heading = Set up a second step
second-step-what = With a second step, your password alone is not enough to sign in as you.
second-step-type = Open the app on your phone that makes codes, add an account, and type this key into it.
second-step-key = Key
second-step-code-hint = The six digits that the app shows now.
second-step-button = Turn on the second step
second-step-refused = That code is not right. Wait for the next one and try again
second-step-done = The second step is on. From now on you need the code from your app to sign in.
