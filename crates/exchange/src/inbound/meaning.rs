//! What a service is for, read from its own words: only what the words say plainly.

use throughline_core::directory::CommunityServed;

use super::kind_words::{COMMUNITIES, ONLY_MEN, ONLY_WOMEN, TYPES};
use super::need_words::NEEDS;
use super::oruk_v3::Draft;

/// Adds needs, kinds of service and communities to a draft. What the feed said itself in our own words is not added to.
pub(crate) fn add(draft: &mut Draft) {
    let entry = &mut draft.entry;
    let organisation = entry
        .organisation
        .as_ref()
        .map(|body| body.name.as_str())
        .unwrap_or_default();
    let terms: Vec<&str> = entry.terms.iter().map(|term| term.name.as_str()).collect();
    let title = words(&format!(
        "{} . {} . {organisation}",
        entry.name,
        entry.alternate_name.as_deref().unwrap_or_default()
    ));
    let classified = words(&terms.join(" . "));
    let about = words(entry.description.as_deref().unwrap_or_default());
    let (needs_said, types_said) = (!entry.needs.is_empty(), !draft.types.is_empty());
    for (need, sure, plain) in NEEDS.iter().filter(|_| !needs_said) {
        let found = any(&title, sure)
            || any(&classified, sure)
            || any(&title, plain)
            || any(&classified, plain)
            || any(&about, plain);
        if found && !entry.needs.contains(need) {
            entry.needs.push(*need);
        }
    }
    entry.needs.sort_unstable();
    for (kind, sure) in TYPES.iter().filter(|_| !types_said) {
        if (any(&title, sure) || any(&classified, sure)) && !draft.types.contains(kind) {
            draft.types.push(*kind);
        }
    }
    for (community, names) in COMMUNITIES {
        if terms.iter().any(|term| names.contains(&words(term).trim()))
            && !entry.communities.contains(community)
        {
            entry.communities.push(*community);
        }
    }
    if entry.communities.contains(&CommunityServed::Disabled)
        && terms
            .iter()
            .any(|term| words(term).trim() == "wheelchair users")
    {
        entry.eligibility.wheelchair.get_or_insert(true);
    }
    let named = words(&entry.name);
    if any(&named, ONLY_WOMEN) {
        entry.eligibility.women.get_or_insert(true);
        entry.eligibility.men.get_or_insert(false);
    } else if any(&named, ONLY_MEN) {
        entry.eligibility.men.get_or_insert(true);
        entry.eligibility.women.get_or_insert(false);
    }
}

/// Lower-case words with single spaces around each.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            out.push(letter);
        } else if !matches!(letter, '\'' | '’') && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Whether any phrase stands in the words, whole; a phrase that ends in `*` may go on (`counsel*`).
fn any(words: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let (stem, open) = phrase
            .strip_suffix('*')
            .map_or((*phrase, false), |stem| (stem, true));
        words.match_indices(stem).any(|(at, _)| {
            let before = words.get(..at).is_some_and(|before| before.ends_with(' '));
            let after = open
                || words
                    .get(at + stem.len()..)
                    .is_some_and(|after| after.starts_with(' '));
            before && after
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::notes::Notes;
    use crate::inbound::oruk_v3;
    use throughline_core::directory::ServiceType;
    use throughline_core::need::NeedType;

    fn read(json: &serde_json::Value) -> Draft {
        let mut draft = oruk_v3::draft(
            json.as_object().unwrap(),
            "1".to_owned(),
            &mut Notes::new(1),
        );
        add(&mut draft);
        draft
    }

    #[test]
    fn needs_and_kinds_come_from_the_words_of_the_service() {
        let draft = read(
            &serde_json::json!({"id": "1", "name": "Anytown Debt Advice and Food Bank", "description": "Tea and cake."}),
        );
        assert_eq!(
            draft.entry.needs,
            [NeedType::FoodAndEssentials, NeedType::Debt]
        );
        assert_eq!(draft.types, [ServiceType::DebtAndMoneyAdvice]);
    }

    #[test]
    fn a_passing_word_in_a_description_is_no_service() {
        let draft = read(
            &serde_json::json!({"id": "1", "name": "Evening of song", "description": "Singing is good for your health and you may forget your debts."}),
        );
        assert!(draft.entry.needs.is_empty() && draft.types.is_empty());
    }

    #[test]
    fn women_only_is_said_by_the_provider_and_otherwise_not_known() {
        let only = read(&serde_json::json!({"id": "1", "name": "Support group (women only)"}));
        assert_eq!(
            (only.entry.eligibility.women, only.entry.eligibility.men),
            (Some(true), Some(false))
        );
        let unsaid = read(
            &serde_json::json!({"id": "1", "name": "Support group", "pc_targetAudience": [{"id": "1", "audienceType": "Women"}]}),
        );
        assert_eq!(
            (unsaid.entry.eligibility.women, unsaid.entry.eligibility.men),
            (None, None)
        );
    }

    #[test]
    fn communities_come_from_the_audience_terms() {
        let draft = read(
            &serde_json::json!({"id": "1", "name": "Club", "pc_targetAudience": [{"id": "1", "audienceType": "LGBTQ+ "}]}),
        );
        assert_eq!(draft.entry.communities, [CommunityServed::LgbtPlus]);
    }
}
