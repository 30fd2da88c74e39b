//! Our components against every example that GOV.UK Frontend ships with its own.
//!
//! Each example is options and the markup they make. An adapter turns the options into our typed struct; the two
//! markups must be the same document. Examples our types cannot express, on purpose, are in `unsupported.txt`, which may
//! only become shorter.

#![expect(
    clippy::format_push_string,
    reason = "a test that cannot read its examples must stop"
)]

use crate::adapters;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scraper::{ElementRef, Html as Dom, Node};
use serde_json::Value;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A document as one text: attributes in order of name, classes as a set, white space as one space.
fn normal(markup: &str) -> String {
    let dom = Dom::parse_fragment(markup);
    let mut out = String::new();
    write(dom.root_element(), &mut out);
    out
}

fn write(element: ElementRef<'_>, out: &mut String) {
    let value = element.value();
    let mut attrs: Vec<(String, String)> = value
        .attrs()
        .map(|(name, text)| {
            let words: Vec<&str> = text.split_whitespace().collect();
            if name == "class" {
                let set: BTreeSet<&str> = words.into_iter().collect();
                return (
                    name.to_owned(),
                    set.into_iter().collect::<Vec<_>>().join(" "),
                );
            }
            (name.to_owned(), words.join(" "))
        })
        .collect();
    attrs.sort();
    out.push_str(&format!("\n<{}", value.name()));
    for (name, text) in attrs {
        out.push_str(&format!(" {name}={text:?}"));
    }
    out.push('>');
    for child in element.children() {
        match child.value() {
            Node::Text(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                if !words.is_empty() {
                    out.push('\n');
                    out.push_str(&words.join(" "));
                }
            }
            Node::Element(_) => write(ElementRef::wrap(child).unwrap(), out),
            _ => {}
        }
    }
    out.push_str(&format!("\n</{}>", value.name()));
}

fn unsupported() -> BTreeSet<String> {
    let text = std::fs::read_to_string(here().join("unsupported.txt")).unwrap();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn fixture_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(here().join("vendor/govuk-frontend/fixtures"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_example_govuk_ships_is_made_the_same_by_ours_or_is_listed() {
    let listed = unsupported();
    let mut different = Vec::new();
    let mut same = BTreeSet::new();
    let mut details = String::new();
    for file in fixture_files() {
        let component = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let fixtures: Value =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for fixture in fixtures["fixtures"].as_array().unwrap() {
            let name = format!("{component}: {}", fixture["name"].as_str().unwrap());
            let expected = normal(fixture["html"].as_str().unwrap());
            let ours = adapters::render(&component, &fixture["options"]);
            let ours = normal(ours.unwrap_or_default().as_str());
            if ours == expected {
                same.insert(name);
            } else {
                if !listed.contains(&name) {
                    details.push_str(&format!(
                        "\n== {name}\n-- theirs{expected}\n-- ours{ours}\n"
                    ));
                }
                different.push(name);
            }
        }
    }
    let unlisted: Vec<_> = different
        .iter()
        .filter(|name| !listed.contains(*name))
        .collect();
    assert!(
        unlisted.is_empty(),
        "{} differ and are not listed: {unlisted:#?}\n{details}",
        unlisted.len()
    );
    let better: Vec<_> = listed.intersection(&same).collect();
    assert!(
        better.is_empty(),
        "take out of unsupported.txt, these are the same now: {better:#?}"
    );
    let gone: Vec<_> = listed
        .iter()
        .filter(|name| !different.contains(name))
        .collect();
    assert!(
        gone.is_empty(),
        "take out of unsupported.txt, there is no such example: {gone:#?}"
    );
    assert!(
        same.len() > 400,
        "only {} examples were compared",
        same.len()
    );
}

#[test]
fn what_the_comparison_forgives_is_only_order_and_white_space() {
    assert_eq!(
        normal("<a  class='b  c' id=x> y </a>"),
        normal("<a id=\"x\" class=\"c b\">y</a>")
    );
    assert_ne!(normal("<a class=b>y</a>"), normal("<a class=c>y</a>"));
    assert_ne!(normal("<a>y</a>"), normal("<b>y</b>"));
    assert_ne!(normal("<a>y</a>"), normal("<a>z</a>"));
}
