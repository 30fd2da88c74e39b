//! Everything the page of one case shows, and who has looked at it.

use std::collections::BTreeMap;

use throughline_core::id::{AccountId, OrganisationId, Ref};
use throughline_core::need::{NeedState, NeedType, WorkGoals, work_goals};
use throughline_core::pack::{HighRiskRoute, MoneyRoute};
use throughline_policy::action::{CaseLookers, CaseRead};
use throughline_policy::{Actor, Permit};
use throughline_store::case::Case;
use throughline_store::child::Child;
use throughline_store::consent::ConsentRecord;
use throughline_store::contact::Contacts;
use throughline_store::duty_to_refer::Duty;
use throughline_store::immediate::Immediate;
use throughline_store::looks::Look;
pub use throughline_store::looks::LookBy;
use throughline_store::need::Need;
use throughline_store::referral::Referral;
use throughline_store::risk::Risk;
use throughline_store::statement::Statement;
use throughline_store::story::StoryLine;
use throughline_store::unmet::Unmet;
use throughline_store::{Result, Work};

use crate::App;
use crate::case::{HELP, PAGE_LINES, PAGES_AT_MOST, permit};
use crate::contact::{SafelyNow, safely_now};
use crate::referral::pack_named;

/// A line of the story with the names that its words need.
#[derive(Debug, Clone)]
pub struct Told {
    /// The line.
    pub line: StoryLine,
    /// Who did it, by name.
    pub by: Option<String>,
    /// The other organisation that it is about, by name.
    pub organisation: Option<String>,
}

/// A consent with its recipient's name.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// What was agreed.
    pub record: ConsentRecord,
    /// The recipient's name.
    pub recipient: String,
    /// Whether it holds now.
    pub holds: bool,
}

/// A judgement with its judge's name.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The judgement.
    pub risk: Risk,
    /// The judge's name.
    pub by: String,
}

/// Everything the page of one case shows.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case and the person.
    pub case: Case,
    /// Who leads, by name.
    pub lead: String,
    /// How to make contact safely, at this moment.
    pub safely_now: SafelyNow,
    /// Needs, in the order in which they are met.
    pub needs: Vec<Need>,
    /// What nobody was asked for, and why, newest first.
    pub unmet: Vec<Unmet>,
    /// How often they were asked to tell again what they had told before.
    pub asked_again: u64,
    /// Duties to refer, newest first.
    pub duties: Vec<Duty>,
    /// Whether goals about work are open, or what comes first.
    pub work: WorkGoals,
    /// Bed, money and essentials, as far as they are answered.
    pub immediate: Vec<Immediate>,
    /// Children.
    pub children: Vec<Child>,
    /// What each child needs for themselves, by the reference of the child's own case.
    pub children_needs: BTreeMap<Ref, Vec<Need>>,
    /// Judgements of risk, newest first.
    pub risks: Vec<Judged>,
    /// Own words, newest version first.
    pub statements: Vec<Statement>,
    /// Ways to reach the person.
    pub contacts: Contacts,
    /// What was agreed.
    pub consents: Vec<Agreed>,
    /// Referrals with the name of the service or organisation asked.
    pub referrals: Vec<(Referral, String)>,
    /// The story, newest first.
    pub story: Vec<Told>,
    /// Where a high risk goes.
    pub high_risk: HighRiskRoute,
    /// Ways to money today.
    pub money: Vec<MoneyRoute>,
}

/// Reads everything for the page of a case.
pub async fn read(app: &App, actor: &Actor, case: Ref) -> Result<CaseView> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                view(app, w, &may, PAGE_LINES).await
            })
        })
        .await
}

