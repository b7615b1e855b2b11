//! docs/api.md says what the interfaces and the sources say.

use std::collections::BTreeSet;
use std::path::Path;

use chit_integration_tests::api_doc;

#[test]
fn the_page_of_the_interfaces_is_up_to_date() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let written = std::fs::read_to_string(repository.join("docs/api.md")).unwrap();
    let rendered = api_doc::render(&repository).unwrap();
    assert!(written == rendered, "docs/api.md is out of date: `just docs` writes it");
}

#[test]
fn every_reason_of_the_catalogue_has_words_in_both_languages_of_the_till() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = api_doc::render(&repository).unwrap();
    let (_, after) = page.split_once("## Error catalogue").unwrap();
    let listed = api_doc::reasons_in(after.split("\n## ").next().unwrap());
    assert!(listed.len() > 200, "{}", listed.len());
    for lang in ["en", "zh-CN"] {
        let words = repository.join(format!("services/till/assets/i18n/reasons-{lang}.ftl"));
        let words = std::fs::read_to_string(words).unwrap();
        let told: BTreeSet<_> = words
            .lines()
            .filter_map(|line| line.strip_prefix("reason-")?.split_once(" = "))
            .map(|(reason, _)| reason)
            .collect();
        let raw: Vec<_> = listed.iter().filter(|reason| !told.contains(reason.as_str())).collect();
        assert!(raw.is_empty(), "a cashier would read these as they are ({lang}): {raw:?}");
    }
}

#[test]
fn every_reason_that_a_service_may_answer_is_in_the_catalogue() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = api_doc::render(&repository).unwrap();
    let (_, after) = page.split_once("## Error catalogue").unwrap();
    let listed = api_doc::reasons_in(after.split("\n## ").next().unwrap());
    let used = api_doc::reasons_used(&repository.join("services")).unwrap();
    let missing: BTreeSet<_> = used.difference(&listed).collect();
    assert!(missing.is_empty(), "name them in the interface's comment and in catalogue.rs: {missing:?}");
}
