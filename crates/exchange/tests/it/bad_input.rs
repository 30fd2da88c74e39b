//! Bad input: one clear sentence, no panic, bounded memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests on bytes made here"
)]

use crate::common;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use crate::common::{bytes, collect, sample_bytes};
use throughline_exchange::inbound::{Input, Limits, Options, ReadError, Stop, read};

/// So many of one byte, without holding them.
struct Endless {
    byte: u8,
    left: u64,
    size: u64,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let given = out
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        out[..given].fill(self.byte);
        self.left -= given as u64;
        Ok(given)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let SeekFrom::Start(at) = to else {
            return Ok(self.size);
        };
        self.left = self.size - at;
        Ok(at)
    }
}

#[test]
fn a_gigabyte_of_brackets_is_refused_at_once() {
    for byte in *b"[{" {
        let size = 1 << 30;
        let source = Endless {
            byte,
            left: size,
            size,
        };
        let error = collect(Input::File(Box::new(source)), &Options::new("test")).unwrap_err();
        assert!(
            matches!(error, ReadError::TooDeep | ReadError::NotJson { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn brackets_in_a_field_nobody_asked_for_are_refused_too() {
    let text = format!("{{\"total_pages\":{}", "[".repeat(10_000_000));
    assert_eq!(bytes(text).unwrap_err(), ReadError::TooDeep);
    let text = format!(
        "[{{\"id\":\"1\",\"name\":\"A\",\"x\":{}",
        "{\"a\":".repeat(1_000_000)
    );
    assert_eq!(bytes(text).unwrap_err(), ReadError::TooDeep);
}

#[test]
fn a_row_without_end_is_refused_at_its_limit() {
    let text = format!("[{{\"id\":\"1\",\"name\":\"{}\"}}]", "a".repeat(5 << 20));
    assert!(matches!(
        bytes(text).unwrap_err(),
        ReadError::RowTooLarge { .. }
    ));
}

#[test]
fn more_than_the_limit_in_all_is_refused() {
    let mut options = Options::new("test");
    options.limits = Limits {
        total_bytes: 100_000,
        rows: 10,
        ..Limits::default()
    };
    let row = r#"{"id":"1","name":"A"},"#.repeat(10_000);
    let error = collect(
        Input::File(Box::new(Cursor::new(format!("[{row}")))),
        &options,
    )
    .unwrap_err();
    assert!(
        matches!(error, ReadError::TooLarge(_) | ReadError::TooManyRows(_)),
        "{error:?}"
    );
}

#[test]
fn every_truncation_of_a_good_file_is_an_error() {
    let good = sample_bytes("oruk-v1.json");
    let end = good.iter().rposition(|byte| *byte == b'}').unwrap();
    for cut in (0..=end).step_by(37) {
        let error = bytes(&good[..cut]).unwrap_err();
        assert!(
            matches!(
                error,
                ReadError::Truncated | ReadError::Empty | ReadError::NotADirectory(_)
            ),
            "{cut}: {error:?}"
        );
    }
}

#[test]
fn what_is_not_a_directory_is_named() {
    for (text, expected) in [
        ("", ReadError::Empty),
        ("<html></html>", ReadError::NotADirectory("a web page")),
        (
            "Date,Amount,Payee\n1,2,3\n",
            ReadError::NotADirectory("a single table (CSV)"),
        ),
        (
            "hello there",
            ReadError::NotADirectory("neither JSON nor a zip"),
        ),
        (
            "{\"a\":1}",
            ReadError::NotADirectory("JSON, but not a list of services"),
        ),
        (
            "[1,2,3]",
            ReadError::NotADirectory("JSON, but not a list of services"),
        ),
        (
            "{\"error\":\"not found\",\"status\":404}",
            ReadError::NotADirectory("JSON, but not a list of services"),
        ),
    ] {
        assert_eq!(bytes(text).unwrap_err(), expected, "{text}");
    }
    assert!(matches!(
        bytes("[{\"id\":1,}]").unwrap_err(),
        ReadError::NotJson { line: 1, .. }
    ));
    assert!(matches!(
        bytes("[] trailing").unwrap_err(),
        ReadError::NotJson { .. }
    ));
}

#[test]
fn other_encodings_are_named() {
    assert!(matches!(
        bytes(b"[{\"id\":\"1\",\"name\":\"Caf\xe9 advice\"}]".to_vec()).unwrap_err(),
        ReadError::NotUtf8(_)
    ));
    let utf16: Vec<u8> = "[{\"id\":1}]"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(matches!(bytes(utf16).unwrap_err(), ReadError::NotUtf8(_)));
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_of_tables_is_read_wherever_they_lie_in_it() {
    let services = b"id,name,description,url\n1,Advice,Good,https://a.example\n";
    let zip = zip_of(&[
        ("package/data/services.csv", services),
        ("package/notes.txt", b"x"),
        ("__MACOSX/services.csv", b"junk"),
    ]);
    assert_eq!(bytes(zip).unwrap().summary.entries, 1);
}

#[test]
fn a_zip_bomb_is_not_opened() {
    let zeros = vec![b'a'; 64 << 20];
    let bomb = zip_of(&[("services.csv", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(bytes(bomb).unwrap_err(), ReadError::ZipBomb);
}

#[test]
fn broken_empty_and_crowded_zips_are_named() {
    let good = zip_of(&[("services.csv", b"id,name,url\n1,A,x\n")]);
    assert_eq!(
        bytes(&good[..good.len() / 2]).unwrap_err(),
        ReadError::BrokenZip
    );
    assert_eq!(
        bytes(zip_of(&[("readme.txt", b"x")])).unwrap_err(),
        ReadError::NoServices
    );
    let names: Vec<String> = (0..300).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &b"x"[..]))
        .collect();
    assert_eq!(
        bytes(zip_of(&many)).unwrap_err(),
        ReadError::TooManyFiles(200)
    );
}

fn package(files: &[(&str, &[u8])]) -> Result<common::Reading, ReadError> {
    let files: BTreeMap<String, Box<dyn Read>> = files
        .iter()
        .map(|(name, bytes)| {
            (
                (*name).to_owned(),
                Box::new(Cursor::new(bytes.to_vec())) as Box<dyn Read>,
            )
        })
        .collect();
    collect(Input::Folder(files), &Options::new("test"))
}

#[test]
fn somebody_elses_tables_are_named() {
    let bank: &[u8] = b"Date,Amount,Payee\n1,2,3\n";
    assert_eq!(
        package(&[("statement.csv", bank)]).unwrap_err(),
        ReadError::NoServices
    );
    assert_eq!(
        package(&[("services.csv", bank)]).unwrap_err(),
        ReadError::NotATable {
            file: "services.csv".into(),
            column: "id"
        }
    );
    let people: &[u8] = b"id,name,shoe size\n1,Pat,7\n";
    assert!(matches!(
        package(&[("services.csv", people)]).unwrap_err(),
        ReadError::NotATable { .. }
    ));
    assert!(matches!(
        package(&[("services.csv", b"id,name,url\n1,Caf\xe9,x\n")]).unwrap_err(),
        ReadError::NotUtf8(_)
    ));
    assert!(package(&[]).is_err());
}

#[test]
fn a_caller_that_stops_is_obeyed() {
    let feed = br#"[{"id":"1","name":"A"},{"id":"2","name":"B"}]"#;
    let mut seen = 0;
    let result = read(
        Input::File(Box::new(Cursor::new(feed))),
        &Options::new("test"),
        &mut |_| {
            seen += 1;
            Err(Stop)
        },
    );
    assert_eq!((result.unwrap_err(), seen), (ReadError::Stopped, 1));
}

#[test]
fn g6_every_error_is_one_sentence_without_the_input() {
    for error in [
        bytes("{\"canary\":1}").unwrap_err(),
        bytes("canary,canary,canary").unwrap_err(),
        bytes("[canary]").unwrap_err(),
        bytes("{").unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            text.ends_with('.') && !text.contains("canary") && !text.contains('\n'),
            "{text}"
        );
    }
}
