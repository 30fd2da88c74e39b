//! What the rules of confidential places withhold, and what they leave open.

use super::*;
use crate::code::Code as _;

fn of(name: &str, organisation: &str, description: &str, terms: &[&str]) -> Verdict {
    judge(&Evidence {
        name,
        organisation,
        description,
        terms,
        ..Evidence::default()
    })
}

#[test]
fn a_confidential_kind_decides_alone() {
    for kind in ServiceType::confidential() {
        let verdict = judge(&Evidence {
            types: &[kind],
            name: "Helpline",
            ..Evidence::default()
        });
        assert_eq!(
            verdict,
            Verdict::Confidential {
                kind,
                because: Because::KindOfService
            }
        );
    }
}

#[test]
fn a_refuge_by_name_is_confidential() {
    for name in [
        "Anytown Refuge",
        "Women’s refuges in Anyshire",
        "Harbour House Domestic Abuse Shelter",
        "The Shelter for Abused Women & Children",
    ] {
        assert!(
            matches!(
                of(name, "", "", &[]),
                Verdict::Confidential {
                    because: Because::Name,
                    ..
                }
            ),
            "{name}"
        );
    }
    assert!(matches!(
        of(
            "Respite rooms",
            "Harbour",
            "For women fleeing violence who sleep rough",
            &[]
        ),
        Verdict::Confidential {
            kind: ServiceType::RespiteRoom,
            ..
        }
    ));
}

#[test]
fn a_term_that_names_the_housing_is_enough_and_one_that_names_its_residents_is_not() {
    assert!(matches!(
        of("Lodge", "", "", &["Domestic Violence Shelters"]),
        Verdict::Confidential {
            because: Because::Classified,
            ..
        }
    ));
    assert_eq!(
        of(
            "Legal desk",
            "",
            "",
            &["Domestic Violence Shelter Residents"]
        ),
        Verdict::Open
    );
    assert_eq!(
        of("Key Island", "", "", &["Wildlife Refuges"]),
        Verdict::Open
    );
}

#[test]
fn a_description_that_offers_such_housing_withholds_the_place() {
    let about = "Women have the choice to live in a dedicated safe house for women and children.";
    assert!(matches!(
        of("Harbour Domestic Abuse Services", "Harbour", about, &[]),
        Verdict::Confidential {
            because: Because::OffersHousing,
            ..
        }
    ));
    let one_of_many = "It runs a night shelter, and a domestic abuse refuge for up to 17 women.";
    assert!(matches!(
        of("See Far", "Julia House", one_of_many, &[]),
        Verdict::Doubtful {
            because: Because::OffersHousing
        }
    ));
    let unclear = "Staff visit schools as well as a domestic violence shelter.";
    assert!(matches!(
        of("Play", "Play", unclear, &[]),
        Verdict::Doubtful {
            because: Because::MentionsHousing
        }
    ));
}

#[test]
fn lines_signposts_and_other_senses_stay_open() {
    let signposts =
        "Information and support on domestic abuse. They signpost people to refuges and councils.";
    assert_eq!(
        of("Men's Helpline", "Men's Initiative", signposts, &[]),
        Verdict::Open
    );
    assert_eq!(
        of(
            "National Domestic Abuse Helpline (Refuge)",
            "Refuge",
            "Free, at any hour.",
            &[]
        ),
        Verdict::Open
    );
    assert_eq!(
        of("Refuse collection", "Council", "Bins and recycling.", &[]),
        Verdict::Open
    );
    assert_eq!(
        of(
            "Refugee welcome",
            "",
            "For refugees and asylum seekers.",
            &[]
        ),
        Verdict::Open
    );
    assert_eq!(
        of(
            "Drop in",
            "Parish",
            "Established for those seeking refuge in need.",
            &[]
        ),
        Verdict::Open
    );
    let list = "Advice on relationship breakdown, domestic violence and applications for supported accommodation.";
    assert_eq!(of("Housing advice", "", list, &[]), Verdict::Open);
    assert_eq!(of("Donkey refuge", "", "", &[]), Verdict::Open);
    assert_eq!(
        of(
            "The Sanctuary",
            "NHS",
            "A calm place in the evening for people in a mental health crisis.",
            &[]
        ),
        Verdict::Open
    );
    assert_eq!(
        of(
            "Respite rooms",
            "Carers' centre",
            "A break for people who care.",
            &[]
        ),
        Verdict::Open
    );
}

