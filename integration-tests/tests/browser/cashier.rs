//! What a cashier does at the till: by keys alone, or by fingers alone.

use crate::driver::{Key, Page};
use crate::shop::Shop;

pub const CASHIER: &str = "li";
pub const SUPERVISOR: &str = "wang";
/// Stops of the Tab key on any page.
const STOPS_MAX: usize = 60;

/// The stage of the page in front.
pub async fn stage(page: &Page, state: &str) {
    page.until(&format!("document.querySelector('#stage')?.dataset.state === '{state}'")).await;
}

async fn total(page: &Page, minor: i64) {
    page.until(&format!("document.querySelector('#total')?.dataset.minor === '{minor}'")).await;
}

/// The way to an element without a pointer.
pub async fn tab_to(page: &Page, id: &str) {
    for _ in 0..STOPS_MAX {
        if page.eval("return document.activeElement?.id").await == id {
            return;
        }
        page.press(Key::Tab).await;
    }
    panic!("the Tab key does not reach #{id}");
}

pub async fn speak(page: &Page, lang: &str) {
    if page.attribute("html", "lang").await != lang {
        tab_to(page, &format!("act-language-{lang}")).await;
        page.press(Key::Enter).await;
        page.until(&format!("document.documentElement.lang === '{lang}'")).await;
    }
}

pub async fn sign_in_by_keys(shop: &Shop) {
    let page = &shop.page;
    page.see("#pin").await;
    let chosen = page.attribute("input[name=name]:checked", "id").await;
    tab_to(page, &chosen).await;
    for _ in 0..STOPS_MAX {
        if page.attribute("input[name=name]:checked", "value").await == CASHIER {
            break;
        }
        page.press(Key::Down).await;
    }
    tab_to(page, "pin").await;
    page.type_text(&shop.pin(CASHIER)).await;
    page.press(Key::F(9)).await;
    page.until("document.body.dataset.page === 'sale'").await;
}

/// At the payers' page, with the supervisor's approval; ends at the payer's code.
pub async fn enrol_at_till(shop: &Shop, name: &str, phone: &str) {
    let page = &shop.page;
    page.click("#nav-payers").await;
    page.click("#enrol-name").await;
    page.type_text(name).await;
    page.click("#enrol-phone").await;
    page.type_text(phone).await;
    page.click("#enrol-consent").await;
    page.press(Key::F(9)).await;
    page.until("document.querySelector('#ask').open").await;
    page.type_text(&shop.pin(SUPERVISOR)).await;
    page.press(Key::F(9)).await;
    page.see("#payer-code").await;
}

/// The payer holds up their code, and the cashier looks at the till again.
pub async fn show_code(shop: &Shop) {
    shop.at_desk().await;
    shop.page.click("#scan-code").await;
    shop.at_till().await;
}

/// Three packs of eggs, found by name, and a bottle that the customer does not want after all.
pub async fn fill_basket_by_keys(page: &Page) {
    add_by_keys(page, "鲜鸡蛋").await;
    total(page, 1280).await;
    page.press(Key::F(3)).await;
    page.see("#quantity-input").await;
    page.type_text("3").await;
    page.press(Key::Enter).await;
    total(page, 3840).await;
    // The new total may come over the event stream before the answer that closes the dialog; until then F2 does nothing.
    page.until("!document.querySelector('dialog[open]')").await;
    add_by_keys(page, "农夫").await;
    total(page, 4040).await;
    page.press(Key::F(4)).await;
    total(page, 3840).await;
}

async fn add_by_keys(page: &Page, name: &str) {
    page.press(Key::F(2)).await;
    page.see("#search-input").await;
    page.type_text(name).await;
    page.press(Key::Enter).await;
    page.until("!document.querySelector('#search').open").await;
}

/// A whole sale; the payer's phone is before the camera.
pub async fn sell_by_keys(page: &Page) {
    begin_by_keys(page).await;
    page.press(Key::F(1)).await;
    page.see("#help").await;
    page.press(Key::Escape).await;
    page.until("!document.querySelector('#help').open").await;
    fill_basket_by_keys(page).await;
    page.press(Key::F(9)).await;
    finish_by_keys(page).await;
}

/// From the payer's code on.
pub async fn finish_by_keys(page: &Page) {
    stage(page, "PAYER_OK").await;
    page.type_text("y").await;
    page.see("#act-commit").await;
    page.press(Key::F(9)).await;
    page.see("#act-release").await;
    page.press(Key::F(9)).await;
    next(page).await;
}

/// After a release the next basket is open by itself.
pub async fn next(page: &Page) {
    stage(page, "DRAFT").await;
    page.until("document.querySelector('#basket-count').dataset.lines === '0'").await;
}

/// An empty basket, by `start` if none is open yet.
async fn begin(page: &Page, start: impl AsyncFnOnce()) {
    page.until("document.querySelector('#act-start') || document.querySelector('#basket-count')").await;
    if page.is("document.querySelector('#act-start')").await {
        start().await;
    }
    next(page).await;
}

pub async fn begin_by_keys(page: &Page) {
    begin(page, async || page.press(Key::F(9)).await).await;
}

pub async fn sign_in_by_touch(shop: &Shop) {
    touch_in(&shop.page, CASHIER, &shop.pin(CASHIER)).await;
}

pub async fn touch_in(page: &Page, name: &str, pin: &str) {
    page.tap(&format!("label:has(#staff-{name})")).await;
    for digit in pin.chars() {
        page.tap(&format!("[data-type='{digit}'][data-into=pin]")).await;
    }
    page.tap("#act-sign-in").await;
    page.until("document.body.dataset.page === 'sale'").await;
}

/// Goods by the handheld, one more by search; the payer's code by the handheld. The desk's page is the handheld.
pub async fn sell_by_touch(shop: &Shop) {
    let page = &shop.page;
    begin(page, async || page.tap("#act-start").await).await;
    shop.at_desk().await;
    page.tap("#goods-0").await;
    shop.at_till().await;
    total(page, 200).await;
    page.tap("#act-search").await;
    page.tap(".item[data-gtin='6911111111117']").await;
    total(page, 1480).await;
    page.tap("#line-0 [data-act=quantity]").await;
    page.tap("[data-type='2'][data-into=quantity-input]").await;
    page.tap("#act-set-quantity").await;
    total(page, 1680).await;
    shop.at_desk().await;
    page.tap("#scan-code").await;
    shop.at_till().await;
    stage(page, "PAYER_OK").await;
    page.tap("#act-same-yes").await;
    page.tap("#act-commit").await;
    page.tap("#act-release").await;
    next(page).await;
}
