//! The words by which services say what kind they are and for whom. Lower case, no apostrophes; `*` at the end lets a word go on.

use throughline_core::directory::{CommunityServed, ServiceType};

/// Kind of service; words that count in a name or a term. Confidential kinds are found elsewhere, with more care.
pub(super) const TYPES: &[(ServiceType, &[&str])] = &[
    (
        ServiceType::Helpline,
        &[
            "helpline",
            "hotline*",
            "advice line",
            "samaritans",
            "childline",
        ],
    ),
    (ServiceType::SanctuaryScheme, &["sanctuary scheme"]),
    (
        ServiceType::Idva,
        &[
            "idva",
            "idvas",
            "independent domestic violence advis*",
            "independent domestic abuse advis*",
        ],
    ),
    (
        ServiceType::Isva,
        &["isva", "isvas", "independent sexual violence advis*"],
    ),
    (
        ServiceType::OutreachOrFloatingSupport,
        &["floating support", "outreach"],
    ),
    (
        ServiceType::CounsellingAdult,
        &[
            "counselling",
            "counsellor*",
            "psychotherap*",
            "talking therap*",
        ],
    ),
    (
        ServiceType::SupportGroup,
        &[
            "support group*",
            "self help group*",
            "peer group",
            "peer support group",
            "aa meeting",
        ],
    ),
    (
        ServiceType::PerpetratorBehaviourChange,
        &[
            "perpetrator programme",
            "behaviour change programme",
            "batterer*",
            "spouse intimate partner abusers",
        ],
    ),
    (ServiceType::StalkingIntervention, &["stalking"]),
    (
        ServiceType::LegalAdvice,
        &[
            "legal advice",
            "law centre",
            "legal aid",
            "legal services",
            "legal representation",
            "legal counseling",
        ],
    ),
    (
        ServiceType::ImmigrationAdvice,
        &[
            "immigration advice",
            "immigration services",
            "asylum advice",
        ],
    ),
    (
        ServiceType::HousingAdvice,
        &[
            "housing advice",
            "homelessness advice",
            "tenants advice",
            "eviction prevention*",
        ],
    ),
    (
        ServiceType::DebtAndMoneyAdvice,
        &[
            "debt advice",
            "debt*",
            "money advice",
            "credit counseling",
            "financial counselling",
        ],
    ),
    (
        ServiceType::SubstanceRecovery,
        &[
            "alcohol*",
            "drug and alcohol*",
            "narcotics anonymous",
            "al anon",
            "substance misuse",
            "substance abuse treatment*",
            "addiction recovery",
            "aa meeting",
            "detox*",
        ],
    ),
    (ServiceType::MentalHealth, &["mental health"]),
    (ServiceType::ForcedMarriageUnit, &["forced marriage unit"]),
    (
        ServiceType::ChildContactSupport,
        &["contact centre", "child contact"],
    ),
    (
        ServiceType::EmploymentSupport,
        &[
            "employment support",
            "job club",
            "work club",
            "employability",
            "jobcentre*",
            "job search*",
        ],
    ),
    (
        ServiceType::TrainingProvider,
        &[
            "training provider",
            "adult education",
            "adult learning",
            "college",
        ],
    ),
    (
        ServiceType::CommunityNavigator,
        &["community navigator*", "social prescrib*", "link worker*"],
    ),
];

/// Community; the audience terms that mean it, whole.
pub(super) const COMMUNITIES: &[(CommunityServed, &[&str])] = &[
    (
        CommunityServed::BlackAndMinoritised,
        &[
            "culturally specific",
            "black and minority ethnic",
            "bame",
            "black and minoritised",
        ],
    ),
    (
        CommunityServed::Deaf,
        &["deaf", "deaf people", "hearing impaired"],
    ),
    (
        CommunityServed::Disabled,
        &[
            "disabled people",
            "wheelchair users",
            "physical disabilities",
            "disabled",
        ],
    ),
    (
        CommunityServed::LearningDisabled,
        &["learning disabilities", "learning disability"],
    ),
    (
        CommunityServed::LgbtPlus,
        &["lgbtq", "lgbt", "lgbtq people", "lgbtqia"],
    ),
    (
        CommunityServed::Migrant,
        &[
            "refugees asylum seekers",
            "refugees",
            "asylum seekers",
            "migrants",
        ],
    ),
    (
        CommunityServed::Older,
        &["older people", "older adults", "senior citizens"],
    ),
    (
        CommunityServed::Young,
        &["young people", "young adults", "youth"],
    ),
    (CommunityServed::Male, &["men only"]),
    (
        CommunityServed::GypsyRomaTraveller,
        &[
            "gypsy roma and traveller",
            "gypsies and travellers",
            "travellers",
        ],
    ),
];

/// Words in a name by which the provider says that it is for women only.
pub(super) const ONLY_WOMEN: &[&str] =
    &["women only", "for women only", "female only", "ladies only"];

/// Words in a name by which the provider says that it is for men only.
pub(super) const ONLY_MEN: &[&str] = &["men only", "for men only", "male only"];