#[test]
fn the_offices_of_a_refuge_and_addresses_marked_by_the_feed_are_for_the_steward_to_clear() {
    assert!(matches!(
        of("Refuge outreach", "Harbour", "", &[]),
        Verdict::Doubtful {
            because: Because::Name
        }
    ));
    let marked = judge(&Evidence {
        name: "Club",
        marked: true,
        ..Evidence::default()
    });
    assert_eq!(
        marked,
        Verdict::Doubtful {
            because: Because::MarkedByFeed
        }
    );
}

/// A listing with a place, as each of these would publish it.
fn placed(name: &str, organisation: &str, description: &str) -> Verdict {
    judge(&Evidence {
        name,
        organisation,
        description,
        placed: true,
        ..Evidence::default()
    })
}

/// However a refuge puts it, and whatever else it says in the same breath, its place is withheld.
#[test]
fn no_common_way_of_describing_a_refuge_publishes_where_it_is() {
    let (house, aid) = ("Jubilee House", "Harbour Women's Aid");
    for (name, organisation, description) in [
        (
            house,
            aid,
            "Refuge accommodation for women and children fleeing domestic abuse, with key work and advice on housing and benefits.",
        ),
        (
            house,
            "Harbour",
            "Refuge accommodation for women and children fleeing domestic abuse, with key work and advice on housing and benefits.",
        ),
        (
            house,
            "Harbour",
            "We run a refuge for women fleeing domestic abuse where dogs and cats are welcome.",
        ),
        (
            house,
            "Harbour",
            "Refuge with 12 rooms for women and children, referral to the service is by phone. For survivors of domestic abuse.",
        ),
        (
            house,
            "Harbour",
            "Hostel for women and children fleeing domestic violence.",
        ),
        (
            house,
            "Harbour",
            "Safe, temporary housing for women and children escaping domestic abuse.",
        ),
        (
            house,
            "Harbour",
            "A women’s refuge: 12 rooms. Ask for details of vacancies.",
        ),
        (
            house,
            "Harbour",
            "A wom\u{ad}en's ref\u{ad}uge. Help to find a school.",
        ),
        (
            house,
            "Harbour",
            "Somewhere safe to live if you are being abused by a violent partner.",
        ),
        (
            house,
            "Harbour",
            "Self-contained flats for families who flee abuse or violence.",
        ),
        (
            house,
            "Harbour",
            "Women can seek refuge here from an abusive home.",
        ),
        (
            house,
            aid,
            "We give women and children a safe place to stay.",
        ),
        (house, aid, ""),
        (house, "Harbour Refuge", "Support for women."),
        ("Harbour Refuge (dogs welcome)", "", ""),
        ("Harbour Refuge and helpline", "", ""),
        ("Cat and dog friendly Harbour Refuge", "", ""),
        ("Dog refuge", aid, ""),
    ] {
        let verdict = placed(name, organisation, description);
        assert_ne!(
            verdict,
            Verdict::Open,
            "{name}, {organisation}: {description}"
        );
    }
}

#[test]
fn a_refuge_is_known_in_welsh() {
    for (name, organisation, description) in [
        ("Lloches Glanymôr", "", ""),
        (
            "Tŷ Jiwbilî",
            "Cymorth i Ferched Glanymôr",
            "Llety i fenywod a phlant.",
        ),
        (
            "Jiwbilî",
            "Cymorth i Ferched Glanymôr",
            "Mae gennym lety i fenywod a phlant.",
        ),
        (
            "Jiwbilî",
            "Harbwr",
            "Llety diogel i fenywod sy'n ffoi rhag cam-drin domestig.",
        ),
        (
            "Jiwbilî",
            "Harbwr",
            "Mae’n cynnig lloches i ddioddefwyr trais yn y cartref.",
        ),
        (
            "Jiwbilî",
            "Harbwr",
            "Rydym yn helpu pobl i ddianc rhag gam-drin, a dod o hyd i loches.",
        ),
        (
            "Jiwbilî",
            "Harbwr",
            "Hostel i fenywod a phlant. Cyngor am drais domestig a thai.",
        ),
    ] {
        let verdict = placed(name, organisation, description);
        assert_ne!(
            verdict,
            Verdict::Open,
            "{name}, {organisation}: {description}"
        );
    }
    for (name, description) in [
        ("Croeso", "Cymorth i ffoaduriaid a cheiswyr lloches."),
        ("Lloches anifeiliaid", "Cathod a chŵn."),
        ("Cyngor ar dai", "Cyngor ar ddyled, budd-daliadau a thai."),
    ] {
        assert_eq!(placed(name, "Harbwr", description), Verdict::Open, "{name}");
    }
}

