//! What the buttons of a sale ask of checkout.

use chit_proto::checkout::v1::{Attention, BasketLine, DeviceStatus, SaleState};
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
async fn a_quantity_is_changed_on_the_basket_that_checkout_has() {
    let (house, li) = house_with(SaleState::Draft).await;
    let form = format!("rid=a&sale_id={SALE}&index=0&description=农夫山泉 550ml&quantity=3");
    assert_eq!(house.post("/basket/quantity", &li, &form).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.checkout.state().asked, ["set_basket 2 lines 1880"]);
}

#[tokio::test]
async fn goods_that_are_scanned_while_a_quantity_is_typed_are_kept() {
    let (house, li) = house_with(SaleState::Draft).await;
    let pen = BasketLine {
        description: "Stabilo".into(),
        quantity_milli: 1000,
        unit_price_minor: 590,
        total_minor: 590,
        ..BasketLine::default()
    };
    house.checkout.state().scanned_meanwhile = Some(pen);
    let form = format!("rid=a&sale_id={SALE}&index=0&description=农夫山泉 550ml&quantity=3");
    assert_eq!(house.post("/basket/quantity", &li, &form).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.checkout.state().asked, ["set_basket 3 lines 2470"]);
}

#[tokio::test]
async fn goods_that_are_scanned_while_the_last_line_is_voided_are_kept() {
    let (house, li) = house_with(SaleState::Draft).await;
    let mut one = sale(SALE, SaleState::Draft);
    let pen = one.lines.pop();
    house.checkout.put(one);
    house.checkout.state().scanned_meanwhile = pen;
    let form = format!("rid=a&sale_id={SALE}&index=0&description=农夫山泉 550ml");
    assert_eq!(house.post("/basket/void-line", &li, &form).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.checkout.state().asked, ["set_basket 1 lines 1280"]);
}

#[tokio::test]
async fn the_last_line_is_voided_with_its_sale_if_it_is_the_one_that_was_meant() {
    let (house, li) = house_with(SaleState::Draft).await;
    let mut one = sale(SALE, SaleState::Draft);
    one.lines.truncate(1);
    house.checkout.put(one);
    let form = |description| format!("rid=a&sale_id={SALE}&index=0&description={description}");
    let other = house.post("/basket/void-line", &li, &form("something else")).await;
    assert!(other.text().contains("BASKET_CHANGED"));
    assert!(house.checkout.state().asked.is_empty());
    house.post("/basket/void-line", &li, &form("农夫山泉 550ml")).await;
    assert_eq!(house.checkout.state().asked, ["void_sale", &format!("start_sale after-{SALE}")]);
}

#[tokio::test]
async fn a_line_that_is_another_by_now_is_left_alone() {
    let (house, li) = house_with(SaleState::Draft).await;
    let form = format!("rid=a&sale_id={SALE}&index=0&description=something else");
    let answer = house.post("/basket/void-line", &li, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("BASKET_CHANGED"));
    assert!(house.checkout.state().asked.is_empty());
}

#[tokio::test]
async fn goods_typed_by_hand_are_taken_with_their_price_or_refused_in_words() {
    let (house, li) = house_with(SaleState::Draft).await;
    let form = format!("rid=a&sale_id={SALE}&description=苹果&price=3.50");
    assert_eq!(house.post("/basket/add", &li, &form).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.checkout.state().asked, ["set_basket 3 lines 2030"]);
    let form = format!("rid=b&sale_id={SALE}&description=苹果&price=three");
    let answer = house.post("/basket/add", &li, &form).await;
    assert_eq!(answer.header("x-chit-into"), "notice");
    assert!(answer.text().contains("12.80"), "says how to type it: {}", answer.text());
}

