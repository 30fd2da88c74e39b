//! Code lists of the directory.

use crate::code::Code as _;

crate::code_list! {
    /// What kind of service it is (`reference_enums.json` `service_type`; SPEC 4.2).
    pub enum ServiceType {
        /// Helpline.
        Helpline = "helpline",
        /// Refuge.
        Refuge = "refuge",
        /// Specialist safe accommodation.
        SpecialistSafeAccommodation = "specialist_safe_accommodation",
        /// Dispersed accommodation.
        DispersedAccommodation = "dispersed_accommodation",
        /// Second stage accommodation.
        SecondStage = "second_stage",
        /// Sanctuary scheme: security measures in the person's own home.
        SanctuaryScheme = "sanctuary_scheme",
        /// Other designated domestic abuse emergency accommodation.
        OtherDesignatedEmergency = "other_designated_emergency",
        /// Respite room.
        RespiteRoom = "respite_room",
        /// Independent domestic violence adviser.
        Idva = "idva",
        /// Independent sexual violence adviser.
        Isva = "isva",
        /// Outreach or floating support.
        OutreachOrFloatingSupport = "outreach_or_floating_support",
        /// Caseworker for people below the IDVA threshold.
        CaseworkerBelowIdva = "caseworker_below_idva",
        /// Counselling for adults.
        CounsellingAdult = "counselling_adult",
        /// Counselling for children.
        CounsellingChild = "counselling_child",
        /// Support for children.
        ChildrensSupport = "childrens_support",
        /// Support group.
        SupportGroup = "support_group",
        /// Behaviour change for people who harm.
        PerpetratorBehaviourChange = "perpetrator_behaviour_change",
        /// Stalking intervention.
        StalkingIntervention = "stalking_intervention",
        /// High-harm perpetrator programme of the Drive type.
        DriveTypeHighHarm = "drive_type_high_harm",
        /// Legal advice.
        LegalAdvice = "legal_advice",
        /// Immigration advice.
        ImmigrationAdvice = "immigration_advice",
        /// Housing advice.
        HousingAdvice = "housing_advice",
        /// Debt and money advice.
        DebtAndMoneyAdvice = "debt_and_money_advice",
        /// Recovery from alcohol or drugs.
        SubstanceRecovery = "substance_recovery",
        /// Mental health.
        MentalHealth = "mental_health",
        /// Advocacy in a health setting.
        HealthBasedAdvocacy = "health_based_advocacy",
        /// Forced marriage unit.
        ForcedMarriageUnit = "forced_marriage_unit",
        /// Child contact support.
        ChildContactSupport = "child_contact_support",
        /// Digital safety.
        DigitalSafety = "digital_safety",
        /// Support into work.
        EmploymentSupport = "employment_support",
        /// Training provider.
        TrainingProvider = "training_provider",
        /// Prevention and education.
        PreventionEducation = "prevention_education",
        /// Community navigator.
        CommunityNavigator = "community_navigator",
    }
}

impl ServiceType {
    /// Whether where it is must never be known from the directory: refuges and other places people flee to
    /// (ASSURANCE F1; SPEC 4.8). A sanctuary scheme is in the person's own home and has no address of its own.
    pub const fn is_confidential(self) -> bool {
        matches!(
            self,
            Self::Refuge
                | Self::SpecialistSafeAccommodation
                | Self::DispersedAccommodation
                | Self::SecondStage
                | Self::OtherDesignatedEmergency
                | Self::RespiteRoom
        )
    }

    /// Every confidential kind, in list order.
    pub fn confidential() -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(|kind| kind.is_confidential())
    }
}

crate::code_list! {
    /// Whether a service is running (HSDS 3.0 `service.status`).
    pub enum Status {
        /// Running.
        Active = "active",
        /// Not running now.
        Inactive = "inactive",
        /// Gone for good.
        Defunct = "defunct",
        /// Closed for a while.
        TemporarilyClosed = "temporarily closed",
    }
}

