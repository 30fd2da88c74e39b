//! How to reach a person, with what they said about its safety. Nothing here decides whether a message may go: that is
//! `core::gate::gate`, at the moment it goes.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use throughline_core::answer::Answer;
use throughline_core::code::Code;
use throughline_core::contact::{AnsweredBy, Channel, ContactPoint, Verdict, Window};
use throughline_core::id::{PersonId, Ref};
use throughline_core::reveal::Reason;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_policy::{Permit, Standing};
use throughline_seal::BlindHash;

use crate::col::Col;
use crate::entity::{contact_point, person};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::reveal::RevealsContact;
use crate::story::StoryKind;
use crate::work::Work;

throughline_core::code_list! {
    /// Why a way to reach someone is no longer used. It is kept, and never used again.
    pub enum ContactEnded {
        /// They said it is not safe any more.
        NotSafe = "not_safe",
        /// They moved or separated.
        Moved = "moved",
        /// They no longer have it.
        NoLongerTheirs = "no_longer_theirs",
        /// Said again, with new rules.
        Replaced = "replaced",
    }
}

/// A way to reach someone, to be recorded.
#[derive(Debug)]
pub struct NewContact<'a> {
    /// The channel.
    pub channel: Channel,
    /// What the person said.
    pub verdict: Verdict,
    /// The number or address. May be blank only where the channel has none, as in person at a site.
    pub value: &'a str,
    /// When it is safe.
    pub windows: &'a [Window],
    /// The person's own permission to leave a voicemail on this number.
    pub voicemail: bool,
    /// Who may pick up or read first.
    pub answered_by: AnsweredBy,
    /// Whether only a neutral sender may show.
    pub neutral_only: bool,
    /// Whether another claimant reads the same account.
    pub shared_account: Answer,
    /// What to say, or not to say, when someone else answers; a code phrase.
    pub say: Option<&'a str>,
    /// When the confirmation lapses (C20).
    pub expires_at: At,
}

/// A way to reach someone, with its rules.
#[derive(Clone)]
pub struct Contact {
    /// Reference.
    pub reference: Ref,
    /// What `core` asks at the gate.
    pub point: ContactPoint,
    /// The number or address.
    pub value: String,
    /// What to say when someone else answers.
    pub say: Option<String>,
    /// Whether there are words by which they and we know each other.
    pub has_words: bool,
    /// When it was retired.
    pub ended_at: Option<At>,
    /// Why.
    pub ended: Option<ContactEnded>,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Contact({})", self.point.channel)
    }
}

/// The rules, sealed in one value.
#[derive(Serialize, Deserialize)]
pub(crate) struct Rules {
    answered_by: AnsweredBy,
    neutral_only: bool,
    shared_account: Answer,
    say: Option<String>,
    /// Words by which each knows the other, hashed under the organisation's key and the contact point: nobody can read them.
    #[serde(default)]
    pub(crate) words: Words,
}

/// What the person says so that we know them, and what we say so that they know us.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Words {
    pub(crate) theirs: Option<BlindHash>,
    pub(crate) ours: Option<BlindHash>,
}

/// Everything known about reaching a person.
#[derive(Debug, Clone)]
pub struct Contacts {
    /// Every way, those in use first, newest first; retired ones are kept.
    pub all: Vec<Contact>,
    /// The latest of: when a change of address or a separation happened, and when we learned of it.
    pub changed_at: Option<At>,
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "contact_point",
        column,
    }
}

