//! At the counter: baskets, scans, commits.

use chit_proto::checkout::v1 as proto;
use chit_proto::money::v1::Money;

use super::reason;
use crate::house::House;
use crate::sale::{commit, draft, enrol};

async fn started(house: &House) -> String {
    let start = proto::StartSaleRequest { request_id: house.new_id(), ..Default::default() };
    house.sales().start_sale(start).await.unwrap().into_inner().sale.unwrap().sale_id
}

fn line(quantity_milli: i64, minor: i64) -> proto::BasketLine {
    proto::BasketLine {
        description: "tea".into(),
        quantity_milli,
        unit_price_minor: minor,
        total_minor: minor,
        ..Default::default()
    }
}

fn basket(house: &House, sale_id: &str, lines: Vec<proto::BasketLine>) -> proto::SetBasketRequest {
    let amount_minor = lines.iter().map(|line| line.total_minor).sum();
    proto::SetBasketRequest {
        request_id: house.new_id(),
        sale_id: sale_id.into(),
        lines,
        total: Some(Money { amount_minor, currency_code: "CNY".into() }),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_basket_that_cannot_be_is_refused_and_the_one_before_stands() {
    let house = House::open(false).await;
    let lane = proto::StartSaleRequest { request_id: house.new_id(), lane: "no name!".into() };
    assert_eq!(reason(house.sales().start_sale(lane)).await, "LANE_INVALID");
    let sale_id = started(&house).await;
    let first = house.sales().set_basket(basket(&house, &sale_id, vec![line(1_000, 350)])).await.unwrap();
    let cases = [
        (Vec::new(), "BASKET_EMPTY"),
        (vec![line(0, 350)], "BASKET_INVALID"),
        (vec![line(1_000, -1)], "AMOUNT_NEGATIVE"),
    ];
    for (lines, expected) in cases {
        let set = basket(&house, &sale_id, lines);
        assert_eq!(reason(house.sales().set_basket(set)).await, expected);
    }
    let euros = Some(Money { amount_minor: 350, currency_code: "EUR".into() });
    let set = proto::SetBasketRequest { total: euros, ..basket(&house, &sale_id, vec![line(1_000, 350)]) };
    assert_eq!(reason(house.sales().set_basket(set)).await, "CURRENCY_UNKNOWN");
    let set = proto::SetBasketRequest {
        if_basket_tag: "another".into(),
        ..basket(&house, &sale_id, vec![line(1_000, 350)])
    };
    assert_eq!(reason(house.sales().set_basket(set)).await, "BASKET_CHANGED");
    let get = proto::GetSaleRequest { sale_id };
    let stands = house.sales().get_sale(get).await.unwrap().into_inner().sale.unwrap();
    assert_eq!(stands.lines, first.into_inner().sale.unwrap().lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_asked_for_a_while_that_a_person_would_wait_and_says_when_it_saw_nothing() {
    let house = House::open(false).await;
    let sale_id = started(&house).await;
    let scan = |timeout_ms| proto::ScanPayerRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        timeout_ms,
    };
    for timeout_ms in [99, 30_001] {
        assert_eq!(
            reason(house.sales().scan_payer(scan(timeout_ms))).await,
            "TIMEOUT_INVALID",
            "{timeout_ms}"
        );
    }
    assert_eq!(reason(house.sales().scan_payer(scan(100))).await, "NO_CODE_SEEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_committed_without_goods_payer_and_a_look_at_them() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale_id = started(&house).await;
    assert_eq!(reason(commit(&house, &sale_id)).await, "NO_PAYER");
    house.sales().set_basket(basket(&house, &sale_id, vec![line(1_000, 350)])).await.unwrap();
    let present = proto::PresentPayerRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        code: house.payer_code(&payer),
        engine: "x".repeat(33),
    };
    assert_eq!(reason(house.sales().present_payer(present.clone())).await, "ENGINE_INVALID");
    let present = proto::PresentPayerRequest { engine: "test".into(), ..present };
    house.sales().present_payer(present).await.unwrap();
    assert_eq!(reason(commit(&house, &sale_id)).await, "PERSON_NOT_CONFIRMED");
    let different = proto::ConfirmPersonRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        same_person: false,
    };
    house.sales().confirm_person(different).await.unwrap();
    assert_eq!(reason(commit(&house, &sale_id)).await, "FACE_DIFFERENT");
    assert!(house.world.facts().ids("pending").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_away_keeps_the_cashier_waiting_and_the_same_call_again_gets_its_answer() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    house.world.change(|facts| facts.ledger_away = true);
    let asked = proto::CommitSaleRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        approval: None,
        if_basket_tag: String::new(),
    };
    assert_eq!(reason(house.sales().commit_sale(asked.clone())).await, "LEDGER_UNREACHABLE");
    assert_eq!(house.world.facts().ids("job").len(), 2, "nothing was printed");
    house.world.change(|facts| facts.ledger_away = false);
    let committed = house.sales().commit_sale(asked).await.unwrap().into_inner().sale.unwrap();
    assert!(committed.receipt_no.ends_with("-000001"));
    assert_eq!(house.world.facts().ids("pending").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_before_its_paper_and_a_paper_that_is_known_is_not_judged() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    house.world.change(|facts| facts.paper = false);
    commit(&house, &sale.sale_id).await.unwrap();
    let release = proto::ReleaseSaleRequest { request_id: house.new_id(), sale_id: sale.sale_id.clone() };
    assert_eq!(reason(house.sales().release_sale(release)).await, "RECEIPT_NOT_PRINTED");
    let resolve = proto::ResolveReceiptRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id,
        printed_whole: true,
    };
    assert_eq!(reason(house.sales().resolve_receipt(resolve)).await, "RECEIPT_NOT_IN_DOUBT");
}
