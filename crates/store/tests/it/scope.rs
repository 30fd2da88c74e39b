//! A list is exactly what the decision would allow one by one: for every list, every standing, in worlds at random.

use std::collections::BTreeSet;

use crate::shared::{HELP, Raw, open_case, organisation};
use throughline_core::code::Code as _;
use throughline_core::id::{CaseId, Id, Ref};
use throughline_core::referral::ReferralState;
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::{
    CaseRead, ConversationKeep, OutcomeRecord, PersonSearch, ReferralRead, ReferralReceive,
    ReferralRecord, RoomList, TaskDo, TaskList,
};
use throughline_policy::{Action, ActionKind, Actor, Facts, decide};
use throughline_store::account::Account;
use throughline_store::{Result, Work};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use uuid::Uuid;

/// Worlds per database. Each is asked by every actor for every list.
const WORLDS: u32 = 12;
/// How many actors ask for every list in a world of a long run: more worlds find more than more actors.
const ASKING: usize = 3;

/// How many worlds: [`WORLDS`] unless somebody says otherwise (`./test assurance` asks for 2,000).
#[expect(
    clippy::disallowed_methods,
    reason = "how long it may take, from whoever runs the test"
)]
fn worlds() -> u32 {
    let said = std::env::var("THROUGHLINE_WORLDS").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(WORLDS)
}

/// Chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % n
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Writes rows as the database's own language spells them.
struct Pen<'a> {
    raw: &'a Raw,
    world: &'a TestStore,
}

impl Pen<'_> {
    fn id(&self, id: Uuid) -> String {
        if self.raw.is_sqlite() {
            format!("X'{}'", id.simple())
        } else {
            format!("'{id}'")
        }
    }

    fn new_id(&self) -> String {
        self.id(self.world.env.id::<()>().uuid())
    }

    fn maybe(&self, id: Option<Uuid>) -> String {
        id.map_or_else(|| "NULL".to_owned(), |id| self.id(id))
    }

    fn bytes(&self) -> &'static str {
        if self.raw.is_sqlite() {
            "X'00'"
        } else {
            "'\\x00'"
        }
    }

    async fn ids(&self, table: &str) -> Vec<Uuid> {
        let spelled = if self.raw.is_sqlite() {
            "hex(id)"
        } else {
            "id::text"
        };
        let rows = self
            .raw
            .texts(&format!("SELECT {spelled} FROM {table} ORDER BY id"))
            .await;
        rows.iter().map(|text| text.parse().unwrap()).collect()
    }

    async fn references(&self, table: &str) -> Vec<Ref> {
        let rows = self
            .raw
            .texts(&format!("SELECT reference FROM {table}"))
            .await;
        rows.iter().map(|text| text.parse().unwrap()).collect()
    }
}

struct Everything {
    organisations: Vec<Uuid>,
    sites: Vec<Uuid>,
    accounts: Vec<Account>,
    cases: Vec<Uuid>,
}

/// Fixed parts: people, cases, one service, one consent a case.
async fn foundations(world: &TestStore, pen: &Pen<'_>) -> Everything {
    let (_, mut accounts) = organisation(&world.store, "north", true, Role::ALL).await;
    let (_, more) = organisation(&world.store, "south", false, Role::ALL).await;
    accounts.extend(more);
    for account in accounts
        .iter()
        .filter(|account| account.role == Role::WorkCoach)
    {
        for _ in 0..3 {
            open_case(&world.store, account).await.unwrap();
        }
    }
    let (bytes, env) = (pen.bytes(), &world.env);
    let sql = format!(
        "INSERT INTO service (id, reference, source_id, name, state, confidential, document, digest, changed_at, changed_in, version) \
         VALUES ({}, '{}', 's', 'A service', 'published', FALSE, '{{}}', {bytes}, 1, 1, 1)",
        pen.new_id(),
        env.reference()
    );
    pen.raw.run(&sql).await;
    let sql = "INSERT INTO consent (id, reference, person_id, case_id, to_organisation_id, purpose, basis, own_words, items, struck_lines, given_at, given_by, expires_at) \
         SELECT id, reference, person_id, id, organisation_id, 'referral', 'x', FALSE, '[]', '[]', 1, lead_account_id, 2 FROM support_case";
    pen.raw.run(sql).await;
    Everything {
        organisations: pen.ids("organisation").await,
        sites: pen.ids("site").await,
        accounts,
        cases: pen.ids("support_case").await,
    }
}

