//! axe-core over the pages of one sale, its dialogs, desk, office and enquiry. Device trouble and the approval dialog are
//! not looked at yet.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cashier::{begin_by_keys, fill_basket_by_keys, next, sign_in_by_keys, speak, stage};
use crate::driver::{Key, Page};
use crate::shop::Shop;

const AXE: &str = "../.tools/node/node_modules/axe-core/axe.min.js";

/// No serious or critical issue on the page as it is now.
async fn is_accessible(page: &Page, what: &str) {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    let axe =
        fs::read_to_string(&axe).unwrap_or_else(|_| panic!("{}: ./deploy/setup installs it", axe.display()));
    page.eval(&axe).await;
    let run = "const done = arguments[arguments.length - 1]; \
        axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations \
            .filter(issue => issue.impact === 'serious' || issue.impact === 'critical') \
            .map(issue => issue.id + ': ' + issue.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | '))))";
    let issues: Value = page.eval_async(run).await;
    assert_eq!(issues, Value::Array(Vec::new()), "{what}");
}

#[tokio::test]
async fn axe_finds_no_serious_issue_on_the_pages_of_a_sale() {
    let shop = Shop::open_with_payer("zh-CN").await;
    let page = &shop.page;
    page.see("#pin").await;
    is_accessible(page, "sign in").await;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    is_accessible(page, "empty basket").await;
    fill_basket_by_keys(page).await;
    is_accessible(page, "basket").await;
    for (key, dialog) in [(1, "#help"), (2, "#act-add-0"), (3, "#quantity-input")] {
        page.press(Key::F(key)).await;
        page.see(dialog).await;
        is_accessible(page, dialog).await;
        page.press(Key::Escape).await;
        page.until("!document.querySelector('dialog[open]')").await;
    }
    shop.at_desk().await;
    page.click("#scan-code").await;
    is_accessible(page, "desk").await;
    shop.at_till().await;
    stage(page, "PAYER_OK").await;
    is_accessible(page, "payer").await;
    page.click("#act-same-yes").await;
    page.click("#act-commit").await;
    page.see("#act-release").await;
    is_accessible(page, "printed and recorded").await;
    page.click("#act-release").await;
    next(page).await;
    is_accessible(page, "stored").await;
    let sales = shop.sales().await;
    let sale_id = &sales.iter().find(|sale| !sale.receipt_no.is_empty()).unwrap().sale_id;
    for lang in ["zh-CN", "en"] {
        speak(page, lang).await;
        for path in ["office".to_owned(), "enquiry".to_owned(), format!("enquiry?ref={sale_id}")] {
            page.goto(&format!("{}{path}", shop.till_url)).await;
            page.see("#stage").await;
            is_accessible(page, &format!("{path} {lang}")).await;
        }
    }
}
