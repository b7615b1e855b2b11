//! The shop's limits, and what it refuses besides.

use chit_checkout::Config;
use chit_proto::checkout::v1 as proto;
use chit_proto::money::v1::Money;
use tonic::Status;

use super::reason;
use crate::custody::sell;
use crate::house::House;
use crate::sale::{commit, confirm, draft, enrol};

/// A shop with these lines in `[checkout]`, and its payer.
async fn shop(toml: &str) -> (House, proto::Payer) {
    let config: Config = toml::from_str(toml).unwrap();
    let mut house = House::open_with(false, |_, _| config).await;
    let payer = enrol(&mut house).await;
    (house, payer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_is_named_when_it_is_passed() {
    for (toml, expected) in [
        ("[risk]\nrefuse = [\"OVER_SALE_LIMIT\"]\n[limits]\nsale_minor = 1249", "OVER_SALE_LIMIT"),
        ("[limits]\nsale_minor = 1249", "APPROVAL_REQUIRED"),
        ("[risk]\nrefuse = [\"OVER_PAYER_LIMIT\"]\n[limits]\npayer_minor = 1249", "OVER_PAYER_LIMIT"),
        ("[limits]\npayer_minor = 1249", "APPROVAL_REQUIRED"),
        ("[limits]\ntill_minor = 1249", "OVER_TILL_LIMIT"),
        ("[limits]\npayer_day_minor = 1249", "OVER_DAY_LIMIT"),
    ] {
        let (mut house, payer) = shop(toml).await;
        let sale = draft(&mut house, &payer).await;
        assert_eq!(reason(commit(&house, &sale.sale_id)).await, expected);
        assert!(house.world.facts().ids("pending").is_empty());
    }
    let (mut house, payer) =
        shop("[limits]\nsale_minor = 1250\npayer_minor = 1250\npayer_day_minor = 1250\ntill_minor = 1250")
            .await;
    let sale = draft(&mut house, &payer).await;
    commit(&house, &sale.sale_id).await.expect("a limit itself may be reached");
}

/// One basket for the payer of this code, looked at by the cashier or not.
async fn buys(house: &House, code: Vec<u8>, looked_at: bool) -> Result<(), Status> {
    let start = proto::StartSaleRequest { request_id: house.new_id(), ..Default::default() };
    let sale_id = house.sales().start_sale(start).await?.into_inner().sale.unwrap().sale_id;
    let line = proto::BasketLine {
        description: "tea".into(),
        quantity_milli: 1_000,
        unit_price_minor: 350,
        total_minor: 350,
        ..Default::default()
    };
    let basket = proto::SetBasketRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        lines: vec![line],
        total: Some(Money { amount_minor: 350, currency_code: "CNY".into() }),
        ..Default::default()
    };
    house.sales().set_basket(basket).await?;
    let (request_id, engine) = (house.new_id(), "test".into());
    let present = proto::PresentPayerRequest { request_id, sale_id: sale_id.clone(), code, engine };
    house.sales().present_payer(present).await?;
    if looked_at {
        confirm(house, &sale_id).await;
    }
    commit(house, &sale_id).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_sales_to_answer_for_buys_no_more_than_the_shop_lets_wait_and_not_for_ever() {
    let (mut house, payer) =
        shop("[risk]\nrefuse = [\"TOO_MANY_UNVERIFIED\"]\n[limits]\npayer_unverified_sales = 1").await;
    sell(&mut house, &payer).await;
    assert_eq!(reason(buys(&house, house.payer_code(&payer), true)).await, "TOO_MANY_UNVERIFIED");

    let (mut house, payer) = shop("[limits]\noldest_unverified_days = 1").await;
    sell(&mut house, &payer).await;
    house.advance_hours(25);
    assert_eq!(reason(buys(&house, house.payer_code(&payer), true)).await, "OLDEST_UNVERIFIED_TOO_OLD");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_shop_chose_to_refuse_is_refused_by_its_name() {
    let (house, payer) = shop("[risk]\nrefuse = [\"CODE_EXPIRES_SOON\", \"FACE_NOT_CONFIRMED\"]").await;
    assert_eq!(reason(buys(&house, house.payer_code(&payer), false)).await, "FACE_NOT_CONFIRMED");
    // Of the 90 days that a code is good for.
    house.advance_hours(24 * 80);
    assert_eq!(reason(buys(&house, house.payer_code(&payer), true)).await, "CODE_EXPIRES_SOON");
}
