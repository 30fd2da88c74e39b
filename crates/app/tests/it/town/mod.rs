//! One town for tests: a jobcentre with a coach, a service whose workers have accounts, one with a confirmed address, one with
//! neither, and a person with a statement and a number.

use std::collections::BTreeSet;

use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::reach::{self, Way};
use throughline_app::referral_send::{self, Ask, SendOrder, Sent};
use throughline_app::{App, Error, Settings};
use throughline_core::answer::Answer as Yes;
use throughline_core::consent::{Art9Condition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::conversation::Reach;
use throughline_core::directory::{Entry, Place, Provision, ServiceType};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::pack::Packs;
use throughline_core::reason::Words;
use throughline_core::reveal::{Reason, Why};
use throughline_core::role::Role;
use throughline_policy::action::{AddressPropose, CaseChange, CaseOpen, DirectoryImport};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_store::Store;
use throughline_store::account::{Account, NewAccount};
use throughline_store::address::NewAddress;
use throughline_store::case::NewCase;
use throughline_store::contact::NewContact;
use throughline_store::directory::NewService;
use throughline_store::feed::import_facts;
use throughline_store::person::PersonSheet;
use throughline_store::setup::OrganisationKind;
use throughline_testkit::actor::proved;
use throughline_testkit::db::TestStore;

pub const HELP: Purpose = Purpose::HelpAPerson;
pub const DIRECTORY: Purpose = Purpose::RunTheDirectory;
pub const STORY: &str = "He followed me to Rosewood House.";

pub struct Town {
    pub app: App,
    pub coach: Account,
    pub partner: Account,
    pub colleague: Account,
    /// A service whose workers have accounts.
    pub inbox: Ref,
    /// A service with a confirmed address and no accounts.
    pub linked: Ref,
    /// A service with neither.
    pub listed: Ref,
    pub case: Ref,
    pub stewards: [Actor; 2],
}

pub fn listing(id: &str, name: &str) -> NewService {
    let entry = Entry::new(id, name);
    NewService {
        digest: entry.canonical_json().unwrap().into_bytes(),
        entry,
    }
}

fn debt_advice(id: &str, name: &str) -> NewService {
    let mut entry = listing(id, name).entry;
    let kinds = vec![ServiceType::DebtAndMoneyAdvice];
    entry.provision = Provision::new(kinds, Place::default()).unwrap();
    NewService {
        digest: entry.canonical_json().unwrap().into_bytes(),
        entry,
    }
}

/// The town as a demo: whoever is in it can sign in with one press.
pub async fn town(world: &TestStore) -> Town {
    built(world, true).await
}

/// The town as it really would be: nobody in it can sign in before they have chosen a password.
pub async fn real_town(world: &TestStore) -> Town {
    built(world, false).await
}

async fn built(world: &TestStore, demo: bool) -> Town {
    let store = &world.store;
    let people = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let ours = w
                    .installation_create(
                        "Riverside",
                        OrganisationKind::Jobcentre,
                        Nation::England,
                        demo,
                    )
                    .await?;
                let site = w
                    .site_create(ours.id, "Riverside North", None, Nation::England, true)
                    .await?;
                let theirs = w
                    .organisation_create(
                        "Harbour Advice",
                        OrganisationKind::Charity,
                        Nation::England,
                    )
                    .await?;
                let mut out = Vec::new();
                for (organisation, site, role, email) in [
                    (ours.id, Some(site.id), Role::WorkCoach, "coach@example.org"),
                    (theirs.id, None, Role::PartnerWorker, "one@harbour.example"),
                    (theirs.id, None, Role::PartnerWorker, "two@harbour.example"),
                    (ours.id, None, Role::DirectorySteward, "s1@example.org"),
                    (ours.id, None, Role::DirectorySteward, "s2@example.org"),
                    (ours.id, None, Role::Administrator, "meera@example.org"),
                ] {
                    let new = NewAccount {
                        organisation,
                        site,
                        role,
                        name: "Somebody",
                        email,
                        password: None,
                    };
                    out.push(w.account_create(&new).await?);
                }
                Ok(out)
            })
        })
        .await
        .unwrap();
    let [coach, partner, colleague, one, two, _]: [Account; 6] = people.try_into().unwrap();
    let stewards = [
        proved(one.actor(), world.env.now()),
        proved(two.actor(), world.env.now()),
    ];
    let rows = [
        debt_advice("1", "Harbour Money Advice"),
        debt_advice("2", "Quayside Women's Centre"),
        debt_advice("3", "Hilltop Families"),
    ];
    let (rows, ours, theirs) = (&rows, &coach.organisation, &partner.organisation);
    store
        .work(&stewards[0], DIRECTORY, |w| {
            Box::pin(async move {
                let permit = w.permit::<DirectoryImport>(&import_facts(*ours))?;
                let feed = w.feed_create(&permit, "Council", "a file").await?;
                w.services_upsert(&permit, &feed, rows).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let services = store
        .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
        .await
        .unwrap();
    let find = |id: &str| {
        services
            .iter()
            .find(|service| service.entry.source_id == id)
            .unwrap()
            .clone()
    };
    let (inbox, linked, listed) = (find("1"), find("2"), find("3"));
    let inbox_id = &inbox.id;
    store
        .work(&stewards[0], DIRECTORY, |w| {
            Box::pin(async move { w.service_answered_by(*inbox_id, *theirs, None).await })
        })
        .await
        .unwrap();
    let case = open_case(store, &coach).await;
    let settings = Settings {
        base_url: "https://r.example.org".to_owned(),
        mail_from: "notices@example.org".to_owned(),
        call: Some("01632 960123".to_owned()),
        node: "one".to_owned(),
        demo,
    };
    let town = Town {
        app: App {
            store: store.clone(),
            packs: Packs::embedded().unwrap(),
            directory: throughline_app::directory_node::DirectoryNode::new().unwrap(),
            settings,
        },
        coach,
        partner,
        colleague,
        inbox: inbox.reference,
        linked: linked.reference,
        listed: listed.reference,
        case,
        stewards,
    };
    let address = propose(&town, town.linked).await.unwrap();
    confirm(&town, 1, town.linked, address).await.unwrap();
    town
}

pub async fn open_case(store: &Store, coach: &Account) -> Ref {
    let actor = coach.actor();
    let reference = store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let facts = Facts {
                    subject: coach.site.unwrap(),
                    person: None,
                    ties: Ties {
                        organisation: Some(coach.organisation),
                        site: coach.site,
                        ..Ties::default()
                    },
                };
                let permit = w.permit::<CaseOpen>(&facts)?;
                let person = PersonSheet {
                    chosen: "Amina".into(),
                    given: None,
                    family: Some("Okafor".into()),
                    born: Some("1990-02-03".into()),
                    age_band: None,
                    language: Some("en".into()),
                    interpreter: None,
                    access: vec![],
                };
                let new = NewCase {
                    person: &person,
                    lead: coach.id,
                    pack: "england-2024",
                    risk_clock: throughline_store::case::RiskClock::Running,
                };
                w.case_open(&permit, &new).await.map(|(_, case)| case)
            })
        })
        .await
        .unwrap();
    let case = &reference;
    store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseChange>(facts)?;
                let words = Words::new(&format!("{STORY}\nI owe rent.")).unwrap();
                w.statement_write(&permit, &words).await?;
                let expires_at = w.now().plus_days(30);
                let new = NewContact {
                    channel: Channel::PhoneMobile,
                    verdict: Verdict::Safe,
                    value: "07700 900123",
                    windows: &[],
                    voicemail: false,
                    answered_by: AnsweredBy::OnlyThem,
                    neutral_only: true,
                    shared_account: Yes::No,
                    say: Some("Say it is the library."),
                    expires_at,
                };
                w.contact_add(&permit, &new).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    reference
}

