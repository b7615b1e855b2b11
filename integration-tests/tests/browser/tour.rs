//! A walk past every page and every state of it, with something that looks at each: axe-core, or a camera for people.

use std::time::Duration;

use chit_proto::checkout::v1::{DisputeCause, Sale, SaleState};
use rustix::process::Signal;
use serde_json::json;

use crate::cashier::{
    CASHIER, SUPERVISOR, begin_by_keys, fill_basket_by_keys, next, show_code, sign_in_by_keys, speak, stage,
};
use crate::driver::Key;
use crate::shop::Shop;

/// Goods of another shop: the number is good, the catalogue lacks it.
const UNKNOWN_GTIN: &str = "5901234123457";
const OWNER: &str = "zhao";
const NEWCOMER: &str = "sun";
const NEW_PIN: &str = "2718";
const OTHER_PHONE: &str = "13900002222";
const NEW_PHONE: &str = "13700003333";
/// Some lines of a receipt.
const STOP_AFTER_BYTES: u64 = 300;
/// Nothing of a sale takes longer.
const STOPPED_MAX: Duration = Duration::from_secs(20);

pub trait Look: AsyncFn(&'static str) {}
impl<L: AsyncFn(&'static str)> Look for L {}

pub async fn tour(shop: &Shop, lang: &str, look: &impl Look) {
    enrolment(shop, lang, look).await;
    sale(shop, look).await;
    desk(shop, look).await;
    paper_out(shop, look).await;
    camera_absent(shop, look).await;
    print_unknown(shop, look).await;
    over_limits(shop, look).await;
    modem_off(shop, look).await;
    away(shop, look).await;
    enquiry(shop, look).await;
    payers(shop, look).await;
    people(shop, look).await;
}

async fn enrolment(shop: &Shop, lang: &str, look: &impl Look) {
    let page = &shop.page;
    page.see("#pin").await;
    speak(page, lang).await;
    page.see("#pin").await;
    look("till-sign-in").await;
    shop.at_desk().await;
    look("desk-first").await;
    shop.enrol().await;
    page.click("#open-drawer").await;
    page.until("document.querySelector('#card-picture').complete").await;
    look("desk-drawer").await;
    page.click("#close-drawer").await;
    shop.at_till().await;
}

async fn sale(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    sign_in_by_keys(shop).await;
    begin_by_keys(page).await;
    look("till-empty").await;
    fill_basket_by_keys(page).await;
    shop.at_desk().await;
    for goods in ["#goods-1", "#goods-0", "#goods-3"] {
        page.click(goods).await;
    }
    shop.at_till().await;
    page.until("document.querySelector('#basket-count').dataset.lines === '4'").await;
    look("till-basket").await;
    shop.house
        .simulators
        .handheld
        .ask(json!({ "cmd": "scan", "data": UNKNOWN_GTIN, "aim": "]E0" }))
        .await
        .unwrap();
    page.see("#refused-scan").await;
    look("till-refused-scan").await;
    page.click("#act-scans-seen").await;
    page.click("#act-cancel").await;
    page.see("#act-cancel-yes").await;
    look("till-cancel").await;
    close_dialog(shop).await;
    page.press(Key::F(2)).await;
    page.click("#act-add-by-hand").await;
    page.see("#hand-name-why").await;
    look("till-form-error").await;
    page.type_text("礼盒").await;
    page.click("#hand-price").await;
    page.type_text("880").await;
    page.press(Key::Enter).await;
    page.see("#act-sure").await;
    look("till-high-price").await;
    close_dialog(shop).await;
    for (key, shown, name) in
        [(1, "#help", "till-help"), (2, "#act-add-0", "till-search"), (3, "#quantity-input", "till-quantity")]
    {
        page.press(Key::F(key)).await;
        page.see(shown).await;
        look(name).await;
        close_dialog(shop).await;
    }
    shop.at_desk().await;
    page.click("#hold").await;
    page.until("document.querySelector('#phone').dataset.held === 'true'").await;
    shop.at_till().await;
    page.press(Key::F(9)).await;
    stage(page, "PAYER_OK").await;
    look("till-payer").await;
    page.type_text("y").await;
    page.see("#act-commit").await;
    page.press(Key::F(9)).await;
    page.see("#act-release").await;
    look("till-release").await;
    page.press(Key::F(9)).await;
    next(page).await;
    look("till-next").await;
    page.press(Key::F(8)).await;
    page.see("#notice .good").await;
    look("till-copy").await;
}

async fn close_dialog(shop: &Shop) {
    shop.page.press(Key::Escape).await;
    shop.page.until("!document.querySelector('dialog[open]')").await;
}

/// The reply and the money, with a sale beside them.
async fn desk(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    shop.at_desk().await;
    page.click("#hold").await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'CHALLENGED'").await;
    page.until("/\\d/.test(document.querySelector('#thread li.ours:last-child')?.textContent)").await;
    look("desk-asked").await;
    shop.answer_sms().await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'VERIFIED'").await;
    page.see("#guide-settle").await;
    look("desk-answered").await;
    page.click("#guide-settle").await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'SETTLED'").await;
    look("desk-paid").await;
    page.click("#advance").await;
    shop.at_till().await;
}

async fn turn(shop: &Shop, switch: &str, on: bool) {
    let page = &shop.page;
    shop.at_desk().await;
    page.click(&format!("#fault-{switch}")).await;
    page.until(&format!("document.querySelector('#fault-{switch}').ariaChecked === '{on}'")).await;
    shop.at_till().await;
}

/// A basket, the payer's code from the desk, and the same person.
async fn until_commit(shop: &Shop) {
    let page = &shop.page;
    fill_basket_by_keys(page).await;
    show_code(shop).await;
    stage(page, "PAYER_OK").await;
    page.click("#act-same-yes").await;
    page.see("#act-commit").await;
}

async fn release(shop: &Shop) {
    shop.page.see("#act-release").await;
    shop.page.press(Key::F(9)).await;
    next(&shop.page).await;
}

async fn trouble(shop: &Shop, name: &str) {
    shop.page.see(&format!("#trouble[data-trouble={name}]")).await;
}

async fn asks_for_a_pin(shop: &Shop) {
    shop.page.until("document.querySelector('#ask').open").await;
}

async fn paper_out(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    turn(shop, "paper-out", true).await;
    page.see("[data-device-trouble=printer]").await;
    look("till-printer-warning").await;
    until_commit(shop).await;
    page.press(Key::F(9)).await;
    trouble(shop, "PRINT_BLOCKED").await;
    look("till-paper-out").await;
    page.press(Key::F(9)).await;
    page.see("#notice [data-reason=STILL_BROKEN]").await;
    look("till-paper-still-out").await;
    page.click("#act-void").await;
    asks_for_a_pin(shop).await;
    look("till-approval").await;
    page.type_text("000000").await;
    page.press(Key::F(9)).await;
    page.see("#ask [data-reason=PIN_WRONG]").await;
    look("till-approval-wrong").await;
    close_dialog(shop).await;
    turn(shop, "paper-out", false).await;
    release(shop).await;
}

async fn camera_absent(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    turn(shop, "camera-unplugged", true).await;
    page.see("[data-device-trouble=camera]").await;
    look("till-camera-warning").await;
    until_commit(shop).await;
    page.press(Key::F(9)).await;
    trouble(shop, "EVIDENCE_MISSING").await;
    look("till-camera-absent").await;
    page.press(Key::F(9)).await;
    asks_for_a_pin(shop).await;
    look("till-approval-evidence").await;
    page.type_text(&shop.pin(SUPERVISOR)).await;
    page.press(Key::F(9)).await;
    page.see("#act-release").await;
    look("till-release-without-evidence").await;
    turn(shop, "camera-unplugged", false).await;
    release(shop).await;
    page.until("!document.querySelector('[data-device-trouble]')").await;
}

/// The printer stops in the middle of the receipt, and the sender dies: what is on the paper is unknown.
async fn print_unknown(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    let printer = &shop.house.simulators.printer;
    let mut paper = printer.watch(0).await.unwrap();
    until_commit(shop).await;
    printer.fault("stop_after_bytes", json!(STOP_AFTER_BYTES)).await.unwrap();
    page.press(Key::F(9)).await;
    paper.event("stopped", STOPPED_MAX).await.unwrap();
    shop.house.keeper("printer").kill(Signal::KILL).unwrap();
    trouble(shop, "PRINT_UNKNOWN").await;
    look("till-print-unknown").await;
    page.type_text("n").await;
    page.until("!document.querySelector('#trouble')").await;
    printer.ask(json!({ "cmd": "continue" })).await.unwrap();
    release(shop).await;
}

/// Three sales wait for their replies: the fourth needs a supervisor.
async fn over_limits(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    until_commit(shop).await;
    page.see("#risks [data-risk=TOO_MANY_UNVERIFIED]").await;
    look("till-over-limit").await;
    page.press(Key::F(9)).await;
    asks_for_a_pin(shop).await;
    look("till-approval-limit").await;
    close_dialog(shop).await;
}

async fn modem_off(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    turn(shop, "modem-off", true).await;
    page.see("#bar [data-device=modem]").await;
    look("till-modem-off").await;
    let sales = shop.sales().await;
    let rejected = sales.iter().find(|sale| waits(sale)).unwrap();
    shop.desk.open_dispute(&rejected.sale_id, DisputeCause::InPerson).await.unwrap();
    page.click("#nav-office").await;
    page.see("#devices [data-device=modem] .advice").await;
    page.see("#disputes [data-dispute]").await;
    look("till-office").await;
    turn(shop, "modem-off", false).await;
    page.goto(&format!("{}sale/{}", shop.till_url, rejected.sale_id)).await;
    page.see("#stage #act-look-up").await;
    look("till-sale-left").await;
}

fn waits(sale: &Sale) -> bool {
    matches!(
        sale.state(),
        SaleState::Released | SaleState::Sealed | SaleState::Queued | SaleState::Challenged
    )
}

async fn away(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    page.click("#nav-sale").await;
    page.until("document.body.dataset.page === 'sale'").await;
    shop.house.keeper("checkout").pause();
    page.until("document.body.dataset.link === 'down'").await;
    look("till-away").await;
    shop.house.keeper("checkout").resume();
    page.until("document.body.dataset.link === 'up'").await;
}

async fn enquiry(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    page.click("#nav-enquiry").await;
    page.until("document.body.dataset.page === 'enquiry'").await;
    look("till-enquiry-empty").await;
    page.goto(&format!("{}enquiry?ref=20260101-000001", shop.till_url)).await;
    page.see("#stage .notice").await;
    look("till-enquiry-unknown").await;
    let sales = shop.sales().await;
    let settled = sales.iter().find(|sale| sale.state() == SaleState::Settled).unwrap();
    page.goto(&format!("{}enquiry?ref={}", shop.till_url, settled.receipt_no)).await;
    page.see("#evidence video").await;
    page.until("document.querySelector('#evidence video').readyState >= 2").await;
    look("till-enquiry").await;
    let disputed = sales.iter().find(|sale| !sale.dispute_ids.is_empty()).unwrap();
    page.goto(&format!("{}enquiry?ref={}", shop.till_url, disputed.receipt_no)).await;
    page.see("#act-uphold").await;
    look("till-enquiry-dispute").await;
}

/// A payer is enrolled at the till; then the payer of the desk comes with another phone.
async fn payers(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    page.click("#nav-payers").await;
    page.see("#payers [data-payer]").await;
    let first = page.attribute("#payers [data-payer]", "data-payer").await;
    look("till-payers").await;
    page.click("#enrol-name").await;
    page.type_text("李雷").await;
    page.click("#enrol-phone").await;
    page.type_text(OTHER_PHONE).await;
    page.click("#enrol-consent").await;
    page.press(Key::F(9)).await;
    asks_for_a_pin(shop).await;
    look("till-approval-enrol").await;
    page.type_text(&shop.pin(SUPERVISOR)).await;
    page.press(Key::F(9)).await;
    page.until("document.querySelector('#payer')?.dataset.state === 'PENDING'").await;
    look("till-payer-enrolled").await;
    page.goto(&format!("{}payers/{first}", shop.till_url)).await;
    page.click("#new-phone").await;
    page.type_text(NEW_PHONE).await;
    page.click("#act-change-phone").await;
    asks_for_a_pin(shop).await;
    look("till-approval-two").await;
    page.type_text(&shop.pin(SUPERVISOR)).await;
    page.click("#ask-second-pin").await;
    page.type_text(&shop.pin(CASHIER)).await;
    page.press(Key::F(9)).await;
    page.until("document.querySelector('#payer')?.dataset.state === 'PENDING'").await;
    look("till-payer-changed").await;
}

/// The owner hires somebody, who signs in with the one-time PIN and has to change it.
async fn people(shop: &Shop, look: &impl Look) {
    let page = &shop.page;
    let owner_pin = shop.pin(OWNER);
    sign_in_as(shop, OWNER, &owner_pin).await;
    page.click("#nav-people").await;
    page.see("#people [data-person]").await;
    look("till-people").await;
    page.click("#person-name").await;
    page.type_text(NEWCOMER).await;
    page.click("#act-add-person").await;
    asks_for_a_pin(shop).await;
    look("till-approval-person").await;
    page.type_text(&owner_pin).await;
    page.press(Key::F(9)).await;
    page.see("[data-one-time-pin]").await;
    let pin = page.text("[data-one-time-pin]").await;
    look("till-one-time-pin").await;
    page.press(Key::Escape).await;
    sign_in_as(shop, NEWCOMER, pin.trim()).await;
    page.see("#new-pin").await;
    look("till-pin").await;
    for (field, text) in [("#pin", pin.trim()), ("#new-pin", NEW_PIN), ("#again", NEW_PIN)] {
        page.click(field).await;
        page.type_text(text).await;
    }
    page.click("#act-change-pin").await;
    page.until("document.body.dataset.page === 'sale'").await;
}

async fn sign_in_as(shop: &Shop, name: &str, pin: &str) {
    let page = &shop.page;
    page.click("#act-sign-out").await;
    page.until("document.body.dataset.page === 'signin'").await;
    page.click(&format!("label:has(#staff-{name})")).await;
    page.click("#pin").await;
    page.type_text(pin).await;
    page.press(Key::F(9)).await;
    page.until("document.body.dataset.page !== 'signin'").await;
}