impl Work<'_> {
    /// Every way to reach the person of a case.
    pub async fn contacts(&mut self, permit: &Permit<CaseRead>) -> Result<Contacts> {
        self.note(permit, permit.on().uuid(), &["contact"]);
        let person = permit.person().ok_or(bad("person_id"))?;
        self.contacts_of(person).await
    }

    /// Every way that is in use and that the person did not rule out, for a partner who accepted. One that is never to be used
    /// stays here. The caller asks the gate before it shows a number. Why is on record first; an ask is good
    /// once: errors with [`Error::Conflict`] when this one was answered before.
    pub async fn contacts_revealed<A: RevealsContact>(
        &mut self,
        permit: &Permit<A>,
        ask: Ref,
        reason: &Reason,
    ) -> Result<Contacts> {
        self.reveal_record(permit, ask, reason).await?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        let person = permit.person().ok_or(bad("person_id"))?;
        let mut known = self.contacts_of(person).await?;
        known
            .all
            .retain(|contact| contact.ended_at.is_none() && contact.point.is_a_way());
        Ok(known)
    }

    pub(crate) async fn contacts_of(&mut self, person: PersonId) -> Result<Contacts> {
        let rows = contact_point::Entity::find()
            .filter(contact_point::Column::PersonId.eq(Col(person)))
            .order_by_desc(contact_point::Column::Id)
            .all(&self.tx)
            .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            all.push(self.contact_of(person, row).await?);
        }
        all.sort_by_key(|contact: &Contact| contact.ended_at.is_some());
        let row = person::Entity::find_by_id(Col(person))
            .one(&self.tx)
            .await?;
        Ok(Contacts {
            all,
            changed_at: row.and_then(|row| row.contact_changed_at).map(|at| at.0),
        })
    }

    async fn contact_of(&mut self, person: PersonId, row: contact_point::Model) -> Result<Contact> {
        let id = row.id.0.uuid();
        let value = self
            .open(
                person.uuid(),
                place("contact_point", "value", id),
                &row.value,
            )
            .await?;
        let rules: Option<Rules> = self
            .open_option(
                person.uuid(),
                place("contact_point", "rules", id),
                row.rules.as_ref(),
            )
            .await?;
        let channel = Channel::from_code(&row.channel).map_err(|_| bad("channel"))?;
        let mut point = ContactPoint::unknown(channel);
        point.verdict = Verdict::from_code(&row.verdict).map_err(|_| bad("verdict"))?;
        point.windows = match row.windows.as_deref() {
            None => Vec::new(),
            Some(text) => serde_json::from_str(text).map_err(|_| bad("windows"))?,
        };
        point.confirmed_at = Some(row.confirmed_at.0);
        point.expires_at = Some(row.expires_at.0);
        point.voicemail_since = row.voicemail_on.as_deref().and_then(At::parse);
        let (mut say, mut has_words) = (None, false);
        if let Some(rules) = rules {
            point.answered_by = rules.answered_by;
            point.neutral_only = rules.neutral_only;
            point.shared_account = rules.shared_account;
            say = rules.say;
            has_words = rules.words.theirs.is_some() || rules.words.ours.is_some();
        }
        let ended = row
            .ended_reason
            .as_deref()
            .map(ContactEnded::from_code)
            .transpose()
            .map_err(|_| bad("ended_reason"))?;
        Ok(Contact {
            reference: row.reference.0,
            point,
            value,
            say,
            has_words,
            ended_at: row.ended_at.map(|at| at.0),
            ended,
        })
    }

    /// Records a way to reach the person, confirmed now. The same number or address said again takes the place of the one
    /// in use. One that was retired as never safe comes back only through a named practitioner (SPEC 4.5: nothing revives it
    /// by accident); to others that is an [`Error::Invalid`].
    pub async fn contact_add(
        &mut self,
        permit: &Permit<CaseChange>,
        new: &NewContact<'_>,
    ) -> Result<Ref> {
        let case = self.case_row(permit.on()).await?;
        let person = case.person_id.0;
        let value = new.value.trim();
        if value.is_empty() && new.channel != Channel::InPersonSite {
            return Err(Error::Invalid {
                field: "value",
                problem: "contact-value-needed",
            });
        }
        if new.verdict == Verdict::SafeOnlyInWindow && new.windows.is_empty() {
            return Err(Error::Invalid {
                field: "windows",
                problem: "contact-times-needed",
            });
        }
        let safe = matches!(new.verdict, Verdict::Safe | Verdict::SafeOnlyInWindow);
        if safe {
            self.contacts_lapse_untold(person).await?;
        }
        for known in self.contacts_of(person).await?.all {
            if !same_end(new.channel, value, &known) {
                continue;
            }
            match known.ended {
                // A number is called and written to on its own terms: one of these does not take the place of the other.
                None if !same_way(new.channel, &known) => {}
                None => {
                    self.contact_retire(known.reference, None, ContactEnded::Replaced)
                        .await?;
                }
                Some(ContactEnded::NotSafe | ContactEnded::Moved)
                    if safe && self.actor().standing() != Standing::DaLead =>
                {
                    return Err(Error::Invalid {
                        field: "value",
                        problem: "contact-was-retired",
                    });
                }
                Some(_) => {}
            }
        }
        let (id, reference) = (
            self.env().id::<throughline_core::id::ContactPoint>(),
            self.env().reference(),
        );
        let owner = person.uuid();
        let rules = Rules {
            answered_by: new.answered_by,
            neutral_only: new.neutral_only,
            shared_account: new.shared_account,
            say: new.say.map(str::to_owned),
            words: Words::default(),
        };
        let sealed = self
            .seal(owner, place("contact_point", "value", id.uuid()), &value)
            .await?;
        let rules = self
            .seal(owner, place("contact_point", "rules", id.uuid()), &rules)
            .await?;
        let windows = (!new.windows.is_empty())
            .then(|| serde_json::to_string(new.windows))
            .transpose()
            .map_err(|_| bad("windows"))?;
        let row = contact_point::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            person_id: Set(Col(person)),
            channel: Set(new.channel.code().to_owned()),
            verdict: Set(new.verdict.code().to_owned()),
            value: Set(sealed),
            rules: Set(Some(rules)),
            windows: Set(windows),
            voicemail_on: Set((new.voicemail && safe).then(|| self.now().to_string())),
            confirmed_at: Set(Col(self.now())),
            expires_at: Set(Col(new.expires_at)),
            ended_at: Set(None),
            ended_reason: Set(None),
            lapse_told_at: Set(None),
        };
        contact_point::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.person_changed(person).await?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        let detail = json!({ "channel": new.channel.code(), "verdict": new.verdict.code() });
        self.case_event(permit, StoryKind::ContactAdded, Some(detail))
            .await?;
        Ok(reference)
    }

    /// The person confirms a way again: it holds until `expires_at`. Errors with [`Error::Invalid`] for one that is retired.
    pub async fn contact_confirm(
        &mut self,
        permit: &Permit<CaseChange>,
        reference: Ref,
        expires_at: At,
    ) -> Result<()> {
        let row = self.contact_row(permit, reference).await?;
        if row.ended_at.is_some() {
            return Err(Error::Invalid {
                field: "contact",
                problem: "contact-was-retired",
            });
        }
        let change = contact_point::ActiveModel {
            confirmed_at: Set(Col(self.now())),
            expires_at: Set(Col(expires_at)),
            ..Default::default()
        };
        self.contacts_lapse_untold(row.person_id.0).await?;
        contact_point::Entity::update_many()
            .set(change)
            .filter(contact_point::Column::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        let detail = json!({ "channel": row.channel });
        self.case_event(permit, StoryKind::ContactConfirmed, Some(detail))
            .await
    }

    /// Retires a way to reach the person, and every other that ends at the same place: kept as never, for good.
    pub async fn contact_end(
        &mut self,
        permit: &Permit<CaseChange>,
        reference: Ref,
        why: ContactEnded,
    ) -> Result<()> {
        let row = self.contact_row(permit, reference).await?;
        if row.ended_at.is_some() {
            return Ok(());
        }
        let case = self.case_row(permit.on()).await?;
        let known = self.contacts_of(case.person_id.0).await?.all;
        let ended = known.iter().find(|known| known.reference == reference);
        let ended = ended.ok_or(bad("reference"))?;
        // A number that is not theirs or not safe is so for calls and for messages alike.
        for other in &known {
            if other.ended_at.is_none() && same_end(ended.point.channel, &ended.value, other) {
                self.contact_retire(other.reference, Some(Verdict::Never), why)
                    .await?;
            }
        }
        self.note(permit, permit.on().uuid(), &["contact"]);
        let detail = json!({ "channel": row.channel, "why": why.code() });
        self.case_event(permit, StoryKind::ContactEnded, Some(detail))
            .await
    }

    /// Records a change of address or a separation that happened at `happened_at`. Letters to the old home are never sent
    /// again; everything else waits until the person confirms it once more (SPEC 4.5, NE-02).
    pub async fn contact_changed(
        &mut self,
        permit: &Permit<CaseChange>,
        happened_at: At,
    ) -> Result<()> {
        let case = self.case_row(permit.on()).await?;
        let known = self.contacts_of(case.person_id.0).await?;
        let changed_at = [Some(happened_at), Some(self.now()), known.changed_at]
            .into_iter()
            .flatten()
            .max();
        for contact in &known.all {
            if contact.ended_at.is_none() && contact.point.channel == Channel::Post {
                self.contact_retire(contact.reference, Some(Verdict::Never), ContactEnded::Moved)
                    .await?;
            }
        }
        let change = person::ActiveModel {
            contact_changed_at: Set(changed_at.map(Col)),
            ..Default::default()
        };
        person::Entity::update_many()
            .set(change)
            .filter(person::Column::Id.eq(case.person_id))
            .exec(&self.tx)
            .await?;
        // Who lived with them may have read where their own page is.
        self.person_links_close(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        self.case_event(permit, StoryKind::ContactChanged, None)
            .await
    }

    async fn contact_row(
        &self,
        permit: &Permit<CaseChange>,
        reference: Ref,
    ) -> Result<contact_point::Model> {
        let missing = Error::NotFound(throughline_policy::ActionKind::CaseChange);
        let Some(person) = permit.person() else {
            return Err(missing);
        };
        contact_point::Entity::find()
            .filter(contact_point::Column::Reference.eq(Col(reference)))
            .filter(contact_point::Column::PersonId.eq(Col(person)))
            .one(&self.tx)
            .await?
            .ok_or(missing)
    }

    async fn contact_retire(
        &mut self,
        reference: Ref,
        verdict: Option<Verdict>,
        why: ContactEnded,
    ) -> Result<()> {
        let mut change = contact_point::ActiveModel {
            voicemail_on: Set(None),
            ended_at: Set(Some(Col(self.now()))),
            ended_reason: Set(Some(why.code().to_owned())),
            ..Default::default()
        };
        if let Some(verdict) = verdict {
            change.verdict = Set(verdict.code().to_owned());
        }
        contact_point::Entity::update_many()
            .set(change)
            .filter(contact_point::Column::Reference.eq(Col(reference)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

/// Whether it is the same way: letters count as one channel wherever they go.
fn same_way(channel: Channel, known: &Contact) -> bool {
    let post = |channel| matches!(channel, Channel::Post | Channel::PostToAlternative);
    channel == known.point.channel || (post(channel) && post(known.point.channel))
}

/// Whether it ends at the same place: a number is the same however it is spelt, and whether it is called or written to.
fn same_end(channel: Channel, value: &str, known: &Contact) -> bool {
    let dialled = |channel: Channel| {
        channel.is_phone() || matches!(channel, Channel::Sms | Channel::AppMessage)
    };
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let number = |channel: Channel, text: &str| {
        // A name in an app is no number, whatever digits it has.
        let name = channel == Channel::AppMessage && text.chars().any(char::is_alphabetic);
        (dialled(channel) && !name).then(|| national(text))?
    };
    let known_value = known.value.as_str();
    if let (Some(one), Some(other)) = (
        number(channel, value),
        number(known.point.channel, known_value),
    ) {
        return one == other;
    }
    same_way(channel, known) && plain(value) == plain(known_value)
}

/// The digits that are dialled within the United Kingdom, or abroad from here. `None`: too few for a number.
fn national(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 6 {
        return None;
    }
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    let home = digits
        .strip_prefix("44")
        .filter(|rest| rest.len() >= 9)
        .unwrap_or(digits);
    Some(home.trim_start_matches('0').to_owned())
}