/// A mail system that takes nothing.
pub struct Bounces;

impl Mailer for Bounces {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        Err(NotSent::Never("refused_by_server"))
    }
}

/// Asking a service for a person, with no more than the name they go by: a test that shares more says so.
pub fn order(case: Ref, service: Ref, need: NeedType) -> SendOrder {
    SendOrder {
        ask: Ask {
            case,
            service,
            need,
        },
        items: BTreeSet::from([PacketItem::ChosenName.into()]),
        immigration: false,
        shown: None,
        struck: BTreeSet::new(),
        statement: Some(1),
        reach: Reach::AsAgreed,
        how: HowAgreed::Spoken,
        words: None,
        basis: ShareBasis::Consent,
        art9: Some(Art9Condition::ExplicitConsent),
        dpa: None,
        reasons: None,
        life_at_risk: false,
        next: Vec::new(),
        told: None,
    }
}

/// Asks a service for help with debt for the person of the town.
pub async fn send(town: &Town, service: Ref) -> Sent {
    let order = order(town.case, service, NeedType::Debt);
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap()
}

/// Brings one more service into the directory.
pub async fn lists(town: &Town, entry: Entry) -> Ref {
    let row = [NewService {
        digest: entry.canonical_json().unwrap().into_bytes(),
        entry,
    }];
    let (row, ours) = (&row, &town.coach.organisation);
    let store = &town.app.store;
    store
        .work(&town.stewards[0], DIRECTORY, |w| {
            Box::pin(async move {
                let permit = w.permit::<DirectoryImport>(&import_facts(*ours))?;
                // A feed of its own: what a feed no longer has would be taken out.
                let name = format!("Feed of {}", row[0].entry.source_id);
                let feed = w.feed_create(&permit, &name, "a file").await?;
                w.services_upsert(&permit, &feed, row).await
            })
        })
        .await
        .unwrap();
    let services = store
        .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
        .await
        .unwrap();
    let id = &row[0].entry.source_id;
    let found = services.iter().find(|one| one.entry.source_id == *id);
    found.unwrap().reference
}

pub async fn propose(town: &Town, service: Ref) -> Result<Ref, Error> {
    let (service, to) = (&service, &town.partner.organisation);
    town.app
        .store
        .work(&town.stewards[0], DIRECTORY, |w| {
            Box::pin(async move {
                let made = w
                    .organisation_create("Quayside", OrganisationKind::Charity, Nation::England)
                    .await?;
                let facts = w.service_facts(*service).await?;
                let permit = w.permit_found::<AddressPropose>(facts)?;
                assert_ne!(made.id, *to);
                let called_back_at = w.now();
                let new = NewAddress {
                    organisation: made.id,
                    email: "referrals@quayside.example",
                    code_route: "Ring the duty desk",
                    called_back_at,
                };
                w.address_propose(&permit, &new).await
            })
        })
        .await
}

pub async fn confirm(town: &Town, steward: usize, service: Ref, address: Ref) -> Result<(), Error> {
    throughline_app::address::confirm(&town.app, &town.stewards[steward], service, address).await
}

/// What somebody who has just proved themselves is shown of how to reach the person.
pub async fn reached(app: &App, actor: &Actor, referral: Ref) -> Result<Vec<Way>, Error> {
    let actor = proved(actor.clone(), app.env().now());
    let reason = Reason::new(Why::FirstContact, None).unwrap();
    reach::reach(app, &actor, referral, app.env().reference(), &reason).await
}
