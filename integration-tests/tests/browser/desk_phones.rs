//! The desk has the phone of everybody who was enrolled, here or at the till.

use chit_integration_tests::payer::row_in;

use crate::cashier::{enrol_at_till, sign_in_by_keys};
use crate::shop::Shop;

#[tokio::test]
async fn a_payer_enrolled_at_the_till_has_a_phone_on_the_desk_beside_the_others() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    enrol_at_till(&shop, "Li Lei", "13900001111").await;

    shop.at_desk().await;
    page.until("document.querySelector('#phones').dataset.phones === '2'").await;
    assert_eq!(page.attribute("#phone", "data-state").await, "ACTIVE", "the first phone stays in hand");
    page.click("#phones [aria-pressed='false']").await;
    page.until("document.querySelector('#phone').dataset.state === 'PENDING'").await;
    assert_eq!(page.text("#phone .who").await, "Li Lei +8613900001111");
    assert!(row_in(&page.text("#thread li.ours").await).is_some(), "their own SMS");
    page.see("#open-drawer").await;
    page.click("#phones [aria-pressed='false']").await;
    page.see("#code").await;
}
