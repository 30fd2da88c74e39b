use proptest::prelude::*;

use super::*;
use crate::{fixed_env, merkle};

fn root_key() -> RootKey {
    RootKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()))
}

fn signer() -> Signer {
    Signer::from_root(&root_key(), "help.example/log").unwrap()
}

fn one_entry() -> Checkpoint {
    Checkpoint {
        origin: "help.example/log".into(),
        size: 1,
        root: merkle::leaf_hash(b"entry"),
    }
}

/// Computed outside this program with HKDF, SHA-256 and Ed25519 from the specifications.
const GOLDEN: &str = "help.example/log\n1\n2cLWa1IsJSJyj1Of+fZ7hdQN7/8JX8ilKMmU9PNbs94=\n\n\
    — help.example/log CLXCyVWg01TSKN74HBD1BFhGVkJ2tk6LYj08df1hCYilXtFyW45Dv+XMq5QFtx77PFuYogwtB4k4Ce1z+LfT64iJsg8=\n";
const GOLDEN_KEY: &str = "help.example/log+08b5c2c9+Aam0jb9FpNyfl/mmwgbC1MV7LL9AI8EBbhAC5LG9kg61";

// The published vector of the signed-note format.
const PETER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn the_published_signed_note_is_signed_byte_for_byte() {
    let seed = STANDARD.decode(PETER_SEED).unwrap();
    let peter = Signer::from_seed(seed[1..].try_into().unwrap(), "PeterNeumann").unwrap();
    assert_eq!(peter.verifier().to_text(), PETER_KEY);
    assert_eq!(peter.line(PETER_TEXT).to_line(), PETER_LINE);
    let note = format!("{PETER_TEXT}\n{PETER_LINE}");
    let (text, lines) = split(&note).unwrap();
    assert_eq!(text, PETER_TEXT);
    assert_eq!(
        Verifier::from_text(PETER_KEY).unwrap().check(text, &lines),
        Ok(())
    );
}

#[test]
fn a_signed_note_that_is_no_checkpoint_is_refused() {
    let note = format!("{PETER_TEXT}\n{PETER_LINE}");
    let peter = Verifier::from_text(PETER_KEY).unwrap();
    assert_eq!(verify(&note, &peter), Err(CheckpointError::Malformed));
}

#[test]
fn a_checkpoint_and_its_key_are_written_as_the_specifications_say() {
    assert_eq!(sign(&one_entry(), &signer()).unwrap(), GOLDEN);
    assert_eq!(signer().verifier().to_text(), GOLDEN_KEY);
    assert_eq!(
        verify(GOLDEN, &Verifier::from_text(GOLDEN_KEY).unwrap()),
        Ok(one_entry())
    );
}

#[test]
fn the_example_of_the_specification_is_read() {
    let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let read = parse(note).unwrap();
    assert_eq!(
        (read.claimed.origin.as_str(), read.claimed.size),
        ("example.com/behind-the-sofa", 20_852_163)
    );
    assert_eq!(read.signatures[0].key_hash, [0x03, 0x3d, 0xe0, 0xae]);
    assert_eq!(
        verify(note, &signer().verifier()),
        Err(CheckpointError::Unsigned)
    );
}

#[test]
fn no_byte_of_a_checkpoint_can_be_changed_removed_or_added() {
    let key = signer().verifier();
    for at in 0..GOLDEN.len() {
        for bit in 0..8 {
            let mut bytes = GOLDEN.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            // What is not UTF-8 cannot even be asked about.
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(verify(&text, &key).is_err(), "byte {at}, bit {bit}: {text}");
            }
        }
        let mut bytes = GOLDEN.as_bytes().to_vec();
        bytes.remove(at);
        if let Ok(text) = String::from_utf8(bytes) {
            assert!(verify(&text, &key).is_err(), "without byte {at}");
        }
        for more in ["\n", "0", " ", "=", "\r"] {
            if GOLDEN.is_char_boundary(at) {
                let text = format!("{}{more}{}", &GOLDEN[..at], &GOLDEN[at..]);
                assert!(verify(&text, &key).is_err(), "{more:?} at {at}");
            }
        }
    }
}

#[test]
fn cosignatures_of_unknown_keys_are_kept_and_do_no_harm() {
    let witness = Signer::from_root(&RootKey::generate(&fixed_env(9)), "witness.example").unwrap();
    let (text, _) = split(GOLDEN).unwrap();
    let strange = SignatureLine {
        name: "later.example".into(),
        key_hash: [1, 2, 3, 4],
        signature: vec![7; 2420],
    };
    let both = format!(
        "{GOLDEN}{}{}",
        strange.to_line(),
        witness.line(text).to_line()
    );
    assert_eq!(verify(&both, &signer().verifier()), Ok(one_entry()));
    assert_eq!(verify(&both, &witness.verifier()), Ok(one_entry()));
    let read = parse(&both).unwrap();
    assert_eq!(read.signatures.len(), 3);
    assert_eq!(read.signatures[1], strange);
}

#[test]
fn another_key_of_the_same_name_is_unknown_and_not_an_error_of_its_own() {
    let other = Signer::from_root(&RootKey::generate(&fixed_env(2)), "help.example/log").unwrap();
    assert_eq!(
        verify(GOLDEN, &other.verifier()),
        Err(CheckpointError::Unsigned)
    );
    let (text, _) = split(GOLDEN).unwrap();
    let both = format!("{GOLDEN}{}", other.line(text).to_line());
    assert_eq!(verify(&both, &signer().verifier()), Ok(one_entry()));
}

