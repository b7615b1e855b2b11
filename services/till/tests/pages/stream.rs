//! The event stream: always there, it carries changes and says when checkout is away.

use std::time::Duration;

use axum::body::BodyDataStream;
use chit_proto::checkout::v1::SaleState;
use futures::StreamExt as _;
use http::StatusCode;
use tokio::time::timeout;

use crate::fake_checkout::{FakeCheckout, sale};
use crate::house::{House, get};

const SALE: &str = "01M886YG7ZEZ5R2SDV87CJY32N";
const WAIT_MAX: Duration = Duration::from_secs(20);

/// Reads events until one has these words; returns all text so far.
async fn until(body: &mut BodyDataStream, wanted: &str) -> String {
    let mut heard = String::new();
    let reading = async {
        while !heard.contains(wanted) {
            let bytes = body.next().await.expect("the stream continues").unwrap();
            heard.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    };
    assert!(timeout(WAIT_MAX, reading).await.is_ok(), "no {wanted}");
    heard
}

async fn open(house: &House, path: &str, cookie: &str) -> BodyDataStream {
    let answer = house.send(get(path, cookie)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    answer.into_body().into_data_stream()
}

#[tokio::test]
async fn a_change_in_checkout_reaches_the_open_page_as_html() {
    let checkout = FakeCheckout::new();
    checkout.put(sale(SALE, SaleState::Draft));
    let house = House::open_with(checkout).await;
    let li = house.sign_in("li").await;
    let mut stream = open(&house, "/events?page=sale", &li).await;
    let first = until(&mut stream, r#"data-state="DRAFT""#).await;
    assert!(first.contains("event: build") && first.contains("event: up"), "{first:.200}");
    house.checkout.put(sale(SALE, SaleState::PayerOk));
    let next = until(&mut stream, r#"data-state="PAYER_OK""#).await;
    assert!(next.contains("event: patch"));
}

#[tokio::test]
async fn every_event_has_data_because_browsers_drop_those_without() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    let mut stream = open(&house, "/events?page=sale", &li).await;
    let heard = until(&mut stream, "event: beat\ndata: -\n\n").await;
    let events = heard.split("\n\n").filter(|event| event.contains("event:"));
    assert!(events.clone().count() >= 3);
    assert!(events.into_iter().all(|event| event.contains("\ndata: ")), "{heard}");
}

#[tokio::test]
async fn the_stream_outlives_checkout_and_says_so() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    let mut stream = open(&house, "/events?page=sale", &li).await;
    until(&mut stream, "event: up").await;
    house.checkout_ctx.shutdown.trigger();
    until(&mut stream, "event: down").await;
    drop(open(&house, "/events?page=sale", &li).await);
    let again = chit_runtime::Context::sandbox_in("checkout", house.dir.path());
    house.checkout.serve(&again);
    until(&mut stream, "event: up").await;
}

#[tokio::test]
async fn somebody_not_signed_in_is_sent_to_sign_in_and_hears_nothing_else() {
    let checkout = FakeCheckout::new();
    checkout.put(sale(SALE, SaleState::Draft));
    let house = House::open_with(checkout).await;
    let mut stream = open(&house, "/events?page=sale", "chit=0000").await;
    let heard = until(&mut stream, "event: signin").await;
    assert!(!heard.contains("patch") && !heard.contains(SALE), "{heard}");
}
