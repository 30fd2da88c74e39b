//! The bodies of the demo world and who works there.

use throughline_core::id::{OrganisationId, SiteId};
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_find::bench::Stream;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::setup::OrganisationKind;
use throughline_store::{Result, Store, Work};

use super::{Counts, Size, names};

/// An account that the demo's sign-in page offers.
#[derive(Debug, Clone, Copy)]
pub struct SignIn {
    /// The role.
    pub role: Role,
    /// What the role is called.
    pub label: &'static str,
    /// Their invented name.
    pub name: &'static str,
    /// The address by which the sign-in page finds them.
    pub email: &'static str,
}

/// One account of each role, all at the first site or at the first service.
pub const SIGN_INS: &[SignIn] = &[
    SignIn {
        role: Role::WorkCoach,
        label: "work coach",
        name: "Rhian Wexcombe",
        email: "work.coach@demo.example.org",
    },
    SignIn {
        role: Role::FrontDesk,
        label: "front desk",
        name: "Bogdan Caddowby",
        email: "front.desk@demo.example.org",
    },
    SignIn {
        role: Role::DaLead,
        label: "domestic abuse lead",
        name: "Joanne Tregarrow",
        email: "da.lead@demo.example.org",
    },
    SignIn {
        role: Role::PartnerWorker,
        label: "partner worker",
        name: "Esi Lindqvale",
        email: "partner.worker@demo.example.org",
    },
    SignIn {
        role: Role::DirectorySteward,
        label: "directory steward",
        name: "Petra Ullathwaite",
        email: "directory.steward@demo.example.org",
    },
    SignIn {
        role: Role::SecurityOfficer,
        label: "security officer",
        name: "Aled Hartsmere",
        email: "security.officer@demo.example.org",
    },
    SignIn {
        role: Role::Administrator,
        label: "administrator",
        name: "Meera Kirkolme",
        email: "administrator@demo.example.org",
    },
];

/// A place of the demo: a council area that the seeds name.
#[derive(Debug, Clone, Copy)]
pub struct Town {
    /// Its name.
    pub name: &'static str,
    /// The council's GSS code.
    pub area: &'static str,
    /// The nation.
    pub nation: Nation,
    /// Latitude of the middle of the council.
    pub latitude: f64,
    /// Longitude of the middle of the council.
    pub longitude: f64,
}

/// The towns, the first of which is home to the people who sign in.
pub const TOWNS: [Town; 11] = [
    Town {
        name: "Peckham",
        area: "E09000028",
        nation: Nation::England,
        latitude: 51.4742,
        longitude: -0.0741,
    },
    Town {
        name: "Warrington",
        area: "E06000007",
        nation: Nation::England,
        latitude: 53.3988,
        longitude: -2.5636,
    },
    Town {
        name: "Lewisham",
        area: "E09000023",
        nation: Nation::England,
        latitude: 51.4483,
        longitude: -0.0203,
    },
    Town {
        name: "Woolwich",
        area: "E09000011",
        nation: Nation::England,
        latitude: 51.4744,
        longitude: 0.0555,
    },
    Town {
        name: "Birmingham",
        area: "E08000025",
        nation: Nation::England,
        latitude: 52.4885,
        longitude: -1.8748,
    },
    Town {
        name: "Loughborough",
        area: "E07000130",
        nation: Nation::England,
        latitude: 52.7370,
        longitude: -1.1461,
    },
    Town {
        name: "Melton Mowbray",
        area: "E07000133",
        nation: Nation::England,
        latitude: 52.7964,
        longitude: -0.8562,
    },
    Town {
        name: "Heeley",
        area: "E08000019",
        nation: Nation::England,
        latitude: 53.4044,
        longitude: -1.5504,
    },
    Town {
        name: "Southampton",
        area: "E06000045",
        nation: Nation::England,
        latitude: 50.9170,
        longitude: -1.3987,
    },
    Town {
        name: "Truro",
        area: "E06000052",
        nation: Nation::England,
        latitude: 50.4056,
        longitude: -4.8272,
    },
    Town {
        name: "Carmarthen",
        area: "W06000010",
        nation: Nation::Wales,
        latitude: 51.8997,
        longitude: -4.1632,
    },
];

/// Sites in each town.
const SITE_NAMES: [&str; 4] = ["High Street", "Station Road", "Market Hall", "Riverside"];

/// A site with those who work at it.
#[derive(Debug, Clone)]
pub struct Post {
    /// The site.
    pub site: SiteId,
    /// Which town.
    pub town: Town,
    /// The work coaches.
    pub coaches: Vec<Account>,
}

/// A body that answers referrals.
#[derive(Debug, Clone)]
pub struct Partner {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Which town.
    pub town: Town,
    /// Who answers.
    pub worker: Account,
}

/// Everyone who works in the demo world.
#[derive(Debug, Clone)]
pub struct Staff {
    /// The organisation that runs the installation.
    pub operator: OrganisationId,
    /// The sites.
    pub posts: Vec<Post>,
    /// The partners.
    pub partners: Vec<Partner>,
    /// The steward.
    pub steward: Account,
}