/// A case under a permit to read it, with at most so many lines of its story.
pub(crate) async fn view(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseRead>,
    lines: u64,
) -> Result<CaseView> {
    let case = w.case_read(may).await?;
    let pack = pack_named(app, &case.pack)?;
    let needs = w.needs(may).await?;
    let stands: Vec<(NeedType, NeedState)> =
        needs.iter().map(|need| (need.kind, need.state)).collect();
    let unmet = w.unmet(may).await?;
    let duties = w.duties(may).await?;
    let asked_again = w.times_asked_again(may).await?;
    let immediate = w.immediate_needs(may).await?;
    let children = w.children(may).await?;
    let mut children_needs = BTreeMap::new();
    for child in &children {
        let facts = w.case_facts(child.reference).await?;
        if let Ok(own) = w.permit_found::<CaseRead>(facts) {
            children_needs.insert(child.reference, w.needs(&own).await?);
        }
    }
    let mut risks = Vec::new();
    for risk in w.risks(may).await? {
        let by = account_name(w, risk.by).await?;
        risks.push(Judged { risk, by });
    }
    let statements = w.statements(may).await?;
    let contacts = w.contacts(may).await?;
    let mut consents = Vec::new();
    for record in w.consents(may).await? {
        let recipient = organisation_name(w, record.consent.recipient).await?;
        let holds = record.consent.holds_at(w.now());
        consents.push(Agreed {
            record,
            recipient,
            holds,
        });
    }
    let mut referrals = Vec::new();
    for referral in w.case_referrals(may).await? {
        let name = organisation_name(w, referral.to).await?;
        referrals.push((referral, name));
    }
    let mut story = Vec::new();
    for line in w.story(may, lines).await? {
        let by = match line.account {
            Some(id) => Some(account_name(w, id).await?),
            None => None,
        };
        let to = line.detail.get("to").and_then(|to| to.as_str());
        let with = line.detail.get("with").and_then(|with| with.as_str());
        let organisation = match to.and_then(|to| to.parse::<uuid::Uuid>().ok()) {
            Some(id) => Some(organisation_name(w, OrganisationId::from_uuid(id)).await?),
            // Who was not told may be no organisation at all: then they are named in words.
            None => with.map(str::to_owned),
        };
        story.push(Told {
            line,
            by,
            organisation,
        });
    }
    Ok(CaseView {
        lead: account_name(w, case.lead).await?,
        safely_now: safely_now(&contacts, w.now()),
        work: work_goals(&stands),
        high_risk: pack.high_risk().clone(),
        money: pack.money().to_vec(),
        case,
        needs,
        unmet,
        duties,
        asked_again,
        immediate,
        children,
        children_needs,
        risks,
        statements,
        contacts,
        consents,
        referrals,
        story,
    })
}

pub(crate) async fn account_name(w: &mut Work<'_>, id: AccountId) -> Result<String> {
    Ok(w.account(id).await?.map_or_else(String::new, |it| it.name))
}

pub(crate) async fn organisation_name(w: &mut Work<'_>, id: OrganisationId) -> Result<String> {
    Ok(w.organisation(id)
        .await?
        .map_or_else(String::new, |it| it.name))
}

/// A look with the names of who looked.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The look.
    pub look: Look,
    /// Who, by name, where it was somebody with an account.
    pub by: Option<String>,
    /// In which organisation, by name.
    pub organisation: String,
}

/// One page of who has looked at a person's record.
#[derive(Debug, Clone)]
pub struct Looks {
    /// The looks, newest first.
    pub looks: Vec<Looked>,
    /// Which page this is; the first is 1.
    pub page: u64,
    /// How many there are.
    pub pages: u64,
    /// How many looks there are in all.
    pub all: u64,
}

/// Who has looked at the person's record, newest first. A page that there is not is the last one.
pub async fn lookers(app: &App, actor: &Actor, case: Ref, page: u64) -> Result<Looks> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseLookers>(w, case).await?;
                let mut page = page.clamp(1, PAGES_AT_MOST);
                let (mut found, all) = w.lookers(&may, page - 1, PAGE_LINES).await?;
                let pages = all.div_ceil(PAGE_LINES).max(1);
                if page > pages {
                    page = pages;
                    (found, _) = w.lookers(&may, page - 1, PAGE_LINES).await?;
                }
                let mut looks = Vec::with_capacity(found.len());
                for look in found {
                    let by = match look.by {
                        LookBy::Account(id) => Some(account_name(w, id).await?),
                        LookBy::Link | LookBy::Person | LookBy::Program | LookBy::System => None,
                    };
                    let organisation = organisation_name(w, look.organisation).await?;
                    looks.push(Looked {
                        look,
                        by,
                        organisation,
                    });
                }
                Ok(Looks {
                    looks,
                    page,
                    pages,
                    all,
                })
            })
        })
        .await
}
