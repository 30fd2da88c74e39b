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
use crate::env::SetClock;

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

/// Accounts of each role, all at the first site or at the first service: one, or two where the rule is that two people do a thing, or
/// that somebody elsewhere does.
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
        role: Role::DirectorySteward,
        label: "second steward",
        name: "Idris Fallowby",
        email: "second.directory.steward@demo.example.org",
    },
    SignIn {
        role: Role::SecurityOfficer,
        label: "security officer",
        name: "Aled Hartsmere",
        email: "security.officer@demo.example.org",
    },
    SignIn {
        role: Role::SecurityOfficer,
        label: "partner's officer",
        name: "Nerys Applegarth",
        email: "second.security.officer@demo.example.org",
    },
    SignIn {
        role: Role::Administrator,
        label: "administrator",
        name: "Meera Kirkolme",
        email: "administrator@demo.example.org",
    },
    SignIn {
        role: Role::Administrator,
        label: "second administrator",
        name: "Hannah Osterley",
        email: "second.administrator@demo.example.org",
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

/// Those who work at one site.
#[derive(Debug, Clone)]
pub struct Post {
    /// Which town.
    pub town: Town,
    /// The work coaches.
    pub coaches: Vec<Account>,
    /// The front desk.
    pub desk: Option<Account>,
    /// The lead; the last site has none (planted).
    pub lead: Option<Account>,
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
    /// Another steward: what one proposes, another confirms.
    pub second_steward: Account,
}

/// Who is there first: the people who sign in, with the bodies and the site that they belong to.
struct Founders {
    operator: OrganisationId,
    home: SiteId,
    partner: OrganisationId,
    accounts: Vec<Account>,
}

impl Founders {
    fn of(&self, role: Role) -> Option<&Account> {
        self.accounts.iter().find(|account| account.role == role)
    }
}

/// The invented people made so far.
struct Invented {
    stream: Stream,
    accounts: u32,
}

/// Makes bodies, sites and accounts. The people who sign in come first.
pub async fn fill(
    store: &Store,
    clock: &SetClock,
    size: &Size,
    counts: &mut Counts,
) -> Result<Staff> {
    let seed = size.seed;
    let founders = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(founders(w))
        })
        .await?;
    clock.advance_seconds(60);
    let founders = &founders;
    let (staff, made) = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(all(w, seed, founders))
        })
        .await?;
    *counts = made;
    Ok(staff)
}

fn site_name(town: &Town, at: usize) -> String {
    let street = SITE_NAMES.get(at).copied().unwrap_or_default();
    format!("{} {street} Jobcentre", town.name)
}

async fn founders(w: &mut Work<'_>) -> Result<Founders> {
    let [town, ..] = TOWNS;
    let operator = w
        .installation_create(
            "Riverside and Towns Jobcentre",
            OrganisationKind::Jobcentre,
            Nation::England,
            true,
        )
        .await?;
    let name = site_name(&town, 0);
    let home = w
        .site_create(operator.id, &name, Some(town.area), town.nation, true)
        .await?;
    let name = format!("{} Lantern", town.name);
    let partner = w
        .organisation_create(&name, OrganisationKind::Charity, town.nation)
        .await?;
    let mut accounts = Vec::new();
    for listed in SIGN_INS {
        // An officer of another organisation as well: they are the second person, and are told what nobody here may be told.
        let (organisation, site) = if listed.label.starts_with("partner") {
            (partner.id, None)
        } else {
            (operator.id, Some(home.id))
        };
        let new = NewAccount {
            organisation,
            site,
            role: listed.role,
            name: listed.name,
            email: listed.email,
            // Nobody in the demo has a password: one press signs in.
            password: None,
        };
        accounts.push(w.account_create(&new).await?);
    }
    Ok(Founders {
        operator: operator.id,
        home: home.id,
        partner: partner.id,
        accounts,
    })
}

