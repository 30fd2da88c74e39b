//! The files a page needs: style, script, icon. They are built into the binary and served by this service alone.
//!
//! The address holds a hash of all of them, so a browser may keep them for ever and a new build is seen at once.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

#[derive(rust_embed::RustEmbed)]
#[folder = "assets"]
struct Own;

#[derive(rust_embed::RustEmbed)]
#[folder = "vendor/govuk-frontend/dist"]
struct Govuk;

#[derive(rust_embed::RustEmbed)]
#[folder = "vendor/moj-frontend/dist"]
struct Moj;

/// Every file with its name.
fn all() -> impl Iterator<Item = (Cow<'static, str>, rust_embed::EmbeddedFile)> {
    let own = Own::iter().filter_map(|name| Own::get(&name).map(|file| (name, file)));
    let govuk = Govuk::iter().filter_map(|name| Govuk::get(&name).map(|file| (name, file)));
    let moj = Moj::iter().filter_map(|name| Moj::get(&name).map(|file| (name, file)));
    own.chain(govuk).chain(moj)
}

/// A file, ready to send. Send it with `Cache-Control: public, max-age=31536000, immutable` and `nosniff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// What it holds.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
}

/// The first part of every address: `/assets/<hash>`.
pub fn base() -> &'static str {
    &BASE
}

static BASE: LazyLock<String> = LazyLock::new(|| {
    // The hashes of the files, folded into one: order does not matter and every file counts.
    let mut folded = [0u8; 8];
    for (_, file) in all() {
        for (slot, byte) in folded.iter_mut().zip(file.metadata.sha256_hash()) {
            *slot ^= byte;
        }
    }
    let mut out = String::from("/assets/");
    for byte in folded {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
});

/// The address of a file: `href("app.css")`.
pub fn href(name: &str) -> String {
    format!("{}/{name}", base())
}

/// The file at an address under `/assets/`, given what follows it (`<hash>/app.css`). An old hash is not found, so a
/// page left open over an upgrade asks again instead of mixing two builds.
pub fn find(rest: &str) -> Option<Asset> {
    let name = rest
        .strip_prefix(base().strip_prefix("/assets/")?)?
        .strip_prefix('/')?;
    let file = Own::get(name)
        .or_else(|| Govuk::get(name))
        .or_else(|| Moj::get(name))?;
    Some(Asset {
        bytes: file.data,
        content_type: content_type(name)?,
    })
}

/// Every file that [`find`] can find.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = all().map(|(name, _)| name.into_owned()).collect();
    names.sort();
    names
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_at_its_address_and_nowhere_else() {
        let names = names();
        for expected in [
            "app.css",
            "app.js",
            "icon.svg",
            "govuk-frontend.min.css",
            "govuk-frontend.min.js",
        ] {
            assert!(
                names.contains(&expected.to_owned()),
                "{expected} is not among {names:?}"
            );
        }
        for name in names {
            let address = href(&name);
            let found = find(address.strip_prefix("/assets/").unwrap()).unwrap();
            assert!(!found.bytes.is_empty());
        }
        assert_eq!(find("0000000000000000/app.css"), None);
        assert_eq!(find("app.css"), None);
        assert_eq!(find(""), None);
        let base = base().strip_prefix("/assets/").unwrap();
        assert_eq!(find(&format!("{base}/../Cargo.toml")), None);
        assert_eq!(find(&format!("{base}/MANIFEST.json")), None);
    }
}