/// Shakes the world: leads, sites and ties go anywhere, also where no honest program would put them.
async fn shake(world: &TestStore, pen: &Pen<'_>, all: &Everything, chance: &mut Chance) {
    let raw = pen.raw;
    for table in [
        "task",
        "referral",
        "room_request",
        "conversation",
        "viewer",
        "restriction",
        "bar",
    ] {
        raw.run(&format!("DELETE FROM {table}")).await;
    }
    let env = &world.env;
    let service = pen.id(pen.ids("service").await[0]);
    for case in &all.cases {
        let (site, lead) = (
            pen.id(*chance.of(&all.sites)),
            pen.id(chance.of(&all.accounts).id.uuid()),
        );
        let state = chance.of(&["open", "open", "closed"]);
        let case = pen.id(*case);
        raw.run(&format!("UPDATE support_case SET site_id = {site}, lead_account_id = {lead}, state = '{state}' WHERE id = {case}"))
            .await;
        for _ in 0..2 {
            let mut organisation = || *chance.of(&all.organisations);
            let (from, to, live, accepted) = (
                organisation(),
                organisation(),
                organisation(),
                organisation(),
            );
            let (live, accepted) = (
                (chance.below(3) > 0).then_some(live),
                (chance.below(3) > 0).then_some(accepted),
            );
            let sql = format!(
                "INSERT INTO referral (id, reference, case_id, person_id, from_organisation_id, from_site_id, lead_account_id, service_id, \
                 to_organisation_id, live_organisation_id, accepted_organisation_id, consent_id, need, risk_band, state, packet, created_at, due_at, version) \
                 SELECT {}, '{}', id, person_id, {}, {}, {}, {service}, {}, {}, {}, id, 'safe_accommodation', 'not_assessed', '{}', {}, 1, {}, 1 \
                 FROM support_case WHERE id = {case}",
                pen.new_id(),
                env.reference(),
                pen.id(from),
                pen.id(*chance.of(&all.sites)),
                pen.id(chance.of(&all.accounts).id.uuid()),
                pen.id(to),
                pen.maybe(live),
                pen.maybe(accepted),
                chance.of(ReferralState::ALL).code(),
                pen.bytes(),
                chance.of(&["NULL", "1", "9000000000000000"]),
            );
            raw.run(&sql).await;
        }
        close(world, pen, all, chance, &case).await;
        let told = (chance.below(2) > 0).then(|| chance.of(&all.accounts).id.uuid());
        let owner = (chance.below(4) > 0).then(|| chance.of(&all.accounts).id.uuid());
        let sql = format!(
            "INSERT INTO task (id, reference, organisation_id, site_id, case_id, owner_account_id, told_account_id, kind, state, ladder_level, due_at, climbs_at, created_at, version) \
             VALUES ({}, '{}', {}, {}, {case}, {}, {}, '{}', 'raised', 0, 5, {}, 1, 1)",
            pen.new_id(),
            env.reference(),
            pen.id(*chance.of(&all.organisations)),
            pen.id(*chance.of(&all.sites)),
            pen.maybe(owner),
            pen.maybe(told),
            chance.of(TaskKind::ALL).code(),
            chance.of(&["NULL", "1"]),
        );
        raw.run(&sql).await;
        let sql = format!(
            "INSERT INTO conversation (id, reference, organisation_id, site_id, account_id, case_id, stage, mode, reach, started_at, ended_at, version) \
             VALUES ({}, '{}', {}, {}, {}, {}, 'noticed', 'in_person', 'as_agreed', 1, {}, 1)",
            pen.new_id(),
            env.reference(),
            pen.id(*chance.of(&all.organisations)),
            pen.id(*chance.of(&all.sites)),
            pen.id(chance.of(&all.accounts).id.uuid()),
            chance.of(&["NULL", case.as_str()]),
            chance.of(&["NULL", "NULL", "2"]),
        );
        raw.run(&sql).await;
        let sql = format!(
            "INSERT INTO room_request (id, reference, organisation_id, site_id, state, asked_at, asked_by, closed_at, due_at, version) \
             VALUES ({}, '{}', {}, {}, 'asked', 1, {}, {}, {}, 1)",
            pen.new_id(),
            env.reference(),
            pen.id(*chance.of(&all.organisations)),
            pen.id(*chance.of(&all.sites)),
            pen.id(chance.of(&all.accounts).id.uuid()),
            chance.of(&["NULL", "NULL", "2"]),
            chance.of(&["NULL", "1", "9000000000000000"]),
        );
        raw.run(&sql).await;
    }
}

