//! The page that verifies evidence for people without a terminal: an export of a real sale holds, a tampered one does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chit_integration_tests::house::program;
use serde_json::Value;

use crate::cashier::{sell_by_keys, sign_in_by_keys};
use crate::driver::Page;
use crate::shop::Shop;

const PAGE: &str = "proto/formats/evidence/page/verify-evidence.html";
const REASONS: &str = "document.querySelector('#verdict').dataset.reasons";

fn page_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(PAGE)
}

/// What a command of the shop says.
fn chit(shop: &Shop, args: &[&str]) -> Value {
    let mut command = Command::new(program("chit").unwrap());
    command.arg("--config").arg(shop.house.place.config()).arg("--json").args(args);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn sell(shop: &Shop) -> String {
    sign_in_by_keys(shop).await;
    shop.at_desk().await;
    shop.page.click("#hold").await;
    shop.page.until("document.querySelector('#phone').dataset.held === 'true'").await;
    shop.at_till().await;
    sell_by_keys(&shop.page).await;
    shop.at_desk().await;
    shop.page.until("document.querySelector('#sale-state')?.dataset.state === 'CHALLENGED'").await;
    let sales = shop.sales().await;
    sales.iter().find(|sale| !sale.receipt_no.is_empty()).expect("a sale").sale_id.clone()
}

async fn reasons(page: &Page, of: &str) -> String {
    page.until(&format!("{REASONS} === '{of}'")).await;
    page.text("#verdict h2").await
}

/// As a person drops it: a file that the browser holds already, on the page.
async fn drop_it(page: &Page, file: &Path) {
    page.upload("#file", file).await;
    page.eval(
        "document.querySelector('#verdict').dataset.reasons = 'dropped'; const held = new DataTransfer(); \
         held.items.add(document.querySelector('#file').files[0]); \
         document.querySelector('#drop').dispatchEvent(new DragEvent('drop', { dataTransfer: held, bubbles: true }))",
    )
    .await;
}

#[tokio::test]
async fn a_dropped_export_holds_and_a_tampered_one_does_not_in_both_languages() {
    let shop = Shop::open_with_payer("zh-CN").await;
    let sale_id = sell(&shop).await;
    let folder = shop.house.place.root().to_owned();
    let (keys, good, bad) = (folder.join("keys.json"), folder.join("good.zip"), folder.join("bad.zip"));
    fs::write(&keys, chit(&shop, &["keys"]).to_string()).unwrap();
    let export = ["evidence", "export", &sale_id, "--to", good.to_str().unwrap(), "--actor", "wang"];
    chit(&shop, &[&export[..], &["--unredacted", "--yes"]].concat());
    let mut bytes = fs::read(&good).unwrap();
    let video = bytes.windows(4).position(|four| four == b"mdat").expect("a video");
    bytes[video + 500] ^= 1;
    fs::write(&bad, bytes).unwrap();

    let page = &shop.page;
    page.new_tab().await;
    page.goto(&format!("file://{}", page_file().display())).await;
    for (language, holds, broken) in [("zh-CN", "核验通过", "核验不通过"), ("en", "It holds", "It does not")]
    {
        if page.attribute("html", "lang").await != language {
            page.click("#language").await;
        }
        page.upload("#keys", &keys).await;
        page.eval(&format!("document.querySelector('#wanted').value = '{sale_id}'")).await;
        drop_it(page, &good).await;
        assert!(reasons(page, "").await.contains(holds));
        page.until("document.querySelector('#details img')?.naturalWidth > 0").await;
        assert!(page.text("#details").await.contains(&sale_id));
        drop_it(page, &bad).await;
        assert!(reasons(page, "FILE_CHANGED").await.contains(broken));
        assert!(page.is("!document.querySelector('#details img')").await, "nothing of it is shown");
    }
    page.eval("document.querySelector('#wanted').value = '01J9ZQ4M8W5T7V2X3Y6B0C1D2F'").await;
    drop_it(page, &good).await;
    reasons(page, "SALE_DIFFERS").await;
}

/// Nothing but this script and this style may run in it, and neither may speak to anybody.
#[test]
fn the_page_s_policy_allows_its_own_script_and_style_and_nothing_else() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let text = fs::read_to_string(page_file()).unwrap();
    let hash_of = |tag: &str| {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        assert_eq!(text.matches(&open).count(), 1);
        let body = text.split(&open).nth(1).unwrap().split(&close).next().unwrap();
        base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(body))
    };
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src blob:; media-src blob:; \
         base-uri 'none'; form-action 'none'",
        hash_of("script"),
        hash_of("style"),
    );
    assert!(text.contains(&policy), "the policy must be: {policy}");
    assert!(!text.contains("http:") && !text.contains("https:"), "it loads nothing");
}