#[tokio::test]
async fn a_second_person_is_asked_in_place_and_never_the_cashier_himself() {
    let (house, li) = house_with(SaleState::PayerOk).await;
    let form = format!("rid=commit-1&sale_id={SALE}");
    let asked = house.post("/sale/commit", &li, &form).await;
    assert_eq!((asked.status, asked.header("x-chit-into")), (StatusCode::FORBIDDEN, "ask"));
    assert!(
        asked.text().contains(r#"name="approver" value="wang""#) && !asked.text().contains(r#"value="li""#)
    );
    let wrong = house.post("/sale/commit", &li, &format!("{form}&approver=wang&pin=000000")).await;
    assert!(wrong.header("x-chit-into") == "ask" && wrong.text().contains("PIN_WRONG"), "{}", wrong.text());
    assert!(!wrong.text().contains("000000"), "a PIN never comes back");
    let right = house.post("/sale/commit", &li, &format!("{form}&approver=wang&pin={PIN}")).await;
    assert_eq!(right.status, StatusCode::NO_CONTENT);
    assert_eq!(house.checkout.state().asked, ["commit_sale approved by wang"]);
}

#[tokio::test]
async fn releasing_opens_the_next_sale_and_a_second_press_opens_no_other() {
    let (house, li) = house_with(SaleState::Printing).await;
    let form = format!("rid=release-{SALE}&sale_id={SALE}");
    for _press in 0..2 {
        assert_eq!(house.post("/sale/release", &li, &form).await.status, StatusCode::NO_CONTENT);
    }
    let next = format!("start_sale after-{SALE}");
    let asked = house.checkout.state().asked.clone();
    assert_eq!(
        asked.iter().filter(|call| **call == next).count(),
        2,
        "the same request id both times: {asked:?}"
    );
}

#[tokio::test]
async fn each_trouble_says_what_is_safe_and_offers_its_action() {
    for (attention, buttons) in [
        (Attention::PrintUnknown, vec!["act-whole-yes", "act-whole-no", "act-void"]),
        (Attention::EvidenceMissing, vec!["act-override", "act-void"]),
        (Attention::PrintBlocked, vec!["act-check", "act-void"]),
    ] {
        let (house, li) = house_with(SaleState::Printing).await;
        let mut troubled = sale(SALE, SaleState::Printing);
        troubled.attention = vec![attention as i32];
        house.checkout.put(troubled);
        let page = house.until(&li, |page| page.contains(r#"id="trouble""#)).await;
        for button in buttons {
            assert!(page.contains(&format!(r#"id="{button}""#)), "{attention:?} lacks {button}");
        }
        assert!(!page.contains(r#"id="act-release""#), "{attention:?}");
    }
}

#[tokio::test]
async fn a_second_trouble_is_named_beside_the_first_and_never_hides_behind_the_release() {
    let (house, li) = house_with(SaleState::Printing).await;
    let mut troubled = sale(SALE, SaleState::Printing);
    troubled.attention =
        [Attention::Release, Attention::PrintUnknown, Attention::EvidenceMissing].map(i32::from).to_vec();
    house.checkout.put(troubled);
    let page = house.until(&li, |page| page.contains(r#"data-trouble="PRINT_UNKNOWN""#)).await;
    assert!(page.contains(r#"data-also="EVIDENCE_MISSING""#), "{page}");
    assert!(!page.contains(r#"id="act-release""#));
}

#[tokio::test]
async fn checking_again_names_what_is_broken_still_and_is_silent_once_all_is_well() {
    let (house, li) = house_with(SaleState::Printing).await;
    let form = format!("rid=check&sale_id={SALE}");
    let broken = DeviceStatus { name: "printer".into(), state: "PAPER_OUT".into(), ok: false };
    house.checkout.state().devices = vec![broken];
    let answer = house.post("/sale/check", &li, &form).await;
    assert_eq!((answer.status, answer.header("x-chit-into")), (StatusCode::CONFLICT, "notice"));
    assert!(answer.text().contains("缺纸"), "{}", answer.text());
    house.checkout.state().devices.clear();
    assert_eq!(house.post("/sale/check", &li, &form).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_sale_cannot_be_completed_before_the_faces_were_compared() {
    let (house, li) = house_with(SaleState::PayerOk).await;
    let button = |page: &str| {
        let at = page.find(r#"id="act-commit""#).unwrap();
        page[at..].split('>').next().unwrap().to_owned()
    };
    let page = house.get("/", &li).await.text();
    assert!(button(&page).contains("disabled"), "{}", button(&page));
    let mut same = sale(SALE, SaleState::PayerOk);
    same.same_person = Some(true);
    house.checkout.put(same);
    house.until(&li, |page| !button(page).contains("disabled")).await;
}
