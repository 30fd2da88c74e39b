# Finding help: questions, answers and the sentence of each rule.
page-find-title = Options
page-service-title = Service
find-heading = Find help
find-intro = You can leave out any question. We do not ask for a name and we do not keep what you ask.
find-words = What is needed, in your words
find-words-hint = For example: somewhere safe tonight, help with rent
find-place = Where
find-place-hint = A postcode, the first half of one, or the name of a council
find-place-unknown = We do not know this place. Enter a postcode or the name of a council
find-needs = What help
find-about = About the person
find-gender = Gender
find-gender-woman = Woman
find-gender-man = Man
find-gender-trans_woman = Trans woman
find-gender-trans_man = Trans man
find-gender-non_binary = Non-binary
find-age = Age in years
find-children = Would children come too?
find-ages = How old are the children?
find-ages-hint = For example: 3, 12
find-ages-wrong = Enter each age as a number, with commas between
find-pregnant = Pregnant?
find-nrpf = Recourse to public funds
find-not-told = Not told
find-nrpf-recourse = Has recourse
find-nrpf-no_recourse = Has no recourse
find-nrpf-unsure = Not sure
find-nrpf-not_recorded_on_purpose = Left out on purpose
find-access = What is needed to use a service
find-access-wheelchair = Step-free access
find-access-deaf = Sign language
find-access-learning_disability = Support with a learning disability
find-access-mental_health = Support with mental health
find-language = Language
find-pets = Must animals come too?
find-travel = Can they travel?
find-sons = Which of them are sons? Their ages
find-sons-hint = Some places take sons only up to an age. Leave blank if you do not know.
find-ways = Which ways of being helped are safe and work for them?
find-ways-hint = Leave all blank if you do not know
find-way-in_person = In person
find-way-home_visit = At home, or where they choose
find-way-phone = By phone
find-way-online = Online
find-way-text = By text message
find-more-about = More that some services ask
find-more-about-what = Ask only what helps. Anything you leave out is never counted as yes: we say what to ask the service.
find-lgb = Lesbian, gay or bisexual, and wants a service that knows it?
find-communities = Would they rather use a service for one of these?
find-communities-hint = Leave all blank if it does not matter or you do not know
find-community-black_and_minoritised = Black and minoritised people
find-community-deaf = Deaf people
find-community-disabled = Disabled people
find-community-learning_disabled = People with learning disabilities
find-community-lgbt_plus = LGBT+ people
find-community-migrant = People who came from another country
find-community-older = Older people
find-community-young = Young people
find-community-male = Men
find-community-faith_group = People of a faith
find-community-gypsy_roma_traveller = Gypsy, Roma and Traveller people
find-community-women_with_offending_history = Women with past offences
find-community-sex_industry_involved = People in the sex industry
find-immigration-worry = Worried that asking for help reaches the immigration authorities?
find-in-work = In paid work?
find-can-pay = Can they pay something?
find-alcohol = Drink in a way a service would ask about?
find-drugs = Use drugs in a way a service would ask about?
find-offending = Past offences a service would ask about?
find-stay-away = Places and services to stay away from, and safe times
find-avoid = Stay away from
find-avoid-hint = Postcodes or councils, with commas between
find-avoid-services = Services or organisations to leave out
find-avoid-services-hint = Their names, with commas between. Everything of an organisation of that name is left out
find-avoid-services-unknown = We do not know a service or organisation of one of these names. Check the spelling: nothing was searched, so that it cannot be offered by mistake
find-left-out = Left out, because you asked: { $names }.
find-left-out-one = { $name } ({ $count ->
    [one] { $count } service
   *[other] { $count } services
})
find-avoid-unknown = We do not know one of these places. Enter postcodes or names of councils
find-day = A safe day
find-any-day = Any day
find-from = Safe from
find-until = Safe until
find-time-hint = For example 9:00
find-time-whole = Enter the day and both times, or none
find-nearest = Show nearest first, also places to flee to
find-button = Find help
find-results-heading = What we found
find-total = { $count ->
    [one] { $count } option
   *[other] { $count } options
}
find-ruled-out = { $count } ruled out: { $why }.
find-place-not-placed = We know of this place but not where it is, so nothing was judged by place.
find-last-resort = Nothing here surely meets the need. Call a helpline above, or ask the safety lead.
find-change = Change the questions
find-more = Show more
find-turn = Turn the screen
find-turn-back = Turn the screen back
find-turned-heading = You can choose from these
find-why = Why it fits
find-ask = Ask them
find-soon-room = Has room now
find-soon-open = Open now
find-soon-unknown = Ask when it can start
find-vouched = Last confirmed { $date }
find-never-vouched = Never confirmed: ask first
find-place-kept = It does not say where it is, to keep people safe
find-place-ask = Place unknown: ask
find-distance-unknown = Distance not known
find-band-same_area = In the same council area
find-band-under_3_miles = Less than 3 miles away
find-band-3_to_10_miles = 3 to 10 miles away
find-band-10_to_30_miles = 10 to 30 miles away
find-band-30_to_100_miles = 30 to 100 miles away
find-band-over_100_miles = More than 100 miles away
find-phone = Phone
find-email = Email
find-web = Web page
find-no-way = No way to reach it is known
find-refer = Refer
find-refer-same = Get the same request ready for them
find-for-case = What the plan says is filled in: what they need, and ages where we know them. Change what is not right. Say where they are and where they must not go. We do not keep that.
find-asked-waiting = This service was asked on { $date } ({ $need }). No answer yet.
find-asked-in_line = This service is next in line since { $date } ({ $need }). It has not been asked yet.
find-asked-yes = This service said yes to the request of { $date } ({ $need }).
find-asked-no = This service said no on { $date } ({ $need }).
find-asked-person_declined = The person said no to this service on { $date } ({ $need }).
find-asked-taken_back = The request to this service was taken back on { $date } ({ $need }).
find-asked-over = The help of this service ended on { $date } ({ $need }).
find-asked-see = See that request
service-where = Where
service-areas = Areas
service-who = Who it is for
service-apply = How to apply
service-wait = How long people wait
service-cost = Cost
service-interpreters = Interpreters
service-confirmed = Last confirmed
service-not-said = Not said: ask
rule-need-yes = Helps with: { $need }
rule-need-ask_service = Ask whether they help with: { $need }
rule-need-ask_person = Ask what would help most
ruled-out-need = { $count ->
    [one] { $count } is about something else
   *[other] { $count } are about something else
}
if-only-need = If the need were another: { $count } more
rule-status-yes = It is running
rule-status-ask_service = Ask whether it is running
rule-status-ask_person = Ask whether it is running
ruled-out-status = { $count ->
    [one] { $count } is not running
   *[other] { $count } are not running
}
if-only-status = If they were running: { $count } more
rule-area_served-yes = Takes people from this area
rule-area_served-ask_service = Ask whether they take people from this area
rule-area_served-ask_person = Tell us where you want help
ruled-out-area_served = { $count ->
    [one] { $count } is for another area
   *[other] { $count } are for another area
}
if-only-area_served = If the area were different: { $count } more
rule-age-yes = Takes people of this age
rule-age-ask_service = Ask which ages they take
rule-age-ask_person = Ask how old the person is
ruled-out-age = { $count ->
    [one] { $count } does not take this age
   *[other] { $count } do not take this age
}
if-only-age = If the age were different: { $count } more
rule-gender-yes = Takes people of this gender
rule-gender-ask_service = Ask whom they take
rule-gender-ask_person = They take some people only: ask the person
ruled-out-gender = { $count ->
    [one] { $count } does not take this gender
   *[other] { $count } do not take this gender
}
if-only-gender = If they took this gender: { $count } more
rule-lgb-yes = Welcomes lesbian, gay and bisexual people
rule-lgb-ask_service = Ask whether they welcome lesbian, gay and bisexual people
rule-lgb-ask_person = Ask whether this matters to the person
ruled-out-lgb = { $count ->
    [one] { $count } does not offer this
   *[other] { $count } do not offer this
}
if-only-lgb = If they offered this: { $count } more
rule-children-yes = Takes children
rule-children-ask_service = Ask whether children can come
rule-children-ask_person = They do not take children: ask whether any would come
ruled-out-children = { $count ->
    [one] { $count } does not take children
   *[other] { $count } do not take children
}
if-only-children = If they took children: { $count } more
rule-family_size-yes = Has room for a family of this size
rule-family_size-ask_service = Ask how many children can come
rule-family_size-ask_person = Ask how many children would come
ruled-out-family_size = { $count ->
    [one] { $count } does not take a family of this size
   *[other] { $count } do not take a family of this size
}
if-only-family_size = If they took a family of this size: { $count } more
rule-sons-yes = Takes sons of this age
rule-sons-ask_service = Ask up to which age sons can come
rule-sons-ask_person = Ask how old the sons are
ruled-out-sons = { $count ->
    [one] { $count } does not take sons of this age
   *[other] { $count } do not take sons of this age
}
if-only-sons = If they took sons of this age: { $count } more
rule-pregnancy-yes = Helps people who are pregnant
rule-pregnancy-ask_service = Ask whether they help people who are pregnant
rule-pregnancy-ask_person = Ask whether the person is pregnant
ruled-out-pregnancy = { $count ->
    [one] { $count } does not help during pregnancy
   *[other] { $count } do not help during pregnancy
}
if-only-pregnancy = If they helped during pregnancy: { $count } more
rule-no_recourse-yes = Takes people with no recourse to public funds
rule-no_recourse-ask_service = Ask whether they take people with no recourse to public funds
rule-no_recourse-ask_person = They need public funds: ask the person
ruled-out-no_recourse = { $count ->
    [one] { $count } needs public funds
   *[other] { $count } need public funds
}
if-only-no_recourse = If they took people with no recourse to public funds: { $count } more
rule-immigration_worry-yes = Does not pass details to the immigration authorities
rule-immigration_worry-ask_service = Ask what they pass on to the immigration authorities
rule-immigration_worry-ask_person = Ask whether the person worries about this
ruled-out-immigration_worry = { $count } may pass details on
if-only-immigration_worry = If they did not pass details on: { $count } more
rule-wheelchair-yes = Step-free, with room for a wheelchair
rule-wheelchair-ask_service = Ask about steps and wheelchairs
rule-wheelchair-ask_person = Ask whether the person needs step-free access
ruled-out-wheelchair = { $count ->
    [one] { $count } is not step-free
   *[other] { $count } are not step-free
}
if-only-wheelchair = If they were step-free: { $count } more
rule-deaf-yes = Works with deaf people
rule-deaf-ask_service = Ask about sign language
rule-deaf-ask_person = Ask whether the person needs sign language
ruled-out-deaf = { $count ->
    [one] { $count } does not offer sign language
   *[other] { $count } do not offer sign language
}
if-only-deaf = If they offered sign language: { $count } more
rule-learning_disability-yes = Supports people with a learning disability
rule-learning_disability-ask_service = Ask whether they support people with a learning disability
rule-learning_disability-ask_person = Ask whether the person needs this
ruled-out-learning_disability = { $count ->
    [one] { $count } does not offer this support
   *[other] { $count } do not offer this support
}
if-only-learning_disability = If they offered this support: { $count } more
rule-mental_health-yes = Supports people with serious mental health needs
rule-mental_health-ask_service = Ask about support for mental health
rule-mental_health-ask_person = Ask whether the person needs this
ruled-out-mental_health = { $count ->
    [one] { $count } does not offer mental health support
   *[other] { $count } do not offer mental health support
}
if-only-mental_health = If they offered mental health support: { $count } more
rule-language-yes = Speaks the language
rule-language-ask_service = Ask about the language or an interpreter
rule-language-ask_person = Ask which language the person speaks
ruled-out-language = { $count ->
    [one] { $count } does not speak the language
   *[other] { $count } do not speak the language
}
if-only-language = If they spoke the language: { $count } more
rule-pets-yes = Takes pets
rule-pets-ask_service = Ask whether animals can come
rule-pets-ask_person = Ask whether animals must come
ruled-out-pets = { $count ->
    [one] { $count } does not take pets
   *[other] { $count } do not take pets
}
if-only-pets = If the pets stayed elsewhere: { $count } more
rule-alcohol-yes = Takes people who drink
rule-alcohol-ask_service = Ask about alcohol
rule-alcohol-ask_person = Ask whether the person drinks
ruled-out-alcohol = { $count ->
    [one] { $count } does not take people who drink
   *[other] { $count } do not take people who drink
}
if-only-alcohol = If they took people who drink: { $count } more
rule-drugs-yes = Takes people who use drugs
rule-drugs-ask_service = Ask about drugs
rule-drugs-ask_person = Ask whether the person uses drugs
ruled-out-drugs = { $count ->
    [one] { $count } does not take people who use drugs
   *[other] { $count } do not take people who use drugs
}
if-only-drugs = If they took people who use drugs: { $count } more
rule-offending-yes = Takes people with past offences
rule-offending-ask_service = Ask about past offences
rule-offending-ask_person = Ask about past offences
ruled-out-offending = { $count ->
    [one] { $count } does not take people with past offences
   *[other] { $count } do not take people with past offences
}
if-only-offending = If they took people with past offences: { $count } more
rule-in_work-yes = Takes people in paid work
rule-in_work-ask_service = Ask what it costs for people in paid work
rule-in_work-ask_person = Ask whether the person is in paid work
ruled-out-in_work = { $count ->
    [one] { $count } does not take people in paid work
   *[other] { $count } do not take people in paid work
}
if-only-in_work = If they took people in paid work: { $count } more
rule-cost-yes = It is free
rule-cost-ask_service = Ask what it costs
rule-cost-ask_person = Ask whether the person can pay
ruled-out-cost = { $count ->
    [one] { $count } costs money
   *[other] { $count } cost money
}
if-only-cost = If it were free: { $count } more
rule-referral_route-yes = You can go to them this way
rule-referral_route-ask_service = Ask how people can come to them
rule-referral_route-ask_person = Ask how the person would go
ruled-out-referral_route = { $count } cannot be reached this way
if-only-referral_route = If somebody else referred: { $count } more
rule-ways-yes = Helps in a way that is safe
rule-ways-ask_service = Ask how they can help
rule-ways-ask_person = Ask which ways are safe
ruled-out-ways = { $count ->
    [one] { $count } does not help in a safe way
   *[other] { $count } do not help in a safe way
}
if-only-ways = If another way were safe: { $count } more
rule-travel-yes = No need to travel far
rule-travel-ask_service = Ask how to get there
rule-travel-ask_person = Ask whether the person can travel
ruled-out-travel = { $count ->
    [one] { $count } is too far without travel
   *[other] { $count } are too far without travel
}
if-only-travel = If the person could travel: { $count } more
rule-stay_away-yes = Away from the places to avoid
rule-stay_away-ask_service = Ask where they see people: it may be a place to avoid
rule-stay_away-ask_person = Ask which places are not safe
ruled-out-stay_away = { $count ->
    [one] { $count } is in a place to avoid
   *[other] { $count } are in a place to avoid
}
if-only-stay_away = If the place were safe: { $count } more
rule-safe_times-yes = Open when it is safe
rule-safe_times-ask_service = Ask when they are open
rule-safe_times-ask_person = Ask when it is safe
ruled-out-safe_times = { $count ->
    [one] { $count } is closed when it is safe
   *[other] { $count } are closed when it is safe
}
if-only-safe_times = If another time were safe: { $count } more
rule-capacity-yes = Has room now
rule-capacity-ask_service = Ask whether they have room
rule-capacity-ask_person = There is a waiting list. Ask whether waiting is possible
ruled-out-capacity = { $count ->
    [one] { $count } has no room
   *[other] { $count } have no room
}
if-only-capacity = If they had room: { $count } more
rule-stale-yes = Confirmed lately
rule-stale-ask_service = This may be out of date: ask whether it is still true
rule-stale-ask_person = Ask whether it is still true
ruled-out-stale = { $count ->
    [one] { $count } is out of date
   *[other] { $count } are out of date
}
if-only-stale = If they were confirmed: { $count } more
rule-community-yes = For this community
rule-community-ask_service = Ask whether they know this community
rule-community-ask_person = Ask whether this matters
ruled-out-community = { $count ->
    [one] { $count } is not for this community
   *[other] { $count } are not for this community
}
if-only-community = If they were for this community: { $count } more
not-sent-heading = Is nothing worth sending?
not-sent-words = Press why. It is kept as a need that was not met, so that it shows what is missing here. No service is told.
not-sent-one = Not worth asking
not-sent-kept = Kept as a need that was not met. No service was told.
not-sent-not-now = Nothing was changed. See below how this need stands now: somebody may have been asked already.
