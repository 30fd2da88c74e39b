//! The way through every log of the audit record, entry by entry, and the quick look at its end.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Deserialize;
use throughline_core::code::Code as _;
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_seal::merkle::{Frontier, Hash, leaf_hash};
use uuid::Uuid;

use crate::audit::{entries, heads};
use crate::checkpoint::{self, Known};
use crate::col::Col;
use crate::entity::{audit_entry, audit_head, organisation, seen};
use crate::error::{Error, Result};
use crate::proof::{LogReport, Problem, Report, hex};
use crate::tx::Tx;

/// Entries read at once.
const PAGE: u64 = 5_000;
/// Problems named per log; the rest are counted.
const NAMED: usize = 20;

/// The parts of an entry's text that columns repeat.
#[derive(Deserialize)]
struct Body<'a> {
    log: Uuid,
    seq: i64,
    at: &'a str,
    standing: &'a str,
    who: Option<Uuid>,
    action: &'a str,
    person: Option<Uuid>,
    #[serde(default)]
    people: BTreeSet<Uuid>,
    result: &'a str,
}

pub(crate) async fn report(tx: &Tx, installation: &str, known: &Known) -> Result<Report> {
    let mut report = Report {
        logs: Vec::new(),
        problems: known.problems.clone(),
        ..Report::default()
    };
    let mut seen = BTreeSet::new();
    for head in heads(tx).await? {
        let reference = reference_of(tx, head.log_id).await?;
        let origin = reference.map(|own| checkpoint::origin(installation, &own.to_string()));
        let marks = origin
            .as_ref()
            .and_then(|origin| known.marks.get(origin))
            .cloned()
            .unwrap_or_default();
        seen.extend(origin);
        report
            .logs
            .push(check_log(tx, &head, reference, marks).await?);
    }
    for log in logs_without_head(tx).await? {
        report.problems.push(Problem::NoHead(log.to_string()));
    }
    let gone = known.marks.keys().filter(|origin| !seen.contains(*origin));
    report.problems.extend(gone.cloned().map(Problem::Gone));
    Ok(report)
}

async fn reference_of(tx: &Tx, log: Uuid) -> Result<Option<Ref>> {
    let row = organisation::Entity::find_by_id(Col(OrganisationId::from_uuid(log)))
        .one(tx)
        .await?;
    Ok(row.map(|row| row.reference.0))
}

/// Logs that have entries and no head: their head was removed.
async fn logs_without_head(tx: &Tx) -> Result<Vec<Uuid>> {
    let logs: Vec<Uuid> = audit_entry::Entity::find()
        .select_only()
        .column(audit_entry::Column::LogId)
        .filter(
            audit_entry::Column::LogId.not_in_subquery(
                sea_orm::sea_query::Query::select()
                    .column(audit_head::Column::LogId)
                    .from(audit_head::Entity)
                    .to_owned(),
            ),
        )
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    Ok(logs)
}

pub(crate) async fn quick_states(
    tx: &Tx,
    installation: &str,
    known: &Known,
) -> Result<Vec<(Ref, u64, Hash)>> {
    let wrong = |problem: Problem| Error::Integrity(problem.to_string());
    let mut states = Vec::new();
    let mut seen = BTreeSet::new();
    for head in heads(tx).await? {
        let reference = reference_of(tx, head.log_id)
            .await?
            .ok_or_else(|| wrong(Problem::Stranger))?;
        let frontier = Frontier::from_bytes(&head.frontier.0).map_err(|_| wrong(Problem::Head))?;
        let size = frontier.size();
        let root = frontier.root();
        let fits = i64::try_from(size) == Ok(head.size)
            && head.root.0 == root
            && root_at(tx, head.log_id, size).await? == Some(root);
        if !fits {
            return Err(wrong(Problem::Head));
        }
        if !entries(tx, head.log_id, head.size, 1).await?.is_empty() {
            return Err(wrong(Problem::Misplaced(head.size)));
        }
        let origin = checkpoint::origin(installation, &reference.to_string());
        // The newest mark is enough: the history is for the full check.
        if let Some((signed, root)) = known.marks.get(&origin).and_then(BTreeSet::last) {
            if *signed > size {
                return Err(wrong(Problem::Shorter {
                    signed: *signed,
                    found: size,
                }));
            }
            if root_at(tx, head.log_id, *signed).await? != Some(*root) {
                return Err(wrong(Problem::Rewritten(*signed)));
            }
        }
        seen.insert(origin);
        states.push((reference, size, root));
    }
    match known.marks.keys().find(|origin| !seen.contains(*origin)) {
        Some(gone) => Err(wrong(Problem::Gone(gone.clone()))),
        None => Ok(states),
    }
}

