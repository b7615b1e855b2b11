//! What is asked about once more before it is done, and what is done no oftener than somebody can mean it.

use chit_proto::checkout::v1::{BasketLine, Receipt, SaleState};
use http::StatusCode;

use crate::fake_checkout::{FakeCheckout, PIN, sale};
use crate::house::House;

const SALE: &str = "01M886YG7ZEZ5R2SDV87CJY32N";

async fn house_with(state: SaleState) -> (House, String) {
    let checkout = FakeCheckout::new();
    checkout.put(sale(SALE, state));
    let house = House::open_with(checkout).await;
    let li = house.sign_in("li").await;
    house.until(&li, |page| page.contains(SALE)).await;
    house.checkout.state().asked.clear();
    (house, li)
}

#[tokio::test]
async fn an_approval_shows_its_sum_and_counts_for_no_other() {
    let (house, li) = house_with(SaleState::PayerOk).await;
    let page = house.get("/", &li).await.text();
    assert!(page.contains(r#"name="tag" value="as-made""#), "the page names the basket that it shows");
    let form = format!("rid=commit-1&sale_id={SALE}&tag=as-made");
    let asked = house.post("/sale/commit", &li, &form).await.text();
    assert!(asked.contains("16.80") && asked.contains(r#"name="tag" value="as-made""#), "{asked}");
    let pen = BasketLine {
        description: "Stabilo".into(),
        quantity_milli: 1000,
        unit_price_minor: 590,
        total_minor: 590,
        ..BasketLine::default()
    };
    house.checkout.state().scanned_meanwhile = Some(pen);
    let with_pin = |tag: &str, was: &str| {
        format!("rid=commit-1&sale_id={SALE}&tag={tag}&was={was}&approver=wang&pin={PIN}")
    };
    let again = house.post("/sale/commit", &li, &with_pin("as-made", "¥ 16.80")).await;
    assert_eq!(again.header("x-chit-into"), "ask", "the approver is asked anew");
    let text = again.text();
    assert!(text.contains("BASKET_CHANGED") && text.contains("22.70") && text.contains("16.80"), "{text}");
    assert!(house.checkout.state().asked.is_empty(), "nothing was approved");
    house.post("/sale/commit", &li, &with_pin("newer", "¥ 22.70")).await;
    assert_eq!(house.checkout.state().asked, ["commit_sale approved by wang"]);
}

#[tokio::test]
async fn a_price_typed_by_hand_has_bounds_and_a_high_one_is_asked_about() {
    let (house, li) = house_with(SaleState::Draft).await;
    let add = |price: &str, more: &str| format!("rid=a&sale_id={SALE}&description=苹果&price={price}{more}");
    for price in ["0", "100000", "6901234567892"] {
        let refused = house.post("/basket/add", &li, &add(price, "&sure=yes")).await;
        assert!(refused.text().contains("PRICE_OUT_OF_RANGE"), "{price}: {}", refused.text());
    }
    let asked = house.post("/basket/add", &li, &add("500", "")).await;
    assert_eq!((asked.status, asked.header("x-chit-into")), (StatusCode::CONFLICT, "ask"));
    assert!(asked.text().contains(r#"name="sure" value="yes""#), "{}", asked.text());
    assert!(house.checkout.state().asked.is_empty());
    assert_eq!(house.post("/basket/add", &li, &add("500", "&sure=yes")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.checkout.state().asked, ["set_basket 3 lines 51680"]);
    let form = format!("rid=q&sale_id={SALE}&index=0&description=农夫山泉 550ml&quantity=6901234567892");
    let refused = house.post("/basket/quantity", &li, &form).await;
    assert!(
        refused.text().contains("QUANTITY_OUT_OF_RANGE"),
        "a code that went into the quantity: {}",
        refused.text()
    );
}

#[tokio::test]
async fn a_copy_says_what_it_is_and_there_are_three_at_most() {
    let (house, li) = house_with(SaleState::Printing).await;
    let copied = |copies| {
        let mut last = sale(SALE, SaleState::Released);
        last.receipt_no = "20261124-000183".into();
        last.receipt = Some(Receipt { originals: 1, copies, ..Receipt::default() });
        house.checkout.put(last);
    };
    copied(0);
    let page = house.until(&li, |page| page.contains(r#"id="act-reprint""#)).await;
    assert!(page.contains(&format!(r#"value="copy-{SALE}-1""#)));
    let told = house.post("/sale/reprint", &li, &format!("rid=copy-{SALE}-1&sale_id={SALE}&answer=1")).await;
    assert!(told.text().contains("20261124-000183"), "{}", told.text());
    copied(3);
    house.until(&li, |page| button(page).contains("disabled")).await;
    let fourth =
        house.post("/sale/reprint", &li, &format!("rid=copy-{SALE}-4&sale_id={SALE}&answer=4")).await;
    assert!(fourth.text().contains("COPY_LIMIT_REACHED"));
    assert_eq!(house.checkout.state().asked, [format!("reprint_receipt copy-{SALE}-1")]);
}

fn button(page: &str) -> &str {
    let at = page.find(r#"id="act-reprint""#).unwrap();
    page[at..].split('>').next().unwrap()
}
