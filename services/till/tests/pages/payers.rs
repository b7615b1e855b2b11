//! Enrolment, and another phone or card.

use chit_proto::checkout::v1::{ChangeWarning, Payer};
use http::StatusCode;

use crate::fake_checkout::{FakeCheckout, PIN};
use crate::fake_payers::payer;
use crate::house::House;

async fn house_with(name: &str) -> (House, String) {
    let house = House::open_with(FakeCheckout::new()).await;
    let staff = house.sign_in(name).await;
    house.checkout.state().asked.clear();
    (house, staff)
}

#[tokio::test]
async fn a_payer_is_enrolled_with_his_consent_and_a_supervisors_pin() {
    let (house, li) = house_with("li").await;
    let form = "rid=e1&name=王小明&phone=13800001234&lang=zh-CN";
    let without = house.post("/payers/enrol", &li, form).await;
    assert!(without.text().contains("CONSENT_MISSING"), "{}", without.text());
    let form = format!("{form}&consent=yes");
    let asked = house.post("/payers/enrol", &li, &form).await;
    assert_eq!((asked.status, asked.header("x-chit-into")), (StatusCode::FORBIDDEN, "ask"));
    assert!(
        asked.text().contains("王小明") && !asked.text().contains(r#"name="second""#),
        "{}",
        asked.text()
    );
    let done = house.post("/payers/enrol", &li, &format!("{form}&approver=wang&pin={PIN}")).await;
    assert_eq!(done.header("x-chit-go"), format!("/payers/{}", payer().payer_id));
    assert_eq!(house.checkout.state().asked, ["enrol_payer 王小明 in zh-CN approved by wang"]);
}

#[tokio::test]
async fn another_phone_or_card_takes_two_people_whose_pins_never_come_back() {
    let (house, li) = house_with("li").await;
    for (to, call) in [("/payers/phone", "change_phone"), ("/payers/card", "reset_payer")] {
        house.checkout.state().asked.clear();
        let form = format!("rid=c1&payer_id={}&phone=13700003333", payer().payer_id);
        let asked = house.post(to, &li, &form).await;
        for field in ["approver", "pin", "second", "second_pin"] {
            assert!(asked.text().contains(&format!(r#"name="{field}""#)), "{to} lacks {field}");
        }
        assert!(!asked.text().contains(r#"name="approver" value="li""#), "a cashier approves second only");
        let wrong = format!("{form}&approver=wang&pin={PIN}&second=li&second_pin=987654");
        let wrong = house.post(to, &li, &wrong).await;
        assert!(wrong.text().contains("PIN_WRONG"));
        assert!(!wrong.text().contains(PIN) && !wrong.text().contains("987654"), "{}", wrong.text());
        let right = format!("{form}&approver=wang&pin={PIN}&second=li&second_pin={PIN}");
        assert_eq!(house.post(to, &li, &right).await.status, StatusCode::NO_CONTENT);
        assert_eq!(house.checkout.state().asked, [format!("{call} approved by wang and li")]);
    }
}

#[tokio::test]
async fn a_payers_code_is_shown_saved_and_printed_while_it_is_handed_over() {
    let (house, li) = house_with("li").await;
    let page = format!("/payers/{}", payer().payer_id);
    let file = |name: &str| format!("{page}/{name}?serial=0");
    assert!(!house.get(&page, &li).await.text().contains("payer-code"), "it was handed over long ago");
    assert_eq!(house.get(&file("code.png"), &li).await.status, StatusCode::NOT_FOUND);
    house.checkout.state().code_png = grey_png();
    let shown = house.get(&page, &li).await.text();
    for part in ["payer-code-picture", "act-print-code", "act-save-png", "act-save-pdf"] {
        assert!(shown.contains(&format!(r#"id="{part}""#)), "{part} is missing: {shown}");
    }
    let png = house.get(&file("code.png"), &li).await;
    assert_eq!((png.status, png.header("content-type")), (StatusCode::OK, "image/png"));
    let pdf = house.get(&file("code.pdf"), &li).await;
    assert_eq!((pdf.status, pdf.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-1."));
    assert_eq!(house.get(&file("code.svg"), &li).await.status, StatusCode::NOT_FOUND);
}

/// Four grey pixels.
fn grey_png() -> Vec<u8> {
    let mut made = Vec::new();
    let mut encoder = png::Encoder::new(&mut made, 2, 2);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[0, 255, 255, 0]).unwrap();
    made
}

#[tokio::test]
async fn the_photo_of_a_payer_who_is_not_here_is_for_supervisors() {
    let (house, li) = house_with("li").await;
    let wang = house.sign_in("wang").await;
    let photo = format!("/payer/{}/photo.jpg", payer().payer_id);
    assert_eq!(house.get(&photo, &li).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get(&photo, &wang).await.status, StatusCode::OK);
    let page = format!("/payers/{}", payer().payer_id);
    assert!(!house.get(&page, &li).await.text().contains("photo.jpg"));
    assert!(house.get(&page, &wang).await.text().contains("photo.jpg"));
}

#[tokio::test]
async fn the_list_is_searched_by_the_end_of_a_reference_or_by_a_cards_serial() {
    let (house, li) = house_with("li").await;
    for (query, found) in [("3355", true), ("31276793", true), ("0000", false)] {
        let page = house.get(&format!("/payers?q={query}"), &li).await.text();
        assert_eq!(page.contains("data-payer"), found, "{query}");
    }
}

#[tokio::test]
async fn an_old_number_that_was_not_told_of_a_change_is_shown() {
    let (house, li) = house_with("li").await;
    let page = format!("/payers/{}", payer().payer_id);
    assert!(!house.get(&page, &li).await.text().contains("old-number"), "nothing was changed");
    for (warning, name) in [(ChangeWarning::NotSent, "NOT_SENT"), (ChangeWarning::Delivered, "DELIVERED")] {
        let changed = Payer {
            change_time: Some(prost_types::Timestamp { seconds: 1_780_000_000, nanos: 0 }),
            change_warning: warning as i32,
            ..payer()
        };
        house.checkout.state().payer = Some(changed);
        let page = house.get(&page, &li).await.text();
        assert!(page.contains(&format!(r#"data-warning="{name}""#)), "{page}");
        assert_eq!(page.contains("未通知到"), warning == ChangeWarning::NotSent);
    }
}
