//! What the pages say, in both languages.

use chit_proto::checkout::v1::{DeviceStatus, SaleState};

use crate::fake_checkout::{FakeCheckout, sale};
use crate::house::House;

const SALE: &str = "01M886YG7ZEZ5R2SDV87CJY32N";
/// TOO_MANY_UNVERIFIED and FACE_NOT_CONFIRMED.
const RISK: u32 = 1 << 3 | 1 << 11;

async fn house() -> (House, String) {
    let checkout = FakeCheckout::new();
    let mut selling = sale(SALE, SaleState::PayerOk);
    selling.risk_result = RISK;
    checkout.put(selling);
    {
        let mut state = checkout.state();
        state.waiting = 14;
        state.devices = vec![DeviceStatus { name: "printer".into(), state: "PAPER_OUT".into(), ok: false }];
    }
    let house = House::open_with(checkout).await;
    let li = house.sign_in("li").await;
    (house, li)
}

#[tokio::test]
async fn the_sale_page_speaks_both_languages() {
    let (house, li) = house().await;
    let words = [
        ("zh-CN", ["14 笔待扣款", "打印机 缺纸", "未确认的销售过多", "是照片上的人吗", "完成销售"]),
        (
            "en",
            [
                "14 deductions waiting",
                "Printer paper out",
                "Too many unanswered sales",
                "the person in the photo",
                "Complete sale",
            ],
        ),
    ];
    for (lang, words) in words {
        let page = house.get("/", &format!("{li}; chit-lang={lang}")).await.text();
        assert!(page.contains(&format!(r#"<html lang="{lang}">"#)));
        for word in words {
            assert!(page.contains(word), "{lang}: {word} is not on the page");
        }
    }
}

#[tokio::test]
async fn the_newest_line_comes_first_with_its_total_beside_the_unit_price() {
    let (house, li) = house().await;
    let page = house.get("/", &li).await.text();
    let (newest, oldest) = (page.find(r#"id="line-1""#).unwrap(), page.find(r#"id="line-0""#).unwrap());
    assert!(newest < oldest);
    assert!(page[oldest..].contains("2.00 × 2") && page[oldest..].contains(">4.00<"));
    assert!(page.contains(r#"id="total" data-minor="1680""#));
}

#[tokio::test]
async fn a_reload_shows_the_same_sale_and_stores_nothing_in_the_browser() {
    let (house, li) = house().await;
    let (first, again) = (house.get("/", &li).await, house.get("/", &li).await);
    assert_eq!(first.text(), again.text());
    assert!(first.header("set-cookie").is_empty());
    let script = include_str!("../../assets/till.js");
    assert!(
        !script.contains("localStorage")
            && !script.contains("sessionStorage")
            && !script.contains("indexedDB")
    );
}

#[tokio::test]
async fn a_page_is_light() {
    let (house, li) = house().await;
    let page = house.get("/", &li).await;
    let text = page.text();
    let mut bytes = page.body.len();
    for asset in text.split('"').filter(|word| word.starts_with("/assets/")) {
        let asset = house.get(asset, "").await;
        assert!(asset.header("cache-control").contains("immutable"));
        bytes += asset.body.len();
    }
    assert!(bytes <= 60 * 1024, "{bytes} bytes; at most 60 KB are transferred for the till page");
}
