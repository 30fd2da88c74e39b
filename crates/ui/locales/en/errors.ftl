# What went wrong, that nothing was lost, and what to do next.
error-required = Fill in this answer
error-choose-one = Choose one of the answers
error-choose-some = Choose at least one answer
error-not-in-list = Choose an answer from the list
error-too-long = Use { $max } characters or fewer
error-number = Enter a whole number, like 12
error-number-range = Enter a number from { $min } to { $max }
error-date = Enter a real date, like 27 3 2026
error-date-missing = Enter a day, a month and a year
error-email = Enter an email address, like name@example.com
error-time = Enter a time, like 3:30pm or 15:30
error-not-saved = We could not save this. Nothing you typed was lost. Try again.
error-form-too-big = That was too much to send in one go. Nothing was saved. Shorten it and try again.
error-form-unreadable = We could not read what was sent. Nothing was saved. Go back and try again.
error-form-expired = This page was open too long to be safe. Nothing you typed was lost. Check it and send it again.
