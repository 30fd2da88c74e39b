//! The words by which [`super::confidential`] recognises housing for people who flee. Lower case, no apostrophes, whole words.

use super::lists::ServiceType;

/// Words that speak of abuse or flight from it.
pub(super) const ABUSE: &[&str] = &[
    "domestic abuse",
    "domestic violence",
    "domestic crimes",
    "domestically abused",
    "abusive relationship",
    "abusive relationships",
    "abusive partner",
    "abusive partners",
    "violent partner",
    "violent relationship",
    "fleeing",
    "escaping abuse",
    "escaping violence",
    "escape abuse",
    "honour based",
    "forced marriage",
    "womens aid",
    "abused women",
    "battered women",
    "violence against women",
    "gender based violence",
    "trafficked",
    "human trafficking",
    "modern slavery",
    "coercive control",
    "survivors of abuse",
    "victims of abuse",
    "family violence",
    "intimate partner",
];

/// Names of housing for people who flee, whatever else is said.
pub(super) const HOUSING: &[(&str, ServiceType)] = &[
    ("refuge", ServiceType::Refuge),
    ("refuges", ServiceType::Refuge),
    ("womens aid accommodation", ServiceType::Refuge),
    ("womens shelter", ServiceType::Refuge),
    ("womens shelters", ServiceType::Refuge),
    ("domestic abuse shelter", ServiceType::Refuge),
    ("domestic abuse shelters", ServiceType::Refuge),
    ("domestic violence shelter", ServiceType::Refuge),
    ("domestic violence shelters", ServiceType::Refuge),
    ("shelter for abused", ServiceType::Refuge),
    ("shelters for abused", ServiceType::Refuge),
    (
        "domestic abuse accommodation",
        ServiceType::OtherDesignatedEmergency,
    ),
    (
        "domestic violence accommodation",
        ServiceType::OtherDesignatedEmergency,
    ),
    (
        "human trafficking shelter",
        ServiceType::SpecialistSafeAccommodation,
    ),
    (
        "human trafficking shelters",
        ServiceType::SpecialistSafeAccommodation,
    ),
    (
        "trafficking safe house",
        ServiceType::SpecialistSafeAccommodation,
    ),
    (
        "specialist safe accommodation",
        ServiceType::SpecialistSafeAccommodation,
    ),
];

/// Names of housing that mean it where abuse is spoken of.
pub(super) const HOUSING_WHERE_ABUSE: &[(&str, ServiceType)] = &[
    ("safe house", ServiceType::Refuge),
    ("safe houses", ServiceType::Refuge),
    ("safehouse", ServiceType::Refuge),
    ("safehouses", ServiceType::Refuge),
    ("safe shelter", ServiceType::Refuge),
    ("safe accommodation", ServiceType::OtherDesignatedEmergency),
    (
        "dispersed accommodation",
        ServiceType::DispersedAccommodation,
    ),
    ("dispersed units", ServiceType::DispersedAccommodation),
    ("second stage accommodation", ServiceType::SecondStage),
    ("second stage housing", ServiceType::SecondStage),
    ("move on accommodation", ServiceType::SecondStage),
    ("respite room", ServiceType::RespiteRoom),
    ("respite rooms", ServiceType::RespiteRoom),
    (
        "emergency accommodation",
        ServiceType::OtherDesignatedEmergency,
    ),
    (
        "crisis accommodation",
        ServiceType::OtherDesignatedEmergency,
    ),
];

/// Housing in general; it counts only in a sentence that also speaks of abuse.
pub(super) const HOUSING_LOOSELY: &[&str] = &[
    "shelter",
    "shelters",
    "accommodation",
    "hostel",
    "hostels",
    "safe place to stay",
    "place of safety",
    "supported housing",
    "bed spaces",
];

/// Words that say: this is ours.
pub(super) const OFFERS: &[&str] = &[
    "provide",
    "provides",
    "provided",
    "providing",
    "offer",
    "offers",
    "offered",
    "offering",
    "run",
    "runs",
    "running",
    "our refuge",
    "our refuges",
    "our safe",
    "we have",
    "has a",
    "have a",
    "manage",
    "manages",
    "managing",
    "operate",
    "operates",
    "accommodate",
    "accommodates",
    "accommodation for",
    "house women",
    "houses women",
    "choice to live",
    "stay in our",
    "live in our",
    "bed spaces",
    "bedroom",
    "self contained",
    "includes",
    "including",
    "is a refuge",
    "is the only",
    "refuge for",
];

/// Words that say: this is elsewhere, we help you find it, or we visit it.
pub(super) const POINTS_ELSEWHERE: &[&str] = &[
    "signpost",
    "signposts",
    "signposting",
    "signposted",
    "refer people",
    "refer you",
    "refer women",
    "referral to",
    "referrals to",
    "referral from",
    "referrals into",
    "referral into",
    "access to refuge",
    "access to refuges",
    "access refuge",
    "accessing refuge",
    "accessing a refuge",
    "find refuge",
    "find a refuge",
    "finding a refuge",
    "finding refuge",
    "find safe accommodation",
    "finding safe accommodation",
    "help to find",
    "help finding",
    "information about",
    "information on",
    "advice on",
    "advice about",
    "details of",
    "seeking refuge",
    "take refuge",
    "took refuge",
    "refuge from",
    "unsafe accommodation",
];

/// Other senses of the same words.
pub(super) const OTHER_SENSE: &[&str] = &[
    "wildlife",
    "nature reserve",
    "animal",
    "animals",
    "bird",
    "birds",
    "donkey",
    "donkeys",
    "cat",
    "cats",
    "dog",
    "dogs",
    "horse",
    "horses",
    "hedgehog",
    "hedgehogs",
    "refuse collection",
    "mountain refuge",
];

/// Terms that name a group of people, a gift or a meeting rather than the housing itself.
pub(super) const TERM_OF_SOMETHING_ELSE: &[&str] = &[
    "residents",
    "volunteer",
    "volunteering",
    "donation",
    "donations",
    "clearinghouses",
    "vouchers",
    "issues",
    "former residents",
];

/// Names of services that are reached by phone or screen and have no place to hide.
pub(super) const LINE: &[&str] = &[
    "helpline",
    "helplines",
    "hotline",
    "hotlines",
    "advice line",
    "phone line",
    "live chat",
    "webchat",
    "text line",
];

/// Names of work that a refuge's organisation does elsewhere.
pub(super) const WORK_ELSEWHERE: &[&str] = &[
    "outreach",
    "idva",
    "isva",
    "advocacy",
    "counselling",
    "training",
    "support group",
    "charity shop",
    "shop",
    "freedom programme",
    "drop in",
    "floating support",
    "volunteering",
    "fundraising",
];
