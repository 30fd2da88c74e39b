//! `vendor-assets`: fetches GOV.UK Frontend and the MOJ components once, with npm, and keeps only what the pages use.
//!
//! What it writes, all of it committed, is below `crates/ui/vendor/`: the compiled style and script, the examples that
//! prove our components, and `MANIFEST.json` saying where each file came from, its hash, and what was changed in it.
//! Licences are beside them as texts (the npm packages carry none). `cargo build` reads the result and never runs npm.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What is fetched. Raise a version here, run the chore, look at the differences, run the tests of `throughline-ui`.
const PACKAGES: [(&str, &str); 2] = [
    ("govuk-frontend", "6"),
    ("@ministryofjustice/frontend", "11"),
];

/// The components whose examples prove ours. Not here, on purpose: `header` and `footer` (every example carries marks
/// only government services may show; the layout has its own), `cookie-banner` (there are no optional cookies),
/// `feedback`, `file-upload` and `accordion` (not used).
const COMPONENTS: [&str; 33] = [
    "back-link",
    "breadcrumbs",
    "button",
    "character-count",
    "checkboxes",
    "date-input",
    "details",
    "error-message",
    "error-summary",
    "exit-this-page",
    "fieldset",
    "generic-header",
    "hint",
    "input",
    "inset-text",
    "label",
    "language-navigation",
    "notification-banner",
    "pagination",
    "panel",
    "password-input",
    "phase-banner",
    "radios",
    "select",
    "service-navigation",
    "skip-link",
    "summary-list",
    "table",
    "tabs",
    "tag",
    "task-list",
    "textarea",
    "warning-text",
];

/// Blocks of style for components that are not used: rules for them are left out.
const UNUSED_BLOCKS: [&str; 7] = [
    ".govuk-accordion",
    ".govuk-cookie-banner",
    ".govuk-feedback",
    ".govuk-file-upload",
    ".govuk-footer",
    ".govuk-header",
    ".govuk-logo",
];

/// The MOJ blocks that are used: only rules for these are kept.
const MOJ_BLOCKS: [&str; 3] = [".moj-identity-bar", ".moj-sub-navigation", ".moj-timeline"];

/// Runs the chore.
pub fn run(_args: &[String]) -> Result<(), String> {
    let work = std::env::temp_dir().join(format!("vendor-assets-{}", std::process::id()));
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    let outcome = vendor(&work);
    // The folder is only a copy of what npm holds; leaving it behind would do no harm.
    let _left_behind = fs::remove_dir_all(&work);
    outcome
}

fn vendor(work: &Path) -> Result<(), String> {
    let out = crate::root().join("crates/ui/vendor");
    let mut packages = Vec::new();
    for (name, version) in PACKAGES {
        let (folder, about) = fetch(work, name, version)?;
        let files = if name == "govuk-frontend" {
            govuk(&folder, &out)?
        } else {
            moj(&folder, &out)?
        };
        crate::say(&format!("{name} {}: {} files", about.version, files.len()))?;
        packages.push(json!({
            "name": name,
            "version": about.version,
            "licence": about.licence,
            "source": about.source,
            "integrity": about.integrity,
            "files": files,
        }));
    }
    let manifest =
        json!({ "made_by": "cargo run -p xtask -- vendor-assets", "packages": packages });
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| e.to_string())?;
    write(&out.join("MANIFEST.json"), &format!("{text}\n"))
}

/// What npm says of a package.
struct About {
    version: String,
    licence: String,
    source: String,
    integrity: String,
}

/// The text of a field; an empty one is not worth going on with.
fn field(of: &Value, key: &str) -> Result<String, String> {
    of.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| format!("npm did not say the {key} of the package"))
}