crate::code_list! {
    /// What kind of place a location is (HSDS 3.0 `location.location_type`).
    pub enum LocationType {
        /// People go there.
        Physical = "physical",
        /// Post goes there.
        Postal = "postal",
        /// Reached online or by phone.
        Virtual = "virtual",
    }
}

crate::code_list! {
    /// A day of the week, as iCalendar spells it (RFC 5545 `BYDAY`).
    pub enum Weekday {
        /// Monday.
        Monday = "MO",
        /// Tuesday.
        Tuesday = "TU",
        /// Wednesday.
        Wednesday = "WE",
        /// Thursday.
        Thursday = "TH",
        /// Friday.
        Friday = "FR",
        /// Saturday.
        Saturday = "SA",
        /// Sunday.
        Sunday = "SU",
    }
}

crate::code_list! {
    /// Who runs the service (`reference_enums.json` `provider_model`).
    pub enum ProviderModel {
        /// Independent charity.
        IndependentCharity = "independent_charity",
        /// Other independent body.
        IndependentOther = "independent_other",
        /// Local authority, in house.
        LocalAuthorityInHouse = "local_authority_in_house",
        /// To be brought in house.
        PlannedInHouse = "planned_in_house",
        /// NHS.
        Nhs = "nhs",
        /// Police or police and crime commissioner, in house.
        PoliceOrPccInHouse = "police_or_pcc_in_house",
        /// Private.
        Private = "private",
        /// Other public body.
        OtherPublic = "other_public",
    }
}

crate::code_list! {
    /// Whether a service is led, designed and delivered by and for those it serves, and who says so
    /// (`reference_enums.json` `by_and_for`; SPEC 4.9: self-declared is not verified).
    pub enum ByAndFor {
        /// Not by and for.
        NotByAndFor = "not_by_and_for",
        /// The service says so; nobody has checked.
        SelfDeclaredUnverified = "self_declared_unverified",
        /// Checked on all three tests: led, designed and delivered.
        VerifiedLedDesignedDelivered = "verified_led_designed_delivered",
        /// A mainstream service with a specialist worker.
        MainstreamWithSpecialistWorker = "mainstream_with_specialist_worker",
    }
}

crate::code_list! {
    /// A community that a service is for (`reference_enums.json` `community_served`).
    pub enum CommunityServed {
        /// Black and minoritised people.
        BlackAndMinoritised = "black_and_minoritised",
        /// Deaf people.
        Deaf = "deaf",
        /// Disabled people.
        Disabled = "disabled",
        /// People with learning disabilities.
        LearningDisabled = "learning_disabled",
        /// LGBT+ people.
        LgbtPlus = "lgbt_plus",
        /// Migrants.
        Migrant = "migrant",
        /// Older people.
        Older = "older",
        /// Young people.
        Young = "young",
        /// Men.
        Male = "male",
        /// A faith group.
        FaithGroup = "faith_group",
        /// Gypsy, Roma and Traveller people.
        GypsyRomaTraveller = "gypsy_roma_traveller",
        /// Women with a history of offending.
        WomenWithOffendingHistory = "women_with_offending_history",
        /// People involved in the sex industry.
        SexIndustryInvolved = "sex_industry_involved",
    }
}

crate::code_list! {
    /// How a person comes to a service.
    pub enum ReferralRoute {
        /// The person can ask for themselves.
        SelfReferral = "self_referral",
        /// A worker refers.
        Professional = "professional",
        /// Only named bodies refer (for example the council's homelessness team).
        NamedBodiesOnly = "named_bodies_only",
        /// People just come.
        DropIn = "drop_in",
    }
}

crate::code_list! {
    /// A way in which help is given.
    pub enum Channel {
        /// Face to face at a place of the service.
        InPerson = "in_person",
        /// At the person's home or a place they choose.
        HomeVisit = "home_visit",
        /// By phone.
        Phone = "phone",
        /// Online: video, chat, web.
        Online = "online",
        /// By text message.
        Text = "text",
    }
}