#[test]
fn what_speaks_of_no_abuse_keeps_its_place() {
    for (name, organisation, description) in [
        ("Donkey refuge", "", "Donkeys of any age."),
        ("Refuse collection", "Council", "Bins and recycling."),
        (
            "Housing advice",
            "Council",
            "Advice on housing and homelessness, hostels and supported housing.",
        ),
        (
            "Drop in",
            "Parish",
            "Established for those seeking refuge in need. Dogs welcome.",
        ),
        (
            "Jubilee House",
            "Parish",
            "Tea and cake for people who are lonely.",
        ),
    ] {
        assert_eq!(
            placed(name, organisation, description),
            Verdict::Open,
            "{name}"
        );
    }
}

#[test]
fn a_helpline_that_is_classed_with_refuges_is_for_the_steward_to_clear() {
    let verdict = of(
        "National Domestic Abuse Helpline",
        "",
        "",
        &["Domestic Violence Shelters"],
    );
    let because = Because::Classified;
    assert_eq!(verdict, Verdict::Doubtful { because });
}

#[test]
fn a_term_in_another_sense_makes_doubt_only_where_abuse_is_spoken_of() {
    let island = Evidence {
        name: "Key Island",
        terms: &["Wildlife Refuges"],
        placed: true,
        ..Evidence::default()
    };
    assert_eq!(judge(&island), Verdict::Open);
    let talks = Evidence {
        description: "Talks on domestic abuse.",
        ..island
    };
    let because = Because::Classified;
    assert_eq!(judge(&talks), Verdict::Doubtful { because });
}

#[test]
fn the_surest_sentence_decides_wherever_it_stands() {
    let (unclear, sure) = (
        "Staff visit a domestic violence shelter.",
        "Women have the choice to live in our safe house.",
    );
    for description in [format!("{unclear} {sure}"), format!("{sure} {unclear}")] {
        let verdict = of("Harbour Domestic Abuse Services", "", &description, &[]);
        assert_eq!(
            verdict,
            Verdict::Confidential {
                kind: ServiceType::Refuge,
                because: Because::OffersHousing
            },
            "{description}"
        );
    }
}

#[test]
fn housing_of_no_name_counts_where_one_sentence_says_whose_it_is_and_for_whom() {
    let ours = "We provide accommodation for women fleeing domestic abuse.";
    let because = Because::OffersHousing;
    assert_eq!(of("Jubilee", "", ours, &[]), Verdict::Doubtful { because });
    // Not said to be theirs: withheld where there is a place to withhold.
    let theirs = "Hostel for women and children fleeing domestic violence.";
    assert_eq!(of("Jubilee", "", theirs, &[]), Verdict::Open);
    let because = Because::MentionsHousing;
    assert_eq!(placed("Jubilee", "", theirs), Verdict::Doubtful { because });
}

#[test]
fn what_is_said_of_other_things_beside_abuse_withholds_nothing() {
    for description in [
        "Talks on domestic abuse.",
        "We run a choir. Talks on domestic abuse.",
        "Bring a tent or other accommodation. Talks on domestic abuse.",
        "Rooms for hire. Talks on domestic abuse.",
    ] {
        assert_eq!(
            placed("Jubilee", "Parish", description),
            Verdict::Open,
            "{description}"
        );
        assert_eq!(of("Jubilee", "Parish", description, &[]), Verdict::Open);
    }
}

#[test]
fn a_refuge_may_say_so_in_any_name_or_text() {
    let open = Evidence {
        name: "Jubilee House",
        placed: true,
        ..Evidence::default()
    };
    assert_eq!(judge(&open), Verdict::Open);
    for evidence in [
        Evidence {
            other_names: &["Harbour Refuge"],
            ..open
        },
        Evidence {
            also: &["For women fleeing domestic abuse who live in our safe house."],
            ..open
        },
    ] {
        assert_ne!(judge(&evidence), Verdict::Open, "{evidence:?}");
    }
}

#[test]
fn a_steward_reads_for_each_rule_a_reason_of_its_own() {
    let mut reasons = std::collections::BTreeSet::new();
    for because in Because::ALL {
        let reason = because.sentence();
        assert!(reason.split(' ').count() > 5, "{because}: {reason}");
        assert!(reasons.insert(reason), "{because} repeats another's reason");
    }
}