/// Packs and unpacks one npm package; returns its folder and what npm says of it.
fn fetch(work: &Path, name: &str, version: &str) -> Result<(PathBuf, About), String> {
    let spec = format!("{name}@{version}");
    let said = run_in(work, "npm", &["pack", "--json", &spec])?;
    let said: Value = serde_json::from_str(&said).map_err(|e| format!("npm pack {spec}: {e}"))?;
    // npm answers with a list, or since version 11 sometimes with a map by name.
    let entry = said
        .get(0)
        .or_else(|| said.as_object().and_then(|map| map.values().next()))
        .ok_or_else(|| format!("npm pack {spec} said nothing"))?;
    let folder = work.join(name.replace('/', "-"));
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let folder_text = folder.display().to_string();
    run_in(
        work,
        "tar",
        &[
            "-xzf",
            &field(entry, "filename")?,
            "-C",
            &folder_text,
            "--strip-components=1",
        ],
    )?;
    let package = read(&folder.join("package.json"))?;
    let package: Value = serde_json::from_str(&package).map_err(|e| e.to_string())?;
    let short = name.rsplit('/').next().unwrap_or(name);
    let version = field(&package, "version")?;
    let about = About {
        source: format!("https://registry.npmjs.org/{name}/-/{short}-{version}.tgz"),
        version,
        licence: field(&package, "license")?,
        integrity: field(entry, "integrity")?,
    };
    Ok((folder, about))
}

fn govuk(folder: &Path, out: &Path) -> Result<Vec<Value>, String> {
    let dist = folder.join("dist/govuk");
    let css = read(&dist.join("govuk-frontend.min.css"))?;
    let css = neutral(&css, |selector| {
        !UNUSED_BLOCKS.iter().any(|block| mentions(selector, block))
    });
    let js = read(&dist.join("govuk-frontend.min.js"))?;
    let js = js
        .split("//# sourceMappingURL")
        .next()
        .unwrap_or(&js)
        .trim();
    let mut files = vec![
        keep(
            out,
            "govuk-frontend/dist/govuk-frontend.min.css",
            "dist/govuk/govuk-frontend.min.css",
            &format!("{css}\n"),
            "fonts replaced by Helvetica and Arial; font faces, pictures, unused components and source map left out",
        )?,
        keep(
            out,
            "govuk-frontend/dist/govuk-frontend.min.js",
            "dist/govuk/govuk-frontend.min.js",
            &format!("{js}\n"),
            "source map left out",
        )?,
    ];
    for component in COMPONENTS {
        let from = format!("dist/govuk/components/{component}/fixtures.json");
        let text = read(&folder.join(&from))?;
        let to = format!("govuk-frontend/fixtures/{component}.json");
        files.push(keep(out, &to, &from, &text, "nothing")?);
    }
    Ok(files)
}

fn moj(folder: &Path, out: &Path) -> Result<Vec<Value>, String> {
    let css = read(&folder.join("moj/moj-frontend.min.css"))?;
    let css = neutral(&css, |selector| {
        let pictures = selector.contains("__document");
        !pictures && MOJ_BLOCKS.iter().any(|block| mentions(selector, block))
    });
    Ok(vec![keep(
        out,
        "moj-frontend/dist/moj-frontend.min.css",
        "moj/moj-frontend.min.css",
        &format!("{css}\n"),
        "only the identity bar, sub-navigation and timeline; fonts replaced by Helvetica and Arial",
    )?])
}

/// Does a selector speak of a block: the class itself, or one of its parts (`__part`, `--kind`)?
fn mentions(selector: &str, block: &str) -> bool {
    selector.match_indices(block).any(|(at, _)| {
        let rest = selector.get(at + block.len()..).unwrap_or_default();
        let next = rest.chars().next();
        rest.starts_with("__")
            || rest.starts_with("--")
            || !next.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    })
}

/// The style without what a neutral service may not or need not show.
fn neutral(css: &str, wanted: impl Fn(&str) -> bool + Copy) -> String {
    let css = css.split("/*# sourceMappingURL").next().unwrap_or(css);
    purge(
        &without_comments(css.trim_start_matches('\u{feff}')),
        wanted,
    )
    .replace("\"GDS Transport\"", "Helvetica")
    .replace("GDS Transport", "Helvetica")
    .replace("Helvetica,arial,sans-serif", "Helvetica,Arial,sans-serif")
}

/// The style without its comments (one of them speaks of a font that is not here).
fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, next)| next);
    }
    out.push_str(rest);
    out
}

