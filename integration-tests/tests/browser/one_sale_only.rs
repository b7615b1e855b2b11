//! Impatient fingers, reloads and the back button: one sale all the same.

use chit_proto::checkout::v1::{Sale, SaleState};

use crate::cashier::{begin_by_keys, fill_basket_by_keys, next, show_code, sign_in_by_keys, stage};
use crate::shop::Shop;

/// All but the next customer's empty basket.
async fn sold(shop: &Shop) -> Vec<Sale> {
    let mut sales = shop.sales().await;
    sales.retain(|sale| sale.state() != SaleState::Draft);
    sales
}

#[tokio::test]
async fn a_double_click_on_complete_makes_one_sale_and_one_receipt() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    show_code(&shop).await;
    stage(page, "PAYER_OK").await;
    page.click("#act-same-yes").await;
    page.see("#act-commit").await;
    page.eval("const commit = document.querySelector('#act-commit'); commit.click(); commit.click()").await;
    page.see("#act-release").await;
    page.eval("const release = document.querySelector('#act-release'); release.click(); release.click()")
        .await;
    next(page).await;
    let sales = sold(&shop).await;
    assert_eq!(sales.len(), 1, "{sales:?}");
    assert_eq!(sales[0].receipt.as_ref().unwrap().originals, 1);
}

#[tokio::test]
async fn a_reload_and_the_back_button_show_the_sale_as_it_is() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;

    page.reload().await;
    page.until("document.querySelector('#total')?.dataset.minor === '3840'").await;
    page.click("#nav-office").await;
    page.until("document.body.dataset.page === 'office'").await;
    shop.at_desk().await;
    page.click("#scan-code").await;
    page.until("document.querySelector('#sale-state')?.dataset.state === 'PAYER_OK'").await;
    shop.at_till().await;
    page.back().await;
    stage(page, "PAYER_OK").await;
    page.click("#act-same-yes").await;
    page.click("#act-commit").await;
    page.see("#act-release").await;
    page.reload().await;
    page.click("#act-release").await;
    next(page).await;
    page.back().await;
    page.see("#act-sign-out, #act-sign-in").await;
    let sales = sold(&shop).await;
    assert_eq!(sales.len(), 1, "{sales:?}");
    assert!(sales[0].state() as i32 >= SaleState::Released as i32);
}
