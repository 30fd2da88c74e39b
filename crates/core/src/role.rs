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
