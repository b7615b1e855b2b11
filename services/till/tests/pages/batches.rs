//! Batches for the bank: both sources side by side, the accountant's papers, and what people say about files and papers.

use chit_proto::checkout::v1::{HandOver, LedgerSums, ReconcileResponse, ReconciledBatch};
use chit_proto::money::v1::Money;
use http::StatusCode;

use crate::fake_checkout::PIN;
use crate::house::House;

const ID: &str = "01KAV00000000000000000000B";

fn cny(amount_minor: i64) -> Option<Money> {
    Some(Money { amount_minor, currency_code: "CNY".into() })
}

fn reconciled(booked_minor: i64, hand_over: HandOver) -> ReconcileResponse {
    let ledger =
        LedgerSums { received: cny(booked_minor), refused: cny(0), returned: cny(0), in_flight: cny(0) };
    let batch = ReconciledBatch {
        batch_id: ID.into(),
        expected: cny(1_250),
        received: cny(1_250),
        refused: cny(0),
        returned: cny(0),
        open: cny(0),
        ledger: Some(ledger),
        agrees: booked_minor == 1_250,
        hand_over: hand_over as i32,
        ..Default::default()
    };
    ReconcileResponse { batches: vec![batch], agrees: booked_minor == 1_250, ..Default::default() }
}

#[tokio::test]
async fn a_batch_shows_both_sources_and_marks_where_they_differ() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    assert!(house.get("/batches", &format!("{li}; chit-lang=en")).await.text().contains("has no bank"));
    house.checkout.state().reconciled = Some(reconciled(1_250, HandOver::Unspecified));
    let page = house.get("/batches", &li).await.text();
    assert!(page.contains(&format!("data-batch=\"{ID}\" data-agrees=\"true\"")), "{page}");
    assert!(!page.contains("data-differs=\"true\"") && !page.contains("/batches/hand-over"), "{page}");
    house.checkout.state().reconciled = Some(reconciled(1_249, HandOver::Unspecified));
    let page = house.get("/batches", &li).await.text();
    assert!(page.contains("data-agrees=\"false\"") && page.contains("12.49"), "{page}");
}

#[tokio::test]
async fn the_accountant_takes_the_report_along_in_the_language_of_the_page() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    for (file, kind, tag) in
        [("pdf", "application/pdf", "PDF zh-CN"), ("csv", "text/csv; charset=utf-8", "CSV en")]
    {
        let lang = tag.split(' ').nth(1).unwrap();
        let got =
            house.get(&format!("/batches/reconciliation.{file}"), &format!("{li}; chit-lang={lang}")).await;
        assert_eq!((got.status, got.header("content-type")), (StatusCode::OK, kind));
        assert!(got.text().ends_with(tag), "{}", got.text());
    }
    assert_eq!(house.get("/batches/other.pdf", &li).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_in_doubt_is_a_supervisors_question_and_is_handed_over_again_only_if_they_say_so() {
    let house = House::open().await;
    house.checkout.state().reconciled = Some(reconciled(1_250, HandOver::InDoubt));
    let wang = house.sign_in("wang").await;
    let page = house.get("/batches", &wang).await.text();
    assert!(
        page.contains("data-hand-over=\"IN_DOUBT\"") && page.contains("data-act=\"hand-over-again\""),
        "{page}"
    );
    for (found, again) in [("arrived", false), ("again", true)] {
        let form = format!("rid={found}&batch_id={ID}&found={found}");
        let answer = house.post("/batches/hand-over", &wang, &form).await;
        assert_eq!((answer.status, answer.header("x-chit-go")), (StatusCode::NO_CONTENT, "/batches"));
        let asked = house.checkout.state().asked.clone();
        assert!(asked.contains(&format!("resolve_hand_over again={again}")), "{asked:?}");
    }
}

#[tokio::test]
async fn a_line_of_a_paper_statement_asks_for_a_second_person() {
    let house = House::open().await;
    let wang = house.sign_in("wang").await;
    let form =
        "rid=a&statement=page+3&sale=8F3K&outcome=RETURNED&amount=12.50&reason=md06&booked_on=2026-12-08";
    let asked = house.post("/batches/mark", &wang, form).await;
    assert_eq!((asked.status, asked.header("x-chit-into")), (StatusCode::FORBIDDEN, "ask"));
    assert!(asked.text().contains("value=\"8F3K\""), "the line is kept: {}", asked.text());
    let marked = house.post("/batches/mark", &wang, &format!("{form}&approver=zhao&pin={PIN}")).await;
    assert_eq!(marked.status, StatusCode::NO_CONTENT, "{}", marked.text());
    let told = house.checkout.state().asked.clone();
    assert!(told.contains(&"mark 8F3K STATEMENT_OUTCOME_RETURNED 1250 2026-12-08".to_owned()), "{told:?}");
    let wrong = house.post("/batches/mark", &wang, &form.replace("12.50", "12,50")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}