#[test]
fn one_false_signature_by_the_known_key_spoils_the_note() {
    let mut line = signer().line(split(GOLDEN).unwrap().0);
    line.signature[5] ^= 1;
    assert_eq!(
        verify(&format!("{GOLDEN}{}", line.to_line()), &signer().verifier()),
        Err(CheckpointError::False)
    );
    line.signature.truncate(20);
    assert_eq!(
        verify(&format!("{GOLDEN}{}", line.to_line()), &signer().verifier()),
        Err(CheckpointError::False)
    );
}

#[test]
fn a_signature_does_not_serve_another_checkpoint() {
    let bigger = sign(
        &Checkpoint {
            size: 2,
            ..one_entry()
        },
        &signer(),
    )
    .unwrap();
    let (text, _) = split(&bigger).unwrap();
    let (_, lines) = split(GOLDEN).unwrap();
    assert_eq!(
        verify(
            &format!("{text}\n{}", lines[0].to_line()),
            &signer().verifier()
        ),
        Err(CheckpointError::False)
    );
}

#[test]
fn a_size_has_one_spelling_and_a_root_one_length() {
    let line = signer().line("x").to_line();
    let root = STANDARD.encode([7; 32]);
    let says = |text: String| parse(&format!("{text}\n{line}")).map(|read| read.claimed.size);
    assert_eq!(says(format!("log\n0\n{root}\n")), Ok(0));
    assert_eq!(says(format!("log\n{}\n{root}\n", u64::MAX)), Ok(u64::MAX));
    for size in [
        "",
        "00",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "18446744073709551616",
        "one",
    ] {
        assert_eq!(
            says(format!("log\n{size}\n{root}\n")),
            Err(CheckpointError::Malformed),
            "{size:?}"
        );
    }
    for root in [
        STANDARD.encode([7; 31]),
        STANDARD.encode([7; 33]),
        String::new(),
        root.replace('=', ""),
    ] {
        assert_eq!(
            says(format!("log\n1\n{root}\n")),
            Err(CheckpointError::Malformed),
            "{root:?}"
        );
    }
    assert_eq!(
        says(format!("\n1\n{root}\n")),
        Err(CheckpointError::Malformed)
    );
    assert_eq!(
        says(format!("log\n1\n{root}\nmore\n")),
        Ok(1),
        "extension lines are allowed"
    );
    assert_eq!(
        says(format!("log\n1\n{root}\n\nmore\n")),
        Err(CheckpointError::Malformed)
    );
}

#[test]
fn an_origin_cannot_smuggle_in_lines_and_a_key_name_no_spaces() {
    for origin in ["", "log\n5", "log\r", "log\t"] {
        let bad = Checkpoint {
            origin: origin.into(),
            ..one_entry()
        };
        assert_eq!(
            sign(&bad, &signer()),
            Err(CheckpointError::Name),
            "{origin:?}"
        );
    }
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{7f}"] {
        assert_eq!(
            Signer::from_root(&root_key(), name).unwrap_err(),
            CheckpointError::Name,
            "{name:?}"
        );
    }
}

#[test]
fn a_damaged_verifier_key_is_refused() {
    for at in 0..GOLDEN_KEY.len() {
        let mut bytes = GOLDEN_KEY.as_bytes().to_vec();
        bytes[at] ^= 1;
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            Verifier::from_text(&text),
            Err(CheckpointError::Key),
            "{text}"
        );
        assert_eq!(
            Verifier::from_text(&GOLDEN_KEY[..at]),
            Err(CheckpointError::Key)
        );
    }
    assert_eq!(
        Verifier::from_text(&GOLDEN_KEY.replace("08b5c2c9", "08B5C2C9")),
        Err(CheckpointError::Key)
    );
    // Well formed with fitting hashes, but too long and of an unknown type.
    assert!(
        Verifier::from_text(
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
        )
        .is_err()
    );
    assert!(
        Verifier::from_text("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            .is_err()
    );
}

#[test]
fn a_key_that_anyone_could_sign_for_is_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    let weak = Verifier {
        name: "weak".into(),
        key: VerifyingKey::from_bytes(&one).unwrap(),
    };
    assert_eq!(
        Verifier::from_text(&weak.to_text()),
        Err(CheckpointError::Key)
    );
}

#[test]
fn a_signer_shows_its_name_and_no_key() {
    assert_eq!(format!("{:?}", signer()), "Signer(help.example/log)");
}

#[test]
fn a_note_too_long_to_be_true_is_refused() {
    assert_eq!(
        parse(&format!("{}{GOLDEN}", "x".repeat(LONGEST))),
        Err(CheckpointError::Malformed)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_signed_verifies_and_says_the_same(origin in "[^\\p{C}\n]{1,40}", size: u64, root: [u8; 32]) {
        let said = Checkpoint { origin, size, root };
        let note = sign(&said, &signer()).unwrap();
        prop_assert_eq!(verify(&note, &signer().verifier()), Ok(said.clone()));
        prop_assert_eq!(parse(&note).unwrap().claimed, said);
    }

    #[test]
    fn no_text_breaks_the_reader(note in "\\PC{0,60}(\n|\n\n|— )\\PC{0,60}\n?") {
        let _ = parse(&note);
        let _ = Verifier::from_text(&note);
    }
}