/// Some people are barred from some staff, some records are kept to viewers whose time may be over, some of it was lifted again.
async fn close(
    world: &TestStore,
    pen: &Pen<'_>,
    all: &Everything,
    chance: &mut Chance,
    case: &str,
) {
    for _ in 0..3 {
        let sql = format!(
            "INSERT INTO bar (id, account_id, person_id, why, made_at, lifted_at) \
             SELECT {}, {}, person_id, '{}', 1, {} FROM support_case WHERE id = {case}",
            pen.new_id(),
            pen.id(chance.of(&all.accounts).id.uuid()),
            chance.of(&["told", "declared"]),
            chance.of(&["NULL", "NULL", "2"]),
        );
        pen.raw.run(&sql).await;
    }
    if chance.below(2) == 0 {
        return;
    }
    let kept = pen.id(world.env.id::<()>().uuid());
    let sql = format!(
        "INSERT INTO restriction (id, person_id, organisation_id, reason, made_at, made_by, lifted_at) \
         SELECT {kept}, person_id, {}, {}, 1, {}, {} FROM support_case WHERE id = {case}",
        pen.id(*chance.of(&all.organisations)),
        pen.bytes(),
        pen.id(all.accounts[0].id.uuid()),
        chance.of(&["NULL", "NULL", "2"]),
    );
    pen.raw.run(&sql).await;
    for _ in 0..4 {
        let sql = format!(
            "INSERT INTO viewer (id, restriction_id, account_id, from_at, until_at) VALUES ({}, {kept}, {}, 1, {})",
            pen.new_id(),
            pen.id(chance.of(&all.accounts).id.uuid()),
            chance.of(&["NULL", "2", "9000000000000000"]),
        );
        pen.raw.run(&sql).await;
    }
}

async fn actors(pen: &Pen<'_>, all: &Everything, chance: &mut Chance) -> Vec<Actor> {
    let mut actors: Vec<Actor> = all.accounts.iter().map(Account::actor).collect();
    let referrals = pen.ids("referral").await;
    for own in &all.organisations {
        let organisation = Id::from_uuid(*own);
        let scopes: Vec<ActionKind> = ActionKind::ALL
            .iter()
            .copied()
            .filter(|_| chance.below(4) > 0)
            .collect();
        actors.extend([
            Actor::LinkHolder {
                referral: Id::from_uuid(*chance.of(&referrals)),
                organisation,
                code_given_at: throughline_testkit::env::test_start(),
            },
            Actor::Client {
                client: Id::from_uuid(*own),
                organisation,
                scopes,
            },
            Actor::System { organisation },
        ]);
    }
    actors.push(Actor::Public);
    actors
}

/// The subjects for which the decision is yes.
fn allowed<A: Action>(
    actor: &Actor,
    facts: &[Facts<A::Subject>],
    id: fn(A::Subject) -> Uuid,
    now: throughline_core::time::At,
) -> BTreeSet<Uuid> {
    facts
        .iter()
        .filter(|facts| decide::<A>(actor, HELP, facts, now).is_ok())
        .map(|facts| id(facts.subject))
        .collect()
}

/// Rows on a page: few, so that there are many pages.
const PAGE: u64 = 3;

async fn sent_by_pages(w: &mut Work<'_>) -> Result<Vec<Uuid>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = w.referrals_sent_page(&w.scope(), after, PAGE).await?;
        all.extend(page.iter().map(|row| row.id.uuid()));
        after = page.last().map(|row| row.reference);
        if after.is_none() {
            return Ok(all);
        }
    }
}

async fn tasks_by_pages(w: &mut Work<'_>) -> Result<Vec<Uuid>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = w.task_list(&w.scope(), after, PAGE).await?;
        all.extend(page.iter().map(|row| row.task.id.uuid()));
        after = page.last().map(|row| row.task.reference);
        if after.is_none() {
            return Ok(all);
        }
    }
}

