use super::*;
use crate::{Place, Sealed, fixed_env};

fn counted() -> RootKey {
    RootKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()))
}

// Computed outside this program: what is stored today must open tomorrow.
const TEXT: &str =
    "throughline-root-key-v1 492ee6cec92f AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn a_key_file_line_is_written_and_read_as_it_always_was() {
    assert_eq!(counted().to_text(), TEXT);
    assert_eq!(
        RootKey::from_text(TEXT).unwrap().expose(),
        counted().expose()
    );
    let derived = counted().derive("checkpoint signer");
    assert_eq!(derived[..4], [0x0c, 0xa2, 0xb4, 0xb8]);
}

#[test]
fn a_damaged_key_file_is_refused() {
    for at in 0..TEXT.len() {
        for bit in 0..7 {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(
                RootKey::from_text(&text).unwrap_err(),
                SealError::KeyText,
                "{text}"
            );
            assert!(Keyring::from_text(&text).is_err(), "{text}");
        }
        assert_eq!(
            RootKey::from_text(&TEXT[..at]).unwrap_err(),
            SealError::KeyText
        );
    }
    assert!(RootKey::from_text(&format!("{TEXT} more")).is_err());
}

#[test]
fn one_damaged_line_spoils_the_whole_key_file() {
    let older = RootKey::generate(&fixed_env(3)).to_text();
    assert!(Keyring::from_text(&format!("{TEXT}\n{older}\n")).is_ok());
    assert_eq!(
        Keyring::from_text(&format!("{TEXT}\n{}\n", &older[1..])).unwrap_err(),
        SealError::KeyText
    );
    for empty in ["", "\n\n", "# only a comment\n"] {
        assert_eq!(
            Keyring::from_text(empty).unwrap_err(),
            SealError::KeyText,
            "{empty:?}"
        );
    }
}

#[test]
fn the_first_key_of_the_file_is_the_current_one() {
    let older = RootKey::generate(&fixed_env(3));
    let file = format!(
        "# keep this file safe\n\n  {TEXT}  \n# older\n{}\n",
        older.to_text()
    );
    let ring = Keyring::from_text(&file).unwrap();
    assert_eq!(ring.current_id(), counted().id());
    assert_eq!(ring.current().expose(), counted().expose());
}

#[test]
fn an_older_key_still_opens_what_it_wrapped_and_a_rotated_wrap_needs_it_no_more() {
    let (env, organisation) = (fixed_env(1), Uuid::from_u128(7));
    let old = RootKey::generate(&env);
    let org = OrgKey::generate(&env);
    let wrapped = Keyring::new(old.clone(), [])
        .wrap(&org, organisation, &env)
        .unwrap();

    let ring = Keyring::new(RootKey::generate(&env), [old.clone()]);
    let opened = ring.unwrap(&wrapped, &old.id(), organisation).unwrap();
    assert_eq!(opened.0.0, org.0.0);

    let rotated = ring.wrap(&opened, organisation, &env).unwrap();
    let later = Keyring::new(ring.current().clone(), []);
    assert_eq!(
        later
            .unwrap(&rotated, &later.current_id(), organisation)
            .unwrap()
            .0
            .0,
        org.0.0
    );
    assert_eq!(
        later.unwrap(&wrapped, &old.id(), organisation).unwrap_err(),
        SealError::NoKey
    );
    assert_eq!(
        later
            .unwrap(&wrapped, &later.current_id(), organisation)
            .unwrap_err(),
        SealError::Closed
    );
    assert_eq!(
        ring.unwrap(&rotated, &old.id(), organisation).unwrap_err(),
        SealError::Closed
    );
}

#[test]
fn g3_a_wrapped_key_opens_for_its_owner_only_and_not_when_changed() {
    let env = fixed_env(2);
    let ring = Keyring::new(RootKey::generate(&env), []);
    let (org, other) = (OrgKey::generate(&env), OrgKey::generate(&env));
    let (mine, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));

    let wrapped = ring.wrap(&org, mine, &env).unwrap();
    assert_eq!(
        ring.unwrap(&wrapped, &ring.current_id(), theirs)
            .unwrap_err(),
        SealError::Closed
    );

    let person = PersonKey::generate(&env);
    let data = org.wrap(&person, mine, &env).unwrap();
    assert_eq!(org.unwrap(&data, mine).unwrap().0.0, person.0.0);
    assert_eq!(org.unwrap(&data, theirs).unwrap_err(), SealError::Closed);
    assert_eq!(other.unwrap(&data, mine).unwrap_err(), SealError::Closed);
    for at in 0..data.len() {
        let mut changed = data.clone();
        changed[at] ^= 1;
        assert_eq!(
            org.unwrap(&changed, mine).unwrap_err(),
            SealError::Closed,
            "byte {at}"
        );
        assert_eq!(
            org.unwrap(&data[..at], mine).unwrap_err(),
            SealError::Closed,
            "first {at} bytes"
        );
    }
}

#[test]
fn a_wrapped_organisation_key_is_not_taken_for_a_data_key() {
    let env = fixed_env(2);
    let root = RootKey::generate(&env);
    let owner = Uuid::from_u128(1);
    let wrapped = Keyring::new(root.clone(), [])
        .wrap(&OrgKey::generate(&env), owner, &env)
        .unwrap();
    assert_eq!(
        OrgKey(root.0).unwrap(&wrapped, owner).unwrap_err(),
        SealError::Closed
    );
}

#[test]
fn wrapping_twice_looks_different() {
    let env = fixed_env(4);
    let (org, person, owner) = (
        OrgKey::generate(&env),
        PersonKey::generate(&env),
        Uuid::from_u128(1),
    );
    assert_ne!(
        org.wrap(&person, owner, &env).unwrap(),
        org.wrap(&person, owner, &env).unwrap()
    );
}

#[test]
fn keys_for_different_purposes_differ() {
    let root = counted();
    assert_ne!(root.derive("a"), root.derive("b"));
    assert_ne!(&root.derive("a"), root.expose());
    assert_ne!(
        root.derive("a"),
        RootKey::generate(&fixed_env(1)).derive("a")
    );
}

#[test]
fn no_key_shows_itself() {
    let env = fixed_env(1);
    let (root, org, person) = (counted(), OrgKey::generate(&env), PersonKey::generate(&env));
    let ring = Keyring::new(root.clone(), []);
    let shown = format!(
        "{root:?} {org:?} {person:?} {:?} {ring:?}",
        org.blind_key("name")
    );
    assert!(
        shown.starts_with("RootKey(492ee6cec92f) OrgKey(..) PersonKey(..) BlindKey(..) Keyring"),
        "{shown}"
    );
    assert!(
        !shown.contains("AAECAw") && !shown.contains("1, 2, 3"),
        "{shown}"
    );
}

#[test]
fn destroying_a_persons_key_leaves_nothing_that_opens_their_words() {
    let env = fixed_env(8);
    let here = Place {
        table: "statement",
        column: "words",
        row: Uuid::from_u128(1),
    };
    let sealed =
        Sealed::seal(&"words".to_owned(), &PersonKey::generate(&env), &here, &env).unwrap();
    assert_eq!(
        sealed.open(&PersonKey::generate(&env), &here),
        Err(SealError::Closed)
    );
}
