//! A page whose shop goes away and comes back, in the middle of a sale. The lengths are the point: a browser gives an event
//! stream up for ever after some of them.

use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use crate::cashier::{begin_by_keys, fill_basket_by_keys, sign_in_by_keys};
use crate::driver::Key;
use crate::shop::Shop;

const OUTAGE: Duration = Duration::from_secs(8);

/// The service is down for the whole outage; the page says so, offers nothing, and comes back without a hand.
async fn outage_of(service: &str) {
    let shop = Shop::open("zh-CN").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    page.eval("window.same = true").await;

    let keeper = shop.house.keeper(service);
    let began = Instant::now();
    keeper.pause();
    page.until("document.body.dataset.link === 'down'").await;
    page.until("[...document.querySelectorAll('#stage button[data-act]')].every(button => button.disabled)")
        .await;
    page.see("#link").await;
    sleep_until((began + OUTAGE).into()).await;
    keeper.resume();

    page.until("document.body.dataset.link === 'up'").await;
    page.see("#act-read-code").await;
    assert_eq!(page.eval("return window.same").await, true, "the page was not loaded again");
    page.press(Key::F(3)).await;
    page.see("#quantity-input").await;
    page.type_text("2").await;
    page.press(Key::Enter).await;
    page.until("document.querySelector('#total').dataset.minor === '2560'").await;
}

#[tokio::test]
async fn the_page_recovers_by_itself_when_checkout_was_down_for_eight_seconds() {
    outage_of("checkout").await;
}

#[tokio::test]
async fn the_page_recovers_by_itself_when_the_till_was_down_for_eight_seconds() {
    outage_of("till").await;
}