/// Leaves out font faces and every selector that is not wanted, and what is empty after that.
fn purge(css: &str, wanted: impl Fn(&str) -> bool + Copy) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((prelude, after)) = split_at_any(rest, &['{', ';']) {
        let prelude_text = prelude.trim();
        if after.starts_with(';') {
            // A statement such as `@charset` or `@import`; an import would load something else, so it goes.
            if prelude_text.starts_with("@charset") {
                out.push_str(prelude_text);
                out.push(';');
            }
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let (body, next) = block(after);
        rest = next;
        if prelude_text.starts_with("@font-face") {
            continue;
        }
        let group = ["@media", "@supports", "@layer", "@container"]
            .iter()
            .any(|name| prelude_text.starts_with(name));
        let (kept, body) = if group {
            (prelude_text.to_owned(), purge(body, wanted))
        } else if prelude_text.starts_with('@') {
            (prelude_text.to_owned(), body.to_owned())
        } else {
            let selectors = split_selectors(prelude_text);
            let kept: Vec<&str> = selectors.into_iter().filter(|one| wanted(one)).collect();
            (kept.join(","), body.to_owned())
        };
        if !kept.is_empty() && !body.is_empty() {
            out.push_str(&format_rule(&kept, &body));
        }
    }
    out
}

fn format_rule(prelude: &str, body: &str) -> String {
    format!("{prelude}{{{body}}}")
}

/// Text before the first of some characters outside quotes, and the text from it on.
fn split_at_any<'a>(text: &'a str, stops: &[char]) -> Option<(&'a str, &'a str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if stops.contains(&c) => return text.split_at_checked(at),
            _ => {}
        }
    }
    None
}

/// The inside of the block that `text` begins with, and what follows it.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let inside = text.get(1..at).unwrap_or_default();
                    return (inside, text.get(at + 1..).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    (text.get(1..).unwrap_or_default(), "")
}

/// The selectors of a rule: split at commas that are not inside brackets.
fn split_selectors(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                out.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(text.get(start..).unwrap_or_default().trim());
    out
}

/// Writes one file and returns its line of the manifest.
fn keep(out: &Path, to: &str, from: &str, text: &str, changed: &str) -> Result<Value, String> {
    write(&out.join(to), text)?;
    let hash = Sha256::digest(text.as_bytes());
    let mut hex = String::new();
    for byte in hash {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(json!({ "path": to, "from": from, "sha256": hex, "changed": changed }))
}

fn run_in(folder: &Path, program: &str, args: &[&str]) -> Result<String, String> {
    let done = Command::new(program)
        .args(args)
        .current_dir(folder)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if !done.status.success() {
        return Err(format!(
            "{program} {}: {}",
            args.join(" "),
            String::from_utf8_lossy(&done.stderr)
        ));
    }
    String::from_utf8(done.stdout).map_err(|e| format!("{program}: {e}"))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_blocks_go_and_the_rest_stays_even_inside_media() {
        let css = "@charset \"utf-8\";/* {x */@font-face{src:url(x)}.a,.govuk-header__logo{b:c}.govuk-header{d:e}\
                   @media print{.govuk-footer{f:g}}@media (min-width:1em){.a:not(.x,.y),.govuk-header--z{content:\"}\"}}";
        let left = neutral(css, |s| !UNUSED_BLOCKS.iter().any(|b| mentions(s, b)));
        assert_eq!(
            left,
            "@charset \"utf-8\";.a{b:c}@media (min-width:1em){.a:not(.x,.y){content:\"}\"}}"
        );
    }

    #[test]
    fn a_block_is_not_mistaken_for_one_whose_name_begins_the_same() {
        assert!(mentions(".govuk-header__logo a", ".govuk-header"));
        assert!(mentions("a.govuk-header:hover", ".govuk-header"));
        assert!(!mentions(".govuk-headers", ".govuk-header"));
        assert!(!mentions(".govuk-header-x", ".govuk-header"));
    }

    #[test]
    fn the_font_is_replaced() {
        assert_eq!(
            neutral("a{font-family:GDS Transport,arial,sans-serif}", |_| true),
            "a{font-family:Helvetica,Arial,sans-serif}"
        );
    }
}