/// The root that the entry before `size` was stored with.
async fn root_at(tx: &Tx, log: Uuid, size: u64) -> Result<Option<Hash>> {
    let Some(last) = i64::try_from(size)
        .ok()
        .and_then(|size| size.checked_sub(1))
    else {
        return Ok(None);
    };
    if last < 0 {
        return Ok(Some(Frontier::new().root()));
    }
    let row = entries(tx, log, last, 1).await?.into_iter().next();
    Ok(row
        .filter(|row| row.seq == last)
        .and_then(|row| <Hash>::try_from(row.root.0.as_slice()).ok()))
}

async fn check_log(
    tx: &Tx,
    head: &audit_head::Model,
    reference: Option<Ref>,
    marks: BTreeSet<(u64, Hash)>,
) -> Result<LogReport> {
    let mut walk = Walk {
        log: head.log_id,
        checkpoints: u64::try_from(marks.len()).unwrap_or(u64::MAX),
        marks: marks
            .into_iter()
            .fold(BTreeMap::new(), |mut all, (size, root)| {
                all.entry(size).or_insert_with(Vec::new).push(root);
                all
            }),
        frontier: Frontier::new(),
        expected: 0,
        chain_fits: true,
        problems: Vec::new(),
        more: 0,
    };
    if reference.is_none() {
        walk.found(Problem::Stranger);
    }
    // Not from nought: an entry before the first one must be seen too.
    let mut next = i64::MIN;
    loop {
        let page = entries(tx, head.log_id, next, PAGE).await?;
        let Some(last) = page.last().map(|row| row.seq) else {
            break;
        };
        let mut shown = shown(tx, head.log_id, next, Some(last)).await?;
        for row in &page {
            walk.step(row, &shown.remove(&row.seq).unwrap_or_default());
        }
        walk.shown_by_nothing(shown);
        match last.checked_add(1) {
            Some(after) => next = after,
            None => break,
        }
    }
    walk.shown_by_nothing(shown(tx, head.log_id, walk.expected, None).await?);
    walk.end(head);
    Ok(LogReport {
        organisation: OrganisationId::from_uuid(head.log_id),
        reference,
        entries: walk.frontier.size(),
        root: hex(&walk.frontier.root()),
        checkpoints: walk.checkpoints,
        problems: walk.problems,
        more_problems: walk.more,
    })
}

/// Whom one entry showed, and the instants that stand beside their names.
#[derive(Default)]
struct Shown {
    people: BTreeSet<Uuid>,
    at: BTreeSet<At>,
}

/// Whom the entries of a log from one number to another showed on lists, as the table says that "who has looked" is read from.
async fn shown(tx: &Tx, log: Uuid, from: i64, to: Option<i64>) -> Result<BTreeMap<i64, Shown>> {
    let mut query = seen::Entity::find()
        .filter(seen::Column::LogId.eq(log))
        .filter(seen::Column::Seq.gte(from));
    if let Some(to) = to {
        query = query.filter(seen::Column::Seq.lte(to));
    }
    let mut out: BTreeMap<i64, Shown> = BTreeMap::new();
    for row in query.all(tx).await? {
        let one = out.entry(row.seq).or_default();
        one.people.insert(row.person_id.0.uuid());
        one.at.insert(row.at.0);
    }
    Ok(out)
}

