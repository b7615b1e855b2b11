//! Every reason of the error catalogue is provoked through a socket by some test. The list of which test provokes which is
//! written to target/refusals.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chit_integration_tests::api_doc;

use super::{files_below, repository};

/// Tests that speak to checkout, or to any service of the runtime, over its socket.
const OVER_A_SOCKET: [&str; 4] = [
    "services/checkout/tests/service",
    "services/runtime/tests",
    "integration-tests/tests/shop",
    "integration-tests/tests/browser",
];

/// Reasons that no test can bring about at a socket, and why. Their rules are tested beside the code.
const OTHERWISE: &[(&str, &str)] = &[
    ("BANK_FILE_TOO_LARGE", "half a gigabyte takes longer than a test may"),
    ("CLOCK_UNUSABLE", "the machine's clock is the test's own"),
    ("FOREIGN_TILL", "a payer of another till comes with a sync that no till has yet"),
    ("GOODS_UNKNOWN", "goods that are scanned go through no call"),
    ("PEER_REFUSED", "another user of the machine has to call"),
    ("QUEUE_FULL", "ten thousand effects have to wait for it"),
    ("STORED_PIN_UNREADABLE", "the store has to be damaged"),
    ("TIME_IN_DOUBT", "the machine's clock has to be wrong"),
    ("TOO_MANY_PEOPLE", "256 PINs are hashed slowly on purpose"),
];

/// Reason by reason, the tests that name it. A test names what it expects as a string.
fn provoked() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let sources = OVER_A_SOCKET.into_iter().flat_map(files_below).filter(|path| path.ends_with(".rs"));
    for path in sources.filter(|path| !path.ends_with("papers/refusals.rs")) {
        let text = std::fs::read_to_string(repository().join(&path)).unwrap();
        let (mut marked, mut test) = (false, None);
        for line in text.lines() {
            marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            if let Some((_, after)) = line.split_once("fn ").filter(|_| !line.starts_with(' ')) {
                let name = after.split(['(', '<']).next().unwrap();
                test = std::mem::take(&mut marked).then(|| format!("{path}: {name}"));
            }
            let Some(test) = &test else { continue };
            for literal in line.split('"').skip(1).step_by(2) {
                found.entry(literal.to_owned()).or_default().insert(test.clone());
            }
        }
    }
    found
}

fn catalogue() -> BTreeSet<String> {
    let page = api_doc::render(&repository()).unwrap();
    let (_, after) = page.split_once("## Error catalogue").unwrap();
    let of_checkout = after.split("Of the services behind it").next().unwrap();
    let rows = of_checkout.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn every_reason_of_the_catalogue_is_provoked_through_a_socket() {
    let (reasons, provoked) = (catalogue(), provoked());
    assert!(reasons.len() > 100, "{reasons:?}");
    let excused: BTreeMap<&str, &str> = OTHERWISE.iter().copied().collect();
    let mut list = "| reason | provoked by |\n|---|---|\n".to_owned();
    let (mut missing, mut needless) = (Vec::new(), Vec::new());
    for reason in &reasons {
        match (provoked.get(reason), excused.get(reason.as_str())) {
            (Some(tests), excuse) => {
                needless.extend(excuse.map(|_| reason));
                let tests: Vec<_> = tests.iter().map(String::as_str).collect();
                writeln!(list, "| {reason} | {} |", tests.join("<br>")).unwrap();
            }
            (None, Some(why)) => writeln!(list, "| {reason} | at no socket: {why} |").unwrap(),
            (None, None) => missing.push(reason),
        }
    }
    std::fs::write(repository().join("target/refusals.md"), list).unwrap();
    assert!(
        missing.is_empty(),
        "no test provokes {missing:?}: add them to services/checkout/tests/service/refusals"
    );
    assert!(needless.is_empty(), "these are provoked after all: {needless:?}");
    let unknown: Vec<_> = excused.keys().filter(|reason| !reasons.contains(**reason)).collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
}