async fn all(w: &mut Work<'_>, seed: u64, founders: &Founders) -> Result<(Staff, Counts)> {
    let mut invented = Invented {
        stream: Stream::new(seed),
        accounts: u32::try_from(founders.accounts.len()).unwrap_or(0),
    };
    let mut posts = Vec::new();
    for town in TOWNS {
        for at in 0..SITE_NAMES.len() {
            posts.push(post(w, founders, &town, at, posts.len(), &mut invented).await?);
        }
    }
    let mut partners = Vec::new();
    for town in TOWNS {
        for (kind, name) in [
            (OrganisationKind::Charity, "Lantern"),
            (OrganisationKind::Council, "Housing Options"),
            (OrganisationKind::Charity, "Fair Money"),
        ] {
            let name = format!("{} {name}", town.name);
            let known = founders
                .of(Role::PartnerWorker)
                .filter(|_| partners.is_empty());
            let (organisation, worker) = if let Some(worker) = known {
                (founders.partner, worker.clone())
            } else {
                let made = w.organisation_create(&name, kind, town.nation).await?.id;
                let role = Role::PartnerWorker;
                (made, invented.account(w, made, None, role).await?)
            };
            partners.push(Partner {
                organisation,
                town,
                worker,
            });
        }
    }
    let second_steward = invented
        .account(w, founders.operator, None, Role::DirectorySteward)
        .await?;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let counts = Counts {
        organisations: 1 + count(partners.len()),
        sites: count(posts.len()),
        accounts: invented.accounts,
        ..Counts::default()
    };
    let steward = founders.of(Role::DirectorySteward).cloned();
    let steward = steward.ok_or(throughline_store::Error::Illegal(
        "a demo without a steward",
    ))?;
    let staff = Staff {
        operator: founders.operator,
        posts,
        partners,
        steward,
        second_steward,
    };
    Ok((staff, counts))
}

/// One site with its staff; the first is where the people who sign in work.
async fn post(
    w: &mut Work<'_>,
    founders: &Founders,
    town: &Town,
    at: usize,
    number: usize,
    invented: &mut Invented,
) -> Result<Post> {
    let office = founders.operator;
    let first = number == 0;
    let site = if first {
        founders.home
    } else {
        let name = site_name(town, at);
        let made = w.site_create(office, &name, Some(town.area), town.nation, at != 3);
        made.await?.id
    };
    let mut coaches: Vec<Account> = founders
        .of(Role::WorkCoach)
        .filter(|_| first)
        .cloned()
        .into_iter()
        .collect();
    while coaches.len() < 2 {
        coaches.push(
            invented
                .account(w, office, Some(site), Role::WorkCoach)
                .await?,
        );
    }
    let desk = match founders.of(Role::FrontDesk).filter(|_| first) {
        Some(desk) => desk.clone(),
        None => {
            invented
                .account(w, office, Some(site), Role::FrontDesk)
                .await?
        }
    };
    let mut leads = None;
    // The last site has no lead (planted): its alerts must reach somebody all the same.
    if number + 1 < TOWNS.len() * SITE_NAMES.len() {
        let lead = match founders.of(Role::DaLead).filter(|_| first) {
            Some(lead) => lead.clone(),
            None => {
                invented
                    .account(w, office, Some(site), Role::DaLead)
                    .await?
            }
        };
        w.site_lead_set(site, lead.id, 0).await?;
        leads = Some(lead);
        if at.is_multiple_of(2) {
            let deputy = invented
                .account(w, office, Some(site), Role::DaLead)
                .await?;
            w.site_lead_set(site, deputy.id, 1).await?;
        }
    }
    Ok(Post {
        town: *town,
        coaches,
        desk: Some(desk),
        lead: leads,
    })
}

impl Invented {
    async fn account(
        &mut self,
        w: &mut Work<'_>,
        organisation: OrganisationId,
        site: Option<SiteId>,
        role: Role,
    ) -> Result<Account> {
        self.accounts += 1;
        let name = names::full(&mut self.stream);
        let email = format!("staff.{}@demo.example.org", self.accounts);
        let new = NewAccount {
            organisation,
            site,
            role,
            name: &name,
            email: &email,
            password: None,
        };
        w.account_create(&new).await
    }
}
