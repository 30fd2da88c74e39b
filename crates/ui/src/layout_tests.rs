use super::*;
use crate::html::Component as _;
use scraper::{Html as Dom, Selector};

fn dom(page: &Page) -> Dom {
    Dom::parse_document(page.html().as_str())
}

fn has(dom: &Dom, selector: &str) -> bool {
    dom.select(&Selector::parse(selector).unwrap())
        .next()
        .is_some()
}

#[test]
fn every_page_has_what_every_page_must_have() {
    for lang in Lang::ALL {
        let page = dom(&Page::sample(lang));
        for selector in [
            &format!("html[lang={}]", lang.code()),
            ".govuk-skip-link[href='#main-content']",
            "main#main-content",
            "meta[name=robots][content*=noindex]",
            "meta[name=referrer][content=no-referrer]",
            "link[rel=icon]",
            ".tl-help__999",
            ".tl-who",
            ".govuk-exit-this-page a[href^=https]",
            ".govuk-language-navigation a",
            "footer a[href='/accessibility']",
            "footer a[href='/privacy']",
            "footer a[href='/what-we-record']",
        ] {
            assert!(has(&page, selector), "{selector} in {}", lang.code());
        }
    }
}

#[test]
fn the_emergency_strip_is_on_a_page_that_was_told_nothing() {
    let page = Page::new(Lang::En, "Appointment", "x").html();
    assert!(page.as_str().contains("Call 999"));
    assert!(page.as_str().contains("press 55"));
}

#[test]
fn a_helpline_says_how_old_its_check_is_or_that_there_was_none() {
    let page = Page::sample(Lang::En).html();
    assert!(page.as_str().contains("last verified 3 March 2026"));
    assert!(page.as_str().contains("number not verified"));
    assert!(page.as_str().contains("tel:08081570000"));
    assert!(page.as_str().contains("Riverside line (Wales) <a"));
}

#[test]
fn a_number_is_dialled_as_it_is_and_what_is_beside_it_is_not() {
    for (written, dialled) in [
        ("0808 2000 247", Some("08082000247")),
        ("(0117) 903-6898", Some("01179036898")),
        ("+44 20 7946 0000", Some("+442079460000")),
        ("999 then 55", Some("999")),
        ("01234 567890 ext 12", Some("01234567890")),
        ("0800 1111 / 116 123", Some("08001111")),
        ("text 60777", None),
        ("", None),
    ] {
        assert_eq!(dial(written).as_deref(), dialled, "{written}");
    }
}

#[test]
fn an_error_is_said_first_in_the_title() {
    let mut page = Page::new(Lang::Cy, "Apwyntiad", "x");
    page.errors = Some(ErrorSummary::new(Lang::Cy));
    assert!(
        page.html()
            .as_str()
            .contains("<title>Gwall: Apwyntiad – Throughline</title>")
    );
}

#[test]
fn a_turned_screen_shows_no_one_who_is_signed_in_and_no_menu() {
    let mut page = Page::sample(Lang::En);
    page.turned = true;
    let page = dom(&page);
    assert!(!has(&page, ".tl-who"));
    assert!(!has(&page, ".govuk-service-navigation"));
    assert!(has(&page, "body.tl-turned"));
}

#[test]
fn nothing_on_a_page_is_inline_or_from_a_third_party() {
    let html = Page::sample(Lang::En).html();
    let dom = Dom::parse_document(html.as_str());
    for selector in ["style", "script:not([src])", "[style]", "iframe", "img"] {
        assert!(!has(&dom, selector), "{selector}");
    }
    for element in dom.select(&Selector::parse("*").unwrap()) {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on"), "{name}");
            let loads = matches!(element.value().name(), "script" | "link" | "img");
            if loads && matches!(name, "src" | "href") {
                assert!(value.starts_with("/assets/"), "{value}");
            }
        }
    }
}

#[test]
fn what_people_typed_cannot_become_markup_anywhere_on_the_page() {
    let nasty = "\"><script>alert(1)</script>";
    let mut page = Page::new(Lang::En, nasty, nasty);
    page.service_name = nasty.to_owned();
    page.back = Some(nasty.to_owned());
    page.other_language_href = Some(nasty.to_owned());
    page.sign_out = Some((nasty.to_owned(), nasty.to_owned()));
    page.signed_in = Some(Who {
        name: nasty.to_owned(),
        organisation: nasty.to_owned(),
        role_label: nasty.to_owned(),
    });
    page.help = vec![Helpline {
        name: nasty.to_owned(),
        of: nasty.to_owned(),
        number: nasty.to_owned(),
        last_verified: None,
    }];
    page.nav = vec![NavItem::new(nasty, nasty)];
    page.flash = Some(Flash::Important(nasty.into()));
    assert!(!page.html().as_str().contains("<script>alert"));
}