/// The way through one log.
struct Walk {
    log: Uuid,
    marks: BTreeMap<u64, Vec<Hash>>,
    checkpoints: u64,
    frontier: Frontier,
    expected: i64,
    chain_fits: bool,
    problems: Vec<Problem>,
    more: u64,
}

impl Walk {
    fn found(&mut self, problem: Problem) {
        if self.problems.len() < NAMED {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Rows that name people for entries that there are not.
    fn shown_by_nothing(&mut self, rest: BTreeMap<i64, Shown>) {
        for seq in rest.into_keys() {
            self.found(Problem::Column {
                seq,
                column: "seen",
            });
        }
    }

    /// One entry, with those whom it showed as the table has them.
    fn step(&mut self, row: &audit_entry::Model, shown: &Shown) {
        if row.seq < self.expected {
            return self.found(Problem::Misplaced(row.seq));
        }
        if row.seq > self.expected {
            self.found(Problem::Gap {
                from: self.expected,
                until: row.seq - 1,
            });
        }
        self.expected = row.seq.saturating_add(1);
        let leaf = leaf_hash(row.body.as_bytes());
        if row.leaf.0 != leaf {
            self.found(Problem::Leaf(row.seq));
        }
        match serde_json::from_str::<Body<'_>>(&row.body) {
            Ok(body) => {
                if let Some(column) = column_that_differs(&body, row, self.log) {
                    self.found(Problem::Column {
                        seq: row.seq,
                        column,
                    });
                }
                if body.people != shown.people || shown.at.iter().any(|at| *at != row.at.0) {
                    self.found(Problem::Column {
                        seq: row.seq,
                        column: "seen",
                    });
                }
            }
            Err(_) => self.found(Problem::Unreadable(row.seq)),
        }
        self.frontier.push(leaf);
        let root = self.frontier.root();
        if self.chain_fits && row.root.0 != root {
            // Everything after it cannot fit either: said once.
            self.chain_fits = false;
            self.found(Problem::Chain(row.seq));
        }
        let size = self.frontier.size();
        if let Some(signed) = self.marks.remove(&size)
            && signed.iter().any(|signed| *signed != root)
        {
            self.found(Problem::Rewritten(size));
        }
    }

    fn end(&mut self, head: &audit_head::Model) {
        let found = self.frontier.size();
        if i64::try_from(found) != Ok(head.size) {
            self.found(Problem::Size {
                head: head.size,
                found,
            });
        }
        if head.frontier.0 != self.frontier.to_bytes() || head.root.0 != self.frontier.root() {
            self.found(Problem::Head);
        }
        if let Some((signed, _)) = self.marks.pop_last().filter(|(size, _)| *size > found) {
            self.found(Problem::Shorter { signed, found });
        }
    }
}

/// The first column that does not repeat what the text says.
fn column_that_differs(
    body: &Body<'_>,
    row: &audit_entry::Model,
    log: Uuid,
) -> Option<&'static str> {
    // Only staff have an account; a link holder's or a program's id is in the text alone.
    let account = body.who.filter(|_| is_staff(body.standing));
    [
        ("log_id", body.log == log && row.log_id == log),
        ("seq", body.seq == row.seq),
        ("at", At::parse(body.at) == Some(row.at.0)),
        ("action", body.action == row.action),
        ("result", body.result == row.result),
        (
            "account_id",
            account == row.account_id.map(|id| id.0.uuid()),
        ),
        (
            "person_id",
            body.person == row.person_id.map(|id| id.0.uuid()),
        ),
    ]
    .into_iter()
    .find_map(|(column, fits)| (!fits).then_some(column))
}

fn is_staff(standing: &str) -> bool {
    Role::from_code(standing).is_ok()
}
