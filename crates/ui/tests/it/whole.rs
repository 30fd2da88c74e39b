//! What must be true of everything in this crate together: samples, marks, weight, and where vendored files came from.

#![expect(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::format_collect,
    reason = "a test that cannot read its files must stop; the files are our own"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use scraper::{Html as Dom, Selector};
use sha2::{Digest as _, Sha256};
use throughline_ui::prelude::*;
use throughline_ui::{assets, samples};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(files_below(&path));
        } else {
            out.push(path);
        }
    }
    out.sort();
    out
}

#[test]
fn every_sample_can_be_made_in_both_languages_and_is_clean() {
    for lang in Lang::ALL {
        for (name, html) in samples(lang) {
            let dom = Dom::parse_fragment(html.as_str());
            assert!(!html.is_empty(), "{name} is empty in {}", lang.code());
            assert!(!html.as_str().contains("component-"), "{name} shows a key");
            for forbidden in [
                "style",
                "[style]",
                "script:not([src])",
                "img",
                "iframe",
                "link[href^=http]",
            ] {
                let selector = Selector::parse(forbidden).unwrap();
                assert!(
                    dom.select(&selector).next().is_none(),
                    "{name} has {forbidden}"
                );
            }
            for element in dom.select(&Selector::parse("*").unwrap()) {
                assert!(
                    element
                        .value()
                        .attrs()
                        .all(|(name, _)| !name.starts_with("on"))
                );
            }
        }
    }
}

#[test]
fn every_field_in_every_sample_has_a_name_a_screen_reader_can_say() {
    for (name, html) in samples(Lang::En) {
        let dom = Dom::parse_fragment(html.as_str());
        let fields = Selector::parse("input:not([type=hidden]), textarea, select").unwrap();
        for field in dom.select(&fields) {
            let id = field
                .value()
                .attr("id")
                .unwrap_or_else(|| panic!("{name}: a field has no id"));
            let label = Selector::parse(&format!("label[for='{id}']")).unwrap();
            assert!(
                dom.select(&label).next().is_some(),
                "{name}: {id} has no label"
            );
            for described in field
                .value()
                .attr("aria-describedby")
                .unwrap_or_default()
                .split_whitespace()
            {
                let by = Selector::parse(&format!("[id='{described}']")).unwrap();
                assert!(
                    dom.select(&by).next().is_some(),
                    "{name}: {described} is not there"
                );
            }
        }
    }
}

#[test]
fn a_textarea_gives_back_exactly_what_was_typed_in_it() {
    for typed in [
        "",
        "one",
        "\nbegins with a line",
        "  two\n\nlines  \n",
        "</textarea><b>&amp;",
    ] {
        let html = Textarea::new("words", "Words").value(typed).html();
        let dom = Dom::parse_fragment(html.as_str());
        let area = dom
            .select(&Selector::parse("textarea").unwrap())
            .next()
            .unwrap();
        assert_eq!(area.text().collect::<String>(), typed);
    }
}

#[test]
fn ids_in_a_sample_are_used_once() {
    for (name, html) in samples(Lang::En) {
        let dom = Dom::parse_fragment(html.as_str());
        let mut seen = std::collections::BTreeSet::new();
        for element in dom.select(&Selector::parse("[id]").unwrap()) {
            let id = element.value().attr("id").unwrap().to_owned();
            assert!(seen.insert(id.clone()), "{name}: {id} is used twice");
        }
    }
}

#[test]
fn the_first_visit_weighs_no_more_than_sixty_kilobytes() {
    let mut total = 0;
    let mut weigh = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(bytes).unwrap();
        total += encoder.finish().unwrap().len();
    };
    for name in assets::names() {
        let address = assets::href(&name);
        weigh(
            &assets::find(address.strip_prefix("/assets/").unwrap())
                .unwrap()
                .bytes,
        );
    }
    weigh(Page::sample(Lang::En).html().as_str().as_bytes());
    assert!(total <= 60_000, "{total} bytes");
}

#[test]
fn nothing_here_bears_a_mark_or_font_only_government_may_use() {
    // Put together here so that this file does not find itself.
    let marks = [
        ["GDS", " Transport"].concat(),
        ["cr", "own"].concat(),
        ["cr", "est"].concat(),
    ];
    for folder in ["assets", "locales", "src", "templates", "vendor"] {
        for file in files_below(&here().join(folder)) {
            // A licence must name the holder of the rights as they wrote it.
            if file.ends_with("LICENSE.txt") {
                continue;
            }
            let text = String::from_utf8(std::fs::read(&file).unwrap())
                .unwrap()
                .to_lowercase();
            for mark in &marks {
                assert!(
                    !text.contains(&mark.to_lowercase()),
                    "{} says {mark}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn style_and_script_load_nothing_from_anywhere() {
    for name in assets::names()
        .into_iter()
        .filter(|name| !name.ends_with(".svg"))
    {
        let address = assets::href(&name);
        let asset = assets::find(address.strip_prefix("/assets/").unwrap()).unwrap();
        let text = String::from_utf8(asset.bytes.into_owned()).unwrap();
        for loads in [
            "url(",
            "@import",
            "@font-face",
            "sourceMappingURL",
            "eval(",
            "new Function",
        ] {
            assert!(!text.contains(loads), "{name} has {loads}");
        }
    }
}

#[test]
fn every_vendored_file_is_the_one_the_manifest_speaks_of() {
    let vendor = here().join("vendor");
    let manifest = std::fs::read_to_string(vendor.join("MANIFEST.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let mut known = std::collections::BTreeSet::new();
    for package in manifest["packages"].as_array().unwrap() {
        assert!(
            package["source"]
                .as_str()
                .unwrap()
                .starts_with("https://registry.npmjs.org/")
        );
        assert!(
            package["integrity"]
                .as_str()
                .unwrap()
                .starts_with("sha512-")
        );
        assert_eq!(package["licence"], "MIT");
        for file in package["files"].as_array().unwrap() {
            let path = vendor.join(file["path"].as_str().unwrap());
            let hash = Sha256::digest(std::fs::read(&path).unwrap());
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(file["sha256"].as_str().unwrap(), hex, "{}", path.display());
            known.insert(path);
        }
    }
    for file in files_below(&vendor) {
        let beside = file.ends_with("MANIFEST.json") || file.ends_with("LICENSE.txt");
        assert!(
            beside || known.contains(&file),
            "{} is in no manifest",
            file.display()
        );
    }
}

#[test]
fn every_class_our_templates_use_has_a_style() {
    let css: String = assets::names()
        .into_iter()
        .filter(|name| name.ends_with(".css"))
        .map(|name| {
            let address = assets::href(&name);
            let asset = assets::find(address.strip_prefix("/assets/").unwrap()).unwrap();
            String::from_utf8(asset.bytes.into_owned()).unwrap()
        })
        .collect();
    let mut missing = std::collections::BTreeSet::new();
    for (_, html) in samples(Lang::En) {
        let dom = Dom::parse_document(html.as_str());
        for element in dom.select(&Selector::parse("[class]").unwrap()) {
            for class in element
                .value()
                .classes()
                .filter(|class| class.starts_with("tl-"))
            {
                if !css.contains(&format!(".{class}")) {
                    missing.insert(class.to_owned());
                }
            }
        }
    }
    // Hooks without a look of their own.
    for hook in [
        "tl-card__body",
        "tl-columns__left",
        "tl-columns__right",
        "tl-demo",
    ] {
        missing.remove(hook);
    }
    assert!(missing.is_empty(), "{missing:?}");
}
