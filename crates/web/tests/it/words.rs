//! Every code that a page can show has words, in English and in Welsh: a key without words on a page is a page nobody can read.

use throughline_core::answer::Answer;
use throughline_core::apart::{Ground, LinkState};
use throughline_core::appointment::AppointmentState;
use throughline_core::artefact::{Artefact, NeutralTitle};
use throughline_core::child::{ChildMove, ChildState, SafeguardingCode};
use throughline_core::circumstances::{AccessNeed, Gender, NrpfState};
use throughline_core::clock::Urgency;
use throughline_core::code::Code;
use throughline_core::consent::{
    Art9Condition, DpaCondition, HowAgreed, PacketItem, ShareBasis, SharePurpose,
};
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::conversation::{Interpreter, Mode, Overheard, Sign};
use throughline_core::directory::{Channel as Way, CommunityServed};
use throughline_core::gate::DenyReason;
use throughline_core::immediate::{ImmediateCode, ImmediateKind};
use throughline_core::message::MessageState;
use throughline_core::need::{NeedMove, NeedState, NeedType};
use throughline_core::people::{Adjustment, AgeBand, RelationshipRole};
use throughline_core::referral::{EndReason, Helped, ReferralState, UnmetReason};
use throughline_core::reveal::Why;
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_store::referral::Via;
use throughline_store::story::StoryKind;
use throughline_ui::text::{has_key, missing_welsh};

fn missing<C: Code>(list: &str) -> Vec<String> {
    C::ALL
        .iter()
        .map(|code| format!("{list}-{}", code.code()))
        .filter(|key| !has_key(key))
        .collect()
}

#[test]
fn every_line_that_the_story_can_hold_has_words() {
    assert_eq!(missing::<StoryKind>("story"), Vec::<String>::new());
    assert!(StoryKind::ALL.len() > 20);
}

#[test]
fn every_code_on_a_page_has_words() {
    let mut without = Vec::new();
    for some in [
        missing::<Answer>("answered-as"),
        missing::<ChildMove>("child-move"),
        missing::<ChildState>("child-state"),
        missing::<SafeguardingCode>("safeguarding"),
        missing::<Gender>("find-gender"),
        missing::<NrpfState>("find-nrpf"),
        missing::<AccessNeed>("find-access"),
        missing::<CommunityServed>("find-community"),
        missing::<Way>("find-way"),
        missing::<Urgency>("urgency"),
        missing::<Art9Condition>("art9"),
        missing::<DpaCondition>("dpa"),
        missing::<HowAgreed>("agreed"),
        missing::<PacketItem>("packet"),
        missing::<ShareBasis>("basis"),
        missing::<SharePurpose>("purpose"),
        missing::<AnsweredBy>("answered"),
        missing::<Channel>("channel"),
        missing::<DenyReason>("message-no"),
        missing::<MessageState>("message-state"),
        missing::<MessageState>("message-is"),
        missing::<Artefact>("artefact")
            .into_iter()
            // What goes to partners and colleagues stands on no page of a case.
            .filter(|key| !key.starts_with("artefact-partner_") && key != "artefact-staff_task")
            .collect(),
        missing::<Why>("reveal-why"),
        missing::<Verdict>("verdict"),
        missing::<Interpreter>("talk-interpreter"),
        missing::<Mode>("talk-mode"),
        missing::<Overheard>("talk-overheard"),
        missing::<Sign>("sign"),
        missing::<ImmediateCode>("immediate-answer"),
        missing::<ImmediateKind>("immediate"),
        missing::<NeedMove>("need-move")
            .into_iter()
            // These happen with a referral; nobody chooses them by hand.
            .filter(|key| !["need-move-refer", "need-move-start"].contains(&key.as_str()))
            .collect(),
        missing::<NeedState>("need-state"),
        missing::<NeedType>("need"),
        missing::<Adjustment>("adjustment"),
        missing::<AgeBand>("age"),
        missing::<EndReason>("ended"),
        missing::<Helped>("helped"),
        missing::<ReferralState>("referral-state"),
        missing::<UnmetReason>("unmet"),
        missing::<RiskBand>("risk"),
        missing::<RiskBand>("case-risk"),
        missing::<TaskKind>("task-kind"),
        missing::<AppointmentState>("appointment-state"),
        missing::<NeutralTitle>("appointment-title"),
        missing::<Ground>("apart-ground"),
        missing::<LinkState>("apart-state"),
        missing::<RelationshipRole>("apart-role"),
        missing::<Via>("via"),
    ] {
        without.extend(some);
    }
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn no_word_is_missing_in_welsh() {
    assert_eq!(missing_welsh(), Vec::<String>::new());
}
