# Showing how to reach somebody: for a reason, once, on record.

reveal-before = What you are shown is put on record. The worker who sent this request reads who saw it, when and why.
reveal-start = See how to reach them
reveal-why = Why do you need it now?
reveal-why-first_contact = To make first contact
reveal-why-arrange = To agree or change a time
reveal-why-not_heard_from = Nobody has heard from them
reveal-why-other = Something else
reveal-why-life_at_risk = A life is at risk now
reveal-why-needed = Choose why you need it
reveal-more = Why you need it
reveal-more-needed = Write why you need it
reveal-show = Show me
reveal-at-risk-what = If somebody is in danger this minute, call 999 first. Here you are shown it at once, without proving again who you are. Afterwards it is reviewed.
reveal-danger = What is happening?
reveal-danger-needed = Write in a few words what is happening
reveal-show-now = Show me at once
reveal-recorded = This is shown once. It is on record that you saw it, and why.
reveal-once = You have been shown it. It is shown once: ask again if you still need it.
reveal-shown-heading = Who was shown how to reach them
link-code-again = Give the code once more. It is too long since you gave it.
look-contact_reveal_at_risk = Saw how to make contact at once, because a life was at risk
task-kind-review_reveal = Review why somebody was shown at once how to reach this person
