use super::*;
use crate::{OrgKey, fixed_env};

#[test]
fn a_name_is_the_same_however_it_is_written() {
    for (written, normal) in [
        ("Siân", "sian"),
        ("SIA\u{302}N", "sian"),
        ("  O'Neill ", "oneill"),
        ("O’Neill", "oneill"),
        ("Anne-Marie", "annemarie"),
        ("anne marie", "annemarie"),
        ("Zoë", "zoe"),
        ("ＡＮＮＡ", "anna"),
        ("Łucja", "łucja"),
        ("", ""),
        ("-", ""),
    ] {
        assert_eq!(normal::name(written), normal, "{written:?}");
    }
}

#[test]
fn a_telephone_number_is_the_same_however_it_is_written() {
    for (written, normal) in [
        ("020 7946 0000", "02079460000"),
        ("+44 20 7946 0000", "02079460000"),
        ("+44 (0)20 7946 0000", "02079460000"),
        ("(+44) 20 7946 0000", "02079460000"),
        ("0044 20 7946 0000", "02079460000"),
        ("00 44 020-7946-0000", "02079460000"),
        ("07700 900123", "07700900123"),
        ("+353 1 234 5678", "+35312345678"),
        ("00353 1 234 5678", "+35312345678"),
        ("999", "999"),
        ("", ""),
        ("no telephone", ""),
    ] {
        assert_eq!(normal::phone(written), normal, "{written:?}");
    }
}

#[test]
fn an_address_and_a_postcode_are_the_same_however_they_are_written() {
    assert_eq!(normal::email("  Anna@Example.ORG\n"), "anna@example.org");
    for written in ["SW1A 1AA", "sw1a1aa", " Sw1a-1aA "] {
        assert_eq!(normal::postcode(written), "SW1A1AA");
    }
}

#[test]
fn what_was_normalised_is_not_changed_again() {
    for text in [
        "Siân O'Neill",
        "+44 20 7946 0000",
        "+353 1 234",
        "A@b.example",
        "sw1a 1aa",
    ] {
        for form in [normal::name, normal::phone, normal::email, normal::postcode] {
            assert_eq!(form(&form(text)), form(text), "{text}");
        }
    }
}

#[test]
fn a_hash_is_half_of_an_hmac_sha256() {
    // Computed outside this program.
    let key = BlindKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
    let hash = key.hash("sian");
    assert_eq!(
        hash,
        0xdaf2_fead_6d9f_cbcd_68fd_e444_2a74_41e6_u128.to_be_bytes()
    );
}

#[test]
fn neither_another_organisation_nor_another_column_gives_the_same_hash() {
    let env = fixed_env(1);
    let (ours, theirs) = (OrgKey::generate(&env), OrgKey::generate(&env));
    let hash = ours.blind_key("person.name").hash("sian");
    assert_eq!(hash, ours.blind_key("person.name").hash("sian"));
    assert_ne!(hash, ours.blind_key("person.name").hash("sion"));
    assert_ne!(hash, ours.blind_key("person.email").hash("sian"));
    assert_ne!(hash, theirs.blind_key("person.name").hash("sian"));
}