/// Makes bodies, sites and accounts.
pub async fn fill(store: &Store, size: &Size, counts: &mut Counts) -> Result<Staff> {
    let seed = size.seed;
    let (staff, made) = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(all(w, seed))
        })
        .await?;
    *counts = made;
    Ok(staff)
}

async fn all(w: &mut Work<'_>, seed: u64) -> Result<(Staff, Counts)> {
    let mut stream = Stream::new(seed);
    let mut counts = Counts::default();
    let operator = w
        .installation_create(
            "Riverside and Towns Jobcentre",
            OrganisationKind::Jobcentre,
            Nation::England,
            true,
        )
        .await?;
    counts.organisations += 1;
    let mut posts = Vec::new();
    for town in TOWNS {
        for (at, site_name) in SITE_NAMES.iter().enumerate() {
            let name = format!("{} {site_name} Jobcentre", town.name);
            let site = w
                .site_create(operator.id, &name, Some(town.area), town.nation, at != 3)
                .await?;
            counts.sites += 1;
            let first = posts.is_empty();
            let mut coaches = Vec::new();
            for n in 0..2 {
                let listed = SIGN_INS
                    .iter()
                    .find(|listed| first && n == 0 && listed.role == Role::WorkCoach);
                coaches.push(
                    person(
                        w,
                        operator.id,
                        Some(site.id),
                        Role::WorkCoach,
                        listed,
                        &mut stream,
                        &mut counts,
                    )
                    .await?,
                );
            }
            let listed = SIGN_INS
                .iter()
                .find(|listed| first && listed.role == Role::FrontDesk);
            person(
                w,
                operator.id,
                Some(site.id),
                Role::FrontDesk,
                listed,
                &mut stream,
                &mut counts,
            )
            .await?;
            // The last site of the list has no lead: its alerts must reach somebody all the same.
            if counts.sites < 44 {
                let listed = SIGN_INS
                    .iter()
                    .find(|listed| first && listed.role == Role::DaLead);
                let lead = person(
                    w,
                    operator.id,
                    Some(site.id),
                    Role::DaLead,
                    listed,
                    &mut stream,
                    &mut counts,
                )
                .await?;
                w.site_lead_set(site.id, lead.id, 0).await?;
                if at % 2 == 0 {
                    let deputy = person(
                        w,
                        operator.id,
                        Some(site.id),
                        Role::DaLead,
                        None,
                        &mut stream,
                        &mut counts,
                    )
                    .await?;
                    w.site_lead_set(site.id, deputy.id, 1).await?;
                }
            }
            posts.push(Post {
                site: site.id,
                town,
                coaches,
            });
        }
    }
    let home = posts.first().map(|post| post.site);
    let listed = |role| SIGN_INS.iter().find(|listed| listed.role == role);
    let office = operator.id;
    let steward = person(
        w,
        office,
        home,
        Role::DirectorySteward,
        listed(Role::DirectorySteward),
        &mut stream,
        &mut counts,
    )
    .await?;
    for role in [Role::SecurityOfficer, Role::Administrator] {
        person(
            w,
            office,
            home,
            role,
            listed(role),
            &mut stream,
            &mut counts,
        )
        .await?;
    }
    let mut partners = Vec::new();
    for town in TOWNS {
        for (kind, name) in [
            (OrganisationKind::Charity, format!("{} Lantern", town.name)),
            (
                OrganisationKind::Council,
                format!("{} Housing Options", town.name),
            ),
            (
                OrganisationKind::Charity,
                format!("{} Fair Money", town.name),
            ),
        ] {
            let organisation = w.organisation_create(&name, kind, town.nation).await?;
            counts.organisations += 1;
            let listed = SIGN_INS
                .iter()
                .find(|listed| partners.is_empty() && listed.role == Role::PartnerWorker);
            let worker = person(
                w,
                organisation.id,
                None,
                Role::PartnerWorker,
                listed,
                &mut stream,
                &mut counts,
            )
            .await?;
            partners.push(Partner {
                organisation: organisation.id,
                town,
                worker,
            });
        }
    }
    Ok((
        Staff {
            operator: operator.id,
            posts,
            partners,
            steward,
        },
        counts,
    ))
}

async fn person(
    w: &mut Work<'_>,
    organisation: OrganisationId,
    site: Option<SiteId>,
    role: Role,
    listed: Option<&SignIn>,
    stream: &mut Stream,
    counts: &mut Counts,
) -> Result<Account> {
    counts.accounts += 1;
    let invented = names::full(stream);
    let address = format!("staff.{}@demo.example.org", counts.accounts);
    let new = NewAccount {
        organisation,
        site,
        role,
        name: listed.map_or(invented.as_str(), |listed| listed.name),
        email: listed.map_or(address.as_str(), |listed| listed.email),
        // Nobody in the demo has a password: one press signs in.
        password: None,
    };
    w.account_create(&new).await
}
