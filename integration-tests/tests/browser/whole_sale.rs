//! Whole sales: by keyboard only, by touch only, in both languages; the desk's reply settles them.

use crate::cashier::{sell_by_keys, sell_by_touch, sign_in_by_keys, sign_in_by_touch, speak};
use crate::driver::Page;
use crate::shop::Shop;

async fn sale_is(page: &Page, state: &str) {
    page.until(&format!("document.querySelector('#sale-state')?.dataset.state === '{state}'")).await;
}

async fn money_is(page: &Page, pending: i64, taken: i64) {
    let money = "document.querySelector('#money').dataset";
    page.until(&format!("{money}.pending === '{pending}' && {money}.taken === '{taken}'")).await;
}

#[tokio::test]
async fn the_till_speaks_the_language_that_was_chosen_at_the_desk() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    for lang in ["zh-CN", "en"] {
        shop.at_desk().await;
        if page.attribute("html", "lang").await != lang {
            page.click(&format!("#language-{lang}")).await;
            page.until(&format!("document.documentElement.lang === '{lang}'")).await;
        }
        shop.at_till().await;
        page.goto(&shop.till_url).await;
        page.until(&format!("document.documentElement.lang === '{lang}'")).await;
    }
}

/// Steps 4 and 5 of the desk's guide: the SMS, its answer, and the money.
async fn pay(shop: &Shop, before: i64, amount: i64) {
    let page = &shop.page;
    shop.at_desk().await;
    sale_is(page, "CHALLENGED").await;
    money_is(page, amount, before).await;
    page.until("/\\d/.test(document.querySelector('#thread li.ours:last-child')?.textContent)").await;
    shop.answer_sms().await;
    sale_is(page, "VERIFIED").await;
    page.click("#settle").await;
    sale_is(page, "SETTLED").await;
    money_is(page, 0, before + amount).await;
}

#[tokio::test]
async fn a_sale_by_keyboard_alone_is_settled_by_the_payers_reply_in_both_languages() {
    let shop = Shop::open_with_payer("zh-CN").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    shop.at_desk().await;
    page.click("#hold").await;
    page.until("document.querySelector('#phone').dataset.held === 'true'").await;
    shop.at_till().await;
    sell_by_keys(page).await;
    pay(&shop, 0, 3840).await;
    page.until("document.querySelector('#guide').dataset.done === '5'").await;

    page.click("#advance").await;
    shop.at_till().await;
    speak(page, "en").await;
    sell_by_keys(page).await;
    pay(&shop, 3840, 3840).await;
}

#[tokio::test]
async fn a_sale_by_touch_alone_is_settled_by_the_payers_reply_in_both_languages() {
    let shop = Shop::open_with_payer("zh-CN").await;
    let page = &shop.page;
    sign_in_by_touch(&shop).await;
    sell_by_touch(&shop).await;
    pay(&shop, 0, 1680).await;

    page.tap("#advance").await;
    shop.at_till().await;
    page.tap("[id^=act-language-]").await;
    page.until("document.documentElement.lang === 'en'").await;
    sell_by_touch(&shop).await;
    pay(&shop, 1680, 1680).await;
}
