//! Words by which a person and a worker know each other on the telephone, both ways (SPEC 3.4, 3.20). They are kept as keyed hashes
//! inside what is sealed: they are seen once, when they are agreed, and from then on only compared with what somebody types.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use throughline_core::id::Ref;
use throughline_policy::action::{CaseChange, MessageSend};
use throughline_policy::{Action, Permit};
use throughline_seal::{BlindHash, normal};

use crate::col::Col;
use crate::contact::{Rules, Words};
use crate::entity::contact_point;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

throughline_core::code_list! {
    /// Whose word it is.
    pub enum WhoseWord {
        /// The person says it: so we know that it is them.
        Theirs = "theirs",
        /// We say it: so they know that it is us.
        Ours = "ours",
    }
}

impl Work<'_> {
    /// Agrees the words of one way to reach the person anew. `None`: no word of that kind. Errors with [`Error::Invalid`] when the
    /// two are one: whoever overheard the one could say the other.
    pub async fn contact_words_set(
        &mut self,
        permit: &Permit<CaseChange>,
        reference: Ref,
        theirs: Option<&str>,
        ours: Option<&str>,
    ) -> Result<()> {
        let row = self.word_row(permit, reference).await?;
        let words = Words {
            theirs: self.word(permit, &row, theirs).await?,
            ours: self.word(permit, &row, ours).await?,
        };
        if words.theirs.is_some() && words.theirs == words.ours {
            return Err(Error::Invalid {
                field: "ours",
                problem: "contact-words-alike",
            });
        }
        let (owner, at) = (
            row.person_id.0.uuid(),
            place("contact_point", "rules", row.id.0.uuid()),
        );
        let missing = Error::NotFound(CaseChange::KIND);
        let rules: Option<Rules> = self.open_option(owner, at, row.rules.as_ref()).await?;
        let mut rules = rules.ok_or(missing)?;
        rules.words = words;
        let at = place("contact_point", "rules", row.id.0.uuid());
        let change = contact_point::ActiveModel {
            rules: Set(Some(self.seal(owner, at, &rules).await?)),
            ..Default::default()
        };
        contact_point::Entity::update_many()
            .set(change)
            .filter(contact_point::Column::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        Ok(())
    }

    /// Whose word of a way to reach the person this is; `None`: neither's.
    pub async fn contact_word_is(
        &mut self,
        permit: &Permit<MessageSend>,
        reference: Ref,
        typed: &str,
    ) -> Result<Option<WhoseWord>> {
        self.note(permit, permit.on().uuid(), &["contact"]);
        let row = self.word_row(permit, reference).await?;
        let typed = self.word(permit, &row, Some(typed)).await?;
        let at = place("contact_point", "rules", row.id.0.uuid());
        let owner = row.person_id.0.uuid();
        let rules: Option<Rules> = self.open_option(owner, at, row.rules.as_ref()).await?;
        let (Some(typed), Some(rules)) = (typed, rules) else {
            return Ok(None);
        };
        Ok(if rules.words.theirs == Some(typed) {
            Some(WhoseWord::Theirs)
        } else if rules.words.ours == Some(typed) {
            Some(WhoseWord::Ours)
        } else {
            None
        })
    }

    /// The hash of a word for one way alone; `None` for a word without a letter or digit.
    async fn word<A: Action>(
        &mut self,
        permit: &Permit<A>,
        row: &contact_point::Model,
        word: Option<&str>,
    ) -> Result<Option<BlindHash>> {
        let word = normal::name(word.unwrap_or_default());
        if word.is_empty() {
            return Ok(None);
        }
        let key = self
            .blind_key(permit.organisation(), "contact word")
            .await?;
        Ok(Some(key.hash(&format!("{}:{word}", row.id.0.uuid()))))
    }

    async fn word_row<A: Action>(
        &self,
        permit: &Permit<A>,
        reference: Ref,
    ) -> Result<contact_point::Model> {
        let missing = Error::NotFound(A::KIND);
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
}
