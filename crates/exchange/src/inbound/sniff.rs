//! What a file is, from its first bytes.

use std::io::SeekFrom;

use super::{ReadError, Source};

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Open Referral UK 1.
    OrukV1,
    /// Open Referral UK 3 / HSDS 3.
    OrukV3,
    /// Outpost, as Buckinghamshire runs it: close to version 1 with names of its own.
    Outpost,
    /// HSDS 1.1 or 3 tables.
    HsdsTabular,
}

impl Format {
    /// Name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrukV1 => "Open Referral UK 1",
            Self::OrukV3 => "Open Referral UK 3",
            Self::Outpost => "Outpost",
            Self::HsdsTabular => "HSDS tables",
        }
    }
}

/// A kind of file that may hold a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON.
    Json,
    /// A zip.
    Zip,
}

/// Looks at the first bytes and goes back to the start. Errors say what the file is instead.
pub fn sniff(source: &mut dyn Source) -> Result<Kind, ReadError> {
    let mut start = [0_u8; 512];
    let mut filled = 0;
    while let Some(rest) = start.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ReadError::Reading(error.kind())),
        }
    }
    source
        .seek(SeekFrom::Start(0))
        .map_err(|error| ReadError::Reading(error.kind()))?;
    kind_of(start.get(..filled).unwrap_or_default())
}

fn kind_of(start: &[u8]) -> Result<Kind, ReadError> {
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Zip);
    }
    if start.starts_with(&[0xff, 0xfe])
        || start.starts_with(&[0xfe, 0xff])
        || start.get(..4).is_some_and(|four| four.contains(&0))
    {
        return Err(ReadError::NotUtf8("The file".to_owned()));
    }
    for (magic, what) in [
        (&b"%PDF"[..], "a PDF"),
        (&b"\x1f\x8b"[..], "a gzip file"),
        (&b"SQLite format 3"[..], "a database"),
        (&b"\x89PNG"[..], "a picture"),
    ] {
        if start.starts_with(magic) {
            return Err(ReadError::NotADirectory(what));
        }
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(ReadError::Empty),
        Some(b'{' | b'[') => Ok(Kind::Json),
        Some(b'<') => Err(ReadError::NotADirectory("a web page")),
        Some(_) => {
            let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let is_table = first_line
                .iter()
                .filter(|byte| matches!(byte, b',' | b'\t' | b';'))
                .count()
                >= 2;
            Err(ReadError::NotADirectory(if is_table {
                "a single table (CSV)"
            } else {
                "neither JSON nor a zip"
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        assert_eq!(kind_of(b" [{\"id\""), Ok(Kind::Json));
        assert_eq!(kind_of(b"\xef\xbb\xbf{}"), Ok(Kind::Json));
        assert_eq!(kind_of(b"PK\x03\x04..."), Ok(Kind::Zip));
        assert_eq!(kind_of(b""), Err(ReadError::Empty));
        assert_eq!(kind_of(b"  \n"), Err(ReadError::Empty));
        assert_eq!(
            kind_of(b"<!doctype html>"),
            Err(ReadError::NotADirectory("a web page"))
        );
        assert_eq!(
            kind_of(b"Date,Amount,Payee\n1,2,3"),
            Err(ReadError::NotADirectory("a single table (CSV)"))
        );
        assert_eq!(
            kind_of(b"hello"),
            Err(ReadError::NotADirectory("neither JSON nor a zip"))
        );
        assert!(matches!(
            kind_of(b"\xff\xfe[\0"),
            Err(ReadError::NotUtf8(_))
        ));
        assert!(matches!(kind_of(b"[\0{\0"), Err(ReadError::NotUtf8(_))));
    }
}
