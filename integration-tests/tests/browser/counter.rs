//! At the counter nothing vanishes and nothing happens by a slip: scans, refusals, cancelling, copies, enrolment.

use chit_proto::checkout::v1::SaleState;
use serde_json::json;

use crate::cashier::{
    begin_by_keys, enrol_at_till, fill_basket_by_keys, finish_by_keys, next, show_code, sign_in_by_keys,
    stage,
};
use crate::driver::Key;
use crate::shop::Shop;

/// Goods of another shop: the numbers are good, the catalogue lacks them.
const UNKNOWN: [&str; 2] = ["5901234123457", "9780201379624"];
const KNOWN: &str = "6901234567892";
const PHONE: &str = "13900002222";

async fn scan(shop: &Shop, code: &str) {
    let scan = json!({ "cmd": "scan", "data": code, "aim": "]E0" });
    shop.house.simulators.handheld.ask(scan).await.unwrap();
}

async fn refused(shop: &Shop, count: usize) {
    shop.page
        .until(&format!("(document.querySelector('#refused-scan')?.dataset.count ?? '0') === '{count}'"))
        .await;
}

async fn lines(shop: &Shop, count: usize) {
    shop.page.until(&format!("document.querySelector('#basket-count')?.dataset.lines === '{count}'")).await;
}

async fn cancel(shop: &Shop) {
    shop.page.click("#act-cancel").await;
    shop.page.click("#act-cancel-yes").await;
    stage(&shop.page, "VOIDED").await;
}

#[tokio::test]
async fn what_was_not_taken_stays_with_its_sound_until_it_is_acknowledged_however_fast_the_next_goods_come() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    for code in [UNKNOWN[0], KNOWN, UNKNOWN[1]] {
        scan(&shop, code).await;
    }
    lines(&shop, 1).await;
    refused(&shop, 2).await;
    let told = page.text("#refused-scan").await;
    assert!(UNKNOWN.iter().all(|code| told.contains(code)), "{told}");
    page.until("Number(document.body.dataset.alarms) >= 1").await;
    cancel(&shop).await;
    refused(&shop, 2).await;
    page.click("#act-scans-seen").await;
    refused(&shop, 0).await;
}

#[tokio::test]
async fn with_cancelled_or_recorded_showing_a_scan_opens_the_next_sale() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    cancel(&shop).await;
    scan(&shop, KNOWN).await;
    stage(page, "DRAFT").await;
    lines(&shop, 1).await;
    show_code(&shop).await;
    stage(page, "PAYER_OK").await;
    page.type_text("y").await;
    page.see("#act-commit").await;
    page.press(Key::F(9)).await;
    page.see("#act-release").await;
    scan(&shop, KNOWN).await;
    stage(page, "DRAFT").await;
    lines(&shop, 1).await;
    refused(&shop, 0).await;
}

#[tokio::test]
async fn cancelling_asks_and_a_slip_throws_nothing_away() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    page.click("#act-cancel").await;
    page.see("#act-cancel-yes").await;
    page.until("document.querySelector('#cancelling [name=what]').value.includes('38.40')").await;
    page.press(Key::Escape).await;
    page.until("!document.querySelector('dialog[open]')").await;
    stage(page, "DRAFT").await;
    lines(&shop, 1).await;
    page.click("#act-cancel").await;
    // Goods that came while the question stood are not thrown away with it.
    scan(&shop, KNOWN).await;
    lines(&shop, 2).await;
    page.press(Key::F(9)).await;
    page.see("#notice [data-reason=BASKET_CHANGED]").await;
    cancel(&shop).await;
    assert_eq!(shop.sales().await[0].state(), SaleState::Voided);
}

#[tokio::test]
async fn a_notice_ends_with_its_cause_and_at_sign_out_nothing_is_left_for_the_next_person() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    page.press(Key::F(2)).await;
    page.see("#act-add-by-hand").await;
    page.click("#hand-name").await;
    page.type_text("Soap").await;
    page.click("#hand-price").await;
    page.type_text("0").await;
    page.click("#act-add-by-hand").await;
    page.see("#notice [data-reason=PRICE_OUT_OF_RANGE]").await;
    scan(&shop, KNOWN).await;
    lines(&shop, 1).await;
    page.until("!document.querySelector('#notice').firstChild").await;
    scan(&shop, UNKNOWN[0]).await;
    refused(&shop, 1).await;
    page.click("#act-sign-out").await;
    page.until("document.body.dataset.page === 'signin'").await;
    sign_in_by_keys(&shop).await;
    lines(&shop, 1).await;
    refused(&shop, 0).await;
}

#[tokio::test]
async fn a_held_copy_key_prints_one_copy_and_says_which() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    show_code(&shop).await;
    finish_by_keys(page).await;
    page.see("#act-reprint").await;
    // What a browser sends for a key that is held down.
    page.eval(
        "for (const repeat of [false, true, true, true]) document.body.dispatchEvent(\
         new KeyboardEvent('keydown', { key: 'F8', repeat, bubbles: true, cancelable: true }))",
    )
    .await;
    page.see("#notice .good").await;
    let told = page.text("#notice").await;
    let sold = shop.sales().await.into_iter().find(|sale| !sale.receipt_no.is_empty()).unwrap();
    assert!(told.contains("COPY 1") && told.contains(&sold.receipt_no), "{told}");
    page.until("document.querySelector('#act-reprint').form.querySelector('[name=answer]').value === '2'")
        .await;
    let sold = shop.sales().await.into_iter().find(|sale| !sale.receipt_no.is_empty()).unwrap();
    assert_eq!(sold.receipt.unwrap().copies, 1);
}

#[tokio::test]
async fn a_form_says_in_the_pages_language_what_is_missing() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    page.click("#nav-payers").await;
    page.see("#act-enrol").await;
    page.click("#act-enrol").await;
    page.see("#enrol-name-why").await;
    let words = page.text("#enrol-name-why").await;
    assert_eq!(words, "Type the name, at most 80 characters.");
    assert_eq!(page.eval("return document.activeElement.id").await, "enrol-name", "the first that is wrong");
    page.type_text("Li Lei").await;
    page.until("!document.querySelector('#enrol-name-why')").await;
}

#[tokio::test]
async fn an_enrolment_ends_with_the_payers_code_to_show_save_and_print() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    enrol_at_till(&shop, "Li Lei", PHONE).await;
    page.see("#payer-code").await;
    page.until("document.querySelector('#payer-code-picture').naturalWidth === 392").await;
    let width =
        page.eval("return document.querySelector('#payer-code-picture').getBoundingClientRect().width").await;
    assert!(width.as_f64().unwrap() >= 300.0, "large enough for a phone's camera: {width}");
    let saved = "const done = arguments[arguments.length - 1]; Promise.all(['png', 'pdf'].map((kind) => \
        fetch(document.querySelector('#act-save-' + kind).href).then((answer) => answer.arrayBuffer()) \
        .then((bytes) => String.fromCharCode(...new Uint8Array(bytes).slice(1, 4))))).then(done)";
    assert_eq!(page.eval_async(saved).await, json!(["PNG", "PDF"]));
    page.eval("window.print = () => { window.onPaper = document.querySelector('.on-paper')?.id }").await;
    page.click("#act-print-code").await;
    page.until("window.onPaper === 'payer-code'").await;
}

#[tokio::test]
async fn a_cancelled_sale_leaves_the_next_one_to_be_started() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    cancel(&shop).await;
    page.press(Key::F(9)).await;
    next(page).await;
}
