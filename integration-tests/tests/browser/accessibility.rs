//! axe-core on every page and in every state of it: both languages, light and dark.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::bank_shop::BankShop;
use crate::driver::Page;
use crate::shop::Shop;
use crate::tour::tour;

const AXE: &str = "../.tools/node/node_modules/axe-core/axe.min.js";
/// What changes with the colours; all else is looked at once.
const COLOURS: &str = "['color-contrast', 'link-in-text-block']";

fn axe() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    fs::read_to_string(&file).unwrap_or_else(|_| panic!("{}: ./deploy/setup installs it", file.display()))
}

/// Serious and critical issues on the page as it is now.
async fn issues(page: &Page, only: Option<&str>) -> Value {
    let only = only.map(|rules| format!("runOnly: {{ type: 'rule', values: {rules} }},")).unwrap_or_default();
    let run = format!(
        "const done = arguments[arguments.length - 1]; \
         axe.run(document, {{ {only} resultTypes: ['violations'] }}).then(found => done(found.violations \
            .filter(issue => issue.impact === 'serious' || issue.impact === 'critical') \
            .map(issue => issue.id + ': ' + issue.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | '))))"
    );
    page.eval_async(&run).await
}

async fn in_colours(page: &Page, scheme: &str) {
    let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
    page.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    page.until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches")).await;
}

async fn is_accessible(page: &Page, axe: &str, what: &str) {
    if !page.is("window.axe").await {
        page.eval(axe).await;
    }
    let none = Value::Array(Vec::new());
    in_colours(page, "light").await;
    assert_eq!(issues(page, None).await, none, "{what}");
    in_colours(page, "dark").await;
    assert_eq!(issues(page, Some(COLOURS)).await, none, "{what}, dark");
}

async fn every_page_is_accessible(lang: &str) {
    let shop = Shop::open(lang).await;
    let axe = axe();
    let look = async |name: &'static str| is_accessible(&shop.page, &axe, &format!("{name} {lang}")).await;
    tour(&shop, lang, &look).await;
}

#[tokio::test]
async fn axe_finds_no_serious_issue_on_the_page_of_batches() {
    let shop = BankShop::open().await;
    for lang in ["zh-CN", "en"] {
        shop.look_at_batches(lang).await;
        is_accessible(&shop.page, &axe(), &format!("batches {lang}")).await;
    }
}

#[tokio::test]
async fn axe_finds_no_serious_issue_on_any_page_in_chinese() {
    every_page_is_accessible("zh-CN").await;
}

#[tokio::test]
async fn axe_finds_no_serious_issue_on_any_page_in_english() {
    every_page_is_accessible("en").await;
}