both!(
    i1_i2_every_list_is_what_the_decision_allows_one_by_one,
    |world| {
        let raw = Raw::of(world).await;
        let pen = Pen { raw: &raw, world };
        let all = foundations(world, &pen).await;
        let mut chance = Chance(0x5EED_1234_ABCD);
        let (mut compared, mut listed, mut empty, mut caught) = (0_u32, 0_usize, 0_u32, 0_u32);
        let worlds = worlds();
        let mut strange = 0_u32;
        let mut of_another: Vec<BTreeSet<Uuid>> = Vec::new();
        for _ in 0..worlds {
            shake(world, &pen, &all, &mut chance).await;
            let references = (
                pen.references("support_case").await,
                pen.references("referral").await,
                pen.references("task").await,
                pen.references("conversation").await,
                pen.references("room_request").await,
            );
            let open = pen_ids(&raw, "conversation", "ended_at IS NULL").await;
            let rooms_open = pen_ids(&raw, "room_request", "closed_at IS NULL").await;
            let rooms_due = pen_ids(&raw, "room_request", "closed_at IS NULL AND due_at = 1").await;
            let overdue = pen_ids(&raw, "referral", "due_at = 1").await;
            let climbing = pen_ids(&raw, "task", "climbs_at = 1").await;
            // Who plans whom apart is never on the list of an organisation's program.
            let no_planning = pen_ids(&raw, "task", "kind <> 'plan_apart'").await;
            let open_cases = pen_ids(&raw, "support_case", "state = 'open'").await;
            let keep = |set: BTreeSet<Uuid>, only: &BTreeSet<Uuid>| -> BTreeSet<Uuid> {
                set.intersection(only).copied().collect()
            };
            let mut asking = actors(&pen, &all, &mut chance).await;
            while worlds > WORLDS && asking.len() > ASKING {
                asking.swap_remove(chance.below(asking.len()));
            }
            for actor in asking {
                let references = &references;
                let (lists, facts, now) = world
                    .store
                    .work(&actor, HELP, |w| {
                        Box::pin(async move {
                            let mut facts = (vec![], vec![], vec![], vec![], vec![]);
                            for at in &references.0 {
                                facts.0.extend(w.case_facts(*at).await?);
                            }
                            for at in &references.1 {
                                facts.1.extend(w.referral_facts(*at).await?);
                            }
                            for at in &references.2 {
                                facts.2.extend(w.task_facts(*at).await?);
                            }
                            for at in &references.3 {
                                facts.3.extend(w.conversation_facts(*at).await?);
                            }
                            for at in &references.4 {
                                facts.4.extend(w.room_facts(*at).await?);
                            }
                            // By pages and by risk, the same ones.
                            let all = w.cases(&w.scope(), true, 500).await?;
                            let all: BTreeSet<_> = all.iter().map(|x| x.id).collect();
                            let (paged, counted) = w.cases_page(&w.scope(), 0, 500).await?;
                            assert_eq!(paged.iter().map(|x| x.id).collect::<BTreeSet<_>>(), all);
                            assert_eq!(counted, all.len() as u64);
                            let risks = w.cases_at_risk(&w.scope(), RiskBand::ALL, 500).await?;
                            assert!(risks.iter().all(|x| all.contains(&x.id)));
                            let lists = vec![
                                w.cases(&w.scope(), true, 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect::<Vec<_>>(),
                                w.cases(&w.scope(), false, 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.people_matching(&w.scope(), "Amina Quill", None, 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.referrals_sent(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.referrals_received(&w.scope(), &[], 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.referrals_accepted(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.referrals_overdue(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.tasks(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.tasks_to_climb(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.conversations(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.rooms(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                w.rooms_due(&w.scope(), 500)
                                    .await?
                                    .iter()
                                    .map(|x| x.id.uuid())
                                    .collect(),
                                sent_by_pages(w).await?,
                                tasks_by_pages(w).await?,
                            ];
                            Ok((lists, facts, w.now()))
                        })
                    })
                    .await
                    .unwrap();
                let found = if actor.organisation().is_some() {
                    facts
                        .0
                        .iter()
                        .filter(|case| {
                            let person = Facts {
                                subject: case.person.unwrap(),
                                person: case.person,
                                ties: case.ties,
                            };
                            decide::<PersonSearch>(&actor, HELP, &person, now).is_ok()
                        })
                        .map(|case| case.subject.uuid())
                        .collect()
                } else {
                    BTreeSet::new()
                };
                let expected = [
                    (
                        "cases",
                        allowed::<CaseRead>(&actor, &facts.0, Id::uuid, now),
                    ),
                    (
                        "open cases",
                        keep(
                            allowed::<CaseRead>(&actor, &facts.0, Id::uuid, now),
                            &open_cases,
                        ),
                    ),
                    ("people", found),
                    (
                        "sent",
                        allowed::<ReferralRead>(&actor, &facts.1, Id::uuid, now),
                    ),
                    (
                        "received",
                        allowed::<ReferralReceive>(&actor, &facts.1, Id::uuid, now),
                    ),
                    (
                        "accepted",
                        allowed::<OutcomeRecord>(&actor, &facts.1, Id::uuid, now),
                    ),
                    (
                        "overdue",
                        keep(
                            allowed::<ReferralRecord>(&actor, &facts.1, Id::uuid, now),
                            &overdue,
                        ),
                    ),
                    ("tasks", allowed::<TaskDo>(&actor, &facts.2, Id::uuid, now)),
                    (
                        "climbing",
                        keep(
                            allowed::<TaskDo>(&actor, &facts.2, Id::uuid, now),
                            &climbing,
                        ),
                    ),
                    (
                        "conversations",
                        keep(
                            allowed::<ConversationKeep>(&actor, &facts.3, Id::uuid, now),
                            &open,
                        ),
                    ),
                    (
                        "rooms",
                        keep(
                            allowed::<RoomList>(&actor, &facts.4, Id::uuid, now),
                            &rooms_open,
                        ),
                    ),
                    (
                        "rooms due",
                        keep(
                            allowed::<RoomList>(&actor, &facts.4, Id::uuid, now),
                            &rooms_due,
                        ),
                    ),
                    (
                        "sent by pages",
                        allowed::<ReferralRead>(&actor, &facts.1, Id::uuid, now),
                    ),
                    (
                        "tasks by pages",
                        keep(
                            allowed::<TaskList>(&actor, &facts.2, Id::uuid, now),
                            &no_planning,
                        ),
                    ),
                ];
                // A decision that forgot who is closed to whom would not have passed.
                let forgets = |mut facts: Facts<CaseId>| {
                    facts.ties.closed = false;
                    facts
                };
                let forgotten: Vec<_> = facts.0.iter().copied().map(forgets).collect();
                caught += u32::from(
                    allowed::<CaseRead>(&actor, &forgotten, Id::uuid, now)
                        != allowed::<CaseRead>(&actor, &facts.0, Id::uuid, now),
                );
                let mut theirs = Vec::new();
                for (n, ((name, expected), list)) in expected.into_iter().zip(lists).enumerate() {
                    let once: BTreeSet<Uuid> = list.iter().copied().collect();
                    strange += u32::from(of_another.get(n).is_some_and(|other| *other != once));
                    theirs.push(expected.clone());
                    assert_eq!(
                        once.len(),
                        list.len(),
                        "{name} names something twice to {actor:?}"
                    );
                    assert_eq!(once, expected, "{name} for {actor:?}");
                    compared += 1;
                    listed += once.len();
                    empty += u32::from(once.is_empty());
                }
                of_another = theirs;
            }
        }
        assert!(
            caught > 20,
            "only {caught} lists had anybody closed to them"
        );
        // The worlds are worth asking: many lists have something in them and many are empty.
        assert!(
            compared > 3_000 && listed > 3_000 && empty > compared / 4,
            "{compared} {listed} {empty}"
        );
        // The control: held against what another actor may see, the same lists are found to be wrong.
        assert!(strange > compared / 10, "{strange} of {compared}");
        println!(
            "{worlds} worlds, {compared} lists of {listed} rows compared with the decision: 0 disagreements"
        );
    }
);

async fn pen_ids(raw: &Raw, table: &str, only: &str) -> BTreeSet<Uuid> {
    let spelled = if raw.is_sqlite() {
        "hex(id)"
    } else {
        "id::text"
    };
    let rows = raw
        .texts(&format!("SELECT {spelled} FROM {table} WHERE {only}"))
        .await;
    rows.iter().map(|text| text.parse().unwrap()).collect()
}
