//! Every page in both languages, at the size of a till and at that of an office: target/screenshots.

use std::fs;
use std::path::PathBuf;

use chit_proto::checkout::v1::SaleState;
use serde_json::json;

use crate::cashier::{begin_by_keys, fill_basket_by_keys, next, sign_in_by_keys, speak, stage};
use crate::driver::Key;
use crate::shop::Shop;

const SIZES: [(u32, u32); 2] = [(1024, 600), (1920, 1080)];
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/screenshots");

struct Album<'a> {
    shop: &'a Shop,
    lang: &'static str,
}

impl Album<'_> {
    async fn keep(&self, name: &str) {
        let page = &self.shop.page;
        for (width, height) in SIZES {
            page.resize(width, height).await;
            // Pictures that are on their way belong to the page.
            page.until("[...document.images].every(image => image.complete)").await;
            let file = PathBuf::from(FOLDER).join(format!("{name}-{}-{width}x{height}.png", self.lang));
            fs::write(file, page.screenshot().await).unwrap();
        }
        println!("{name} {}", self.lang);
    }
}

pub async fn take() {
    fs::create_dir_all(FOLDER).unwrap();
    for lang in ["zh-CN", "en"] {
        let shop = Shop::open(lang).await;
        let album = Album { shop: &shop, lang };
        enrolment(&album).await;
        sale(&album).await;
        trouble(&album).await;
        office(&album).await;
    }
}

async fn enrolment(album: &Album<'_>) {
    let Album { shop, lang } = album;
    let page = &shop.page;
    page.see("#pin").await;
    speak(page, lang).await;
    page.see("#pin").await;
    album.keep("till-sign-in").await;
    shop.at_desk().await;
    album.keep("desk-first").await;
    shop.enrol().await;
    page.click("#open-drawer").await;
    page.until("document.querySelector('#card-picture').complete").await;
    album.keep("desk-drawer").await;
    page.click("#close-drawer").await;
    shop.at_till().await;
}

async fn sale(album: &Album<'_>) {
    let shop = album.shop;
    let page = &shop.page;
    sign_in_by_keys(shop).await;
    begin_by_keys(page).await;
    album.keep("till-empty").await;
    fill_basket_by_keys(page).await;
    shop.at_desk().await;
    for goods in ["#goods-1", "#goods-0", "#goods-3"] {
        page.click(goods).await;
    }
    shop.at_till().await;
    page.until("document.querySelector('#basket-count').dataset.lines === '4'").await;
    album.keep("till-basket").await;
    for (key, shown, name) in
        [(1, "#help", "till-help"), (2, "#act-add-0", "till-search"), (3, "#quantity-input", "till-quantity")]
    {
        page.press(Key::F(key)).await;
        page.see(shown).await;
        album.keep(name).await;
        page.press(Key::Escape).await;
        page.until("!document.querySelector('dialog[open]')").await;
    }
    shop.at_desk().await;
    page.click("#hold").await;
    page.until("document.querySelector('#phone').dataset.held === 'true'").await;
    shop.at_till().await;
    page.press(Key::F(9)).await;
    stage(page, "PAYER_OK").await;
    album.keep("till-payer").await;
    page.type_text("y").await;
    page.see("#act-commit").await;
    page.press(Key::F(9)).await;
    page.see("#act-release").await;
    album.keep("till-release").await;
    page.press(Key::F(9)).await;
    next(page).await;
    album.keep("till-next").await;
    desk(album).await;
}

/// The reply and the money, with a sale beside them.
async fn desk(album: &Album<'_>) {
    let shop = album.shop;
    let page = &shop.page;
    shop.at_desk().await;
    page.click("#hold").await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'CHALLENGED'").await;
    page.until("/\\d/.test(document.querySelector('#thread li.ours:last-child')?.textContent)").await;
    album.keep("desk-asked").await;
    shop.answer_sms().await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'VERIFIED'").await;
    page.click("#settle").await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'SETTLED'").await;
    album.keep("desk-paid").await;
    shop.at_till().await;
}

async fn trouble(album: &Album<'_>) {
    let shop = album.shop;
    let page = &shop.page;
    fill_basket_by_keys(page).await;
    shop.at_desk().await;
    page.click("#advance").await;
    page.click("#fault-paper-out").await;
    page.until("document.querySelector('#fault-paper-out').ariaChecked === 'true'").await;
    page.click("#scan-code").await;
    shop.at_till().await;
    stage(page, "PAYER_OK").await;
    page.click("#act-same-yes").await;
    page.click("#act-commit").await;
    page.see("#trouble").await;
    album.keep("till-paper-out").await;
    page.click("#act-void").await;
    page.until("document.querySelector('#ask')?.open || document.querySelector('#act-start, #basket-count')")
        .await;
    album.keep("till-approval").await;
    shop.house.simulators.printer.fault("paper_out", json!(false)).await.unwrap();
    page.press(Key::Escape).await;
    shop.house.keeper("checkout").pause();
    page.until("document.body.dataset.link === 'down'").await;
    album.keep("till-away").await;
    shop.house.keeper("checkout").resume();
    page.until("document.body.dataset.link === 'up'").await;
}

async fn office(album: &Album<'_>) {
    let shop = album.shop;
    let page = &shop.page;
    page.click("#nav-office").await;
    page.until("document.body.dataset.page === 'office'").await;
    page.see("#stage").await;
    album.keep("till-office").await;
    page.click("#nav-enquiry").await;
    page.until("document.body.dataset.page === 'enquiry'").await;
    album.keep("till-enquiry-empty").await;
    let sales = shop.sales().await;
    let settled = sales.iter().find(|sale| sale.state() == SaleState::Settled).unwrap();
    page.goto(&format!("{}enquiry?ref={}", shop.till_url, settled.receipt_no)).await;
    page.see("#evidence video").await;
    page.until("document.querySelector('#evidence video').readyState >= 2").await;
    album.keep("till-enquiry").await;
}
