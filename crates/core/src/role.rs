//! What a person who signs in is there to do. Every role that exists has a whole journey.

crate::code_list! {
    /// A member of staff's role. What each may do is the exhaustive table in the `policy` crate (SPEC 4.10).
    pub enum Role {
        /// Front line in a jobcentre or council: hears, finds, refers (SPEC INV-017).
        WorkCoach = "work_coach",
        /// Reception: sees neutral appointments and "private room requested", nothing else (SPEC 3.4, NE-21).
        FrontDesk = "front_desk",
        /// Domestic abuse lead (single point of contact) for one or more sites (SPEC INV-001).
        DaLead = "da_lead",
        /// A worker at a service that receives referrals.
        PartnerWorker = "partner_worker",
        /// Keeps the directory true.
        DirectorySteward = "directory_steward",
        /// Sees who looked, refusals and the proof of the record; never content.
        SecurityOfficer = "security_officer",
        /// Manages accounts, sites and clients; never sees case content (SPEC 4.10).
        Administrator = "administrator",
    }
}

impl Role {
    /// The roles of the organisation that runs an installation. Nobody in it answers referrals: no service points to it.
    pub const OF_THE_OPERATOR: &'static [Self] = &[
        Self::WorkCoach,
        Self::FrontDesk,
        Self::DaLead,
        Self::DirectorySteward,
        Self::SecurityOfficer,
        Self::Administrator,
    ];
    /// The roles of a partner. No steward: the directory and the addresses of every service are one for all, so that two stewards
    /// made by one partner could have another's referrals sent to themselves.
    pub const OF_A_PARTNER: &'static [Self] = &[
        Self::PartnerWorker,
        Self::SecurityOfficer,
        Self::Administrator,
    ];
}

#[cfg(test)]
mod tests {
    use super::Role;
    use crate::code::Code as _;

    #[test]
    fn every_role_has_an_organisation_and_only_partners_answer() {
        for role in Role::ALL {
            let (ours, theirs) = (
                Role::OF_THE_OPERATOR.contains(role),
                Role::OF_A_PARTNER.contains(role),
            );
            assert!(ours || theirs, "{role}");
            assert!(*role != Role::PartnerWorker || !ours);
            assert!(*role != Role::DirectorySteward || !theirs);
        }
    }
}
