//! What callers may rely on: repeated requests, refusals, second attempts.

use chit_proto::checkout::v1 as proto;
use chit_runtime::error::reason_of;
use proto::SaleState;
use proto::settlement_service_client::SettlementServiceClient;
use tonic::Code;

use crate::house::House;
use crate::sale::{answer, approval, commit, draft, enrol};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_again_gets_the_first_answer_and_another_one_under_its_id_is_refused() {
    let house = House::open(false).await;
    let start = |lane: &str| proto::StartSaleRequest { request_id: "once".into(), lane: lane.into() };
    let first = house.sales().start_sale(start("a")).await.unwrap().into_inner();
    let again = house.sales().start_sale(start("a")).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = house.sales().start_sale(start("b")).await.unwrap_err();
    assert_eq!(
        (other.code(), reason_of(&other).as_deref()),
        (Code::AlreadyExists, Some("REQUEST_ID_REUSED"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_of_another_call_is_refused_even_if_the_bytes_are_the_same() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    let (request_id, sale_id) = ("shared".to_owned(), sale.sale_id.clone());
    let confirm = proto::ConfirmPersonRequest {
        request_id: request_id.clone(),
        sale_id: sale_id.clone(),
        same_person: false,
    };
    let release = proto::ReleaseSaleRequest { request_id, sale_id };
    use prost::Message as _;
    assert_eq!(confirm.encode_to_vec(), release.encode_to_vec());
    house.sales().confirm_person(confirm).await.unwrap();
    let refused = house.sales().release_sale(release).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("REQUEST_ID_REUSED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_that_the_printer_has_no_form_for_are_told_with_the_basket() {
    let house = House::open(false).await;
    let start = proto::StartSaleRequest { request_id: "start".into(), ..Default::default() };
    let sale = house.sales().start_sale(start).await.unwrap().into_inner().sale.unwrap();
    let basket = |request_id: &str, description: &str| proto::SetBasketRequest {
        request_id: request_id.into(),
        sale_id: sale.sale_id.clone(),
        lines: vec![proto::BasketLine {
            description: description.into(),
            quantity_milli: 1_000,
            unit_price_minor: 350,
            total_minor: 350,
            ..Default::default()
        }],
        total: Some(chit_proto::money::v1::Money { amount_minor: 350, currency_code: "CNY".into() }),
        ..Default::default()
    };
    for (request_id, description, told) in
        [("b1", "tea", &[][..]), ("b2", "茶 tea", &[]), ("b3", "tea 🎁", &["🎁"]), ("b3", "tea 🎁", &["🎁"])]
    {
        let set = house.sales().set_basket(basket(request_id, description)).await.unwrap().into_inner();
        assert_eq!(set.unprintable, told, "{description}");
        assert_eq!(set.sale.unwrap().lines[0].description, description, "the basket stands either way");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_that_the_ledger_refused_is_committed_by_a_second_attempt() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    house.world.change(|facts| facts.refuse = 1);
    let refused = commit(&house, &sale.sale_id).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("LEDGER_REFUSED"));
    assert!(refused.message().contains("CREDIT_LIMIT_EXCEEDED"));
    assert_eq!(house.world.facts().ids("job").len(), 2, "nothing was printed");
    let committed = commit(&house, &sale.sale_id).await.unwrap();
    assert!(committed.state() as i32 >= SaleState::Committed as i32);
    let facts = house.world.facts();
    let [id] = facts.ids("pending")[..] else { panic!("{:?}", facts.ids("pending")) };
    assert!(!facts.failed.contains(&id.to_owned()), "an id that failed stays failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_is_voided_reserves_and_prints_nothing() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    let void = proto::VoidSaleRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        ..proto::VoidSaleRequest::default()
    };
    let answer = house.sales().void_sale(void).await.unwrap().into_inner();
    assert_eq!(answer.sale.unwrap().state(), SaleState::Voided);
    let refused = commit(&house, &sale.sale_id).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("WRONG_STATE"));
    assert_eq!(house.world.facts().ids("job").len(), 2);
    assert!(house.world.facts().ids("pending").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_settled_and_nobody_is_asked_without_a_sale() {
    let house = House::open(false).await;
    let run = proto::RunDeductionsRequest { request_id: house.new_id() };
    let answer = house.deductions().run_deductions(run).await.unwrap().into_inner();
    assert_eq!((answer.challenge_ids.len(), answer.waiting), (0, 0));
    let by_cashier = SettlementServiceClient::new(house.signed_in("li").await);
    for (mut client, reason) in [(by_cashier, "ROLE_TOO_LOW"), (house.settlement(), "NOTHING_TO_SETTLE")] {
        let settle = proto::RunSettlementRequest { request_id: house.new_id() };
        let refused = client.run_settlement(settle).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some(reason));
    }
}

/// As far as VERIFIED.
async fn verified(house: &mut House) -> proto::Sale {
    let payer = enrol(house).await;
    let sale = draft(house, &payer).await;
    commit(house, &sale.sale_id).await.unwrap();
    let ready = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Release);
    house.sale_until(&sale.sale_id, ready).await;
    let request = proto::ReleaseSaleRequest { request_id: house.new_id(), sale_id: sale.sale_id.clone() };
    house.sales().release_sale(request).await.unwrap();
    answer(house, 2).await;
    house.sale_is(&sale.sale_id, SaleState::Verified).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_far_side_refuses_is_shown_on_the_sale_until_it_is_done() {
    let mut house = House::open(true).await;
    let sale = verified(&mut house).await;
    house.world.change(|facts| facts.refuse = 1);
    let settle = proto::RunSettlementRequest { request_id: house.new_id() };
    house.settlement().run_settlement(settle).await.unwrap();
    let stuck = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Stuck);
    let waiting = house.sale_until(&sale.sale_id, stuck).await;
    assert_eq!(
        (waiting.state(), waiting.far_refusal.as_str()),
        (SaleState::Verified, "CREDIT_LIMIT_EXCEEDED"),
        "it left the batch, so that it holds up no other"
    );
    house.step().await;
    let settle = |house: &House| proto::RunSettlementRequest { request_id: house.new_id() };
    let refused = house.settlement().run_settlement(settle(&house)).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("NOTHING_TO_SETTLE"), "it waits for a person");
    let release =
        proto::ReleaseDeductionRequest { request_id: house.new_id(), sale_id: sale.sale_id.clone() };
    house.deductions().release_deduction(release).await.unwrap();
    house.step().await;
    house.settlement().run_settlement(settle(&house)).await.unwrap();
    let settled = house.sale_is(&sale.sale_id, SaleState::Settled).await;
    assert_eq!((settled.far_refusal.as_str(), settled.attention), ("", Vec::new()));
    let facts = house.world.facts();
    assert!(
        !facts.failed.iter().any(|id| facts.ids("post").contains(&id.as_str())),
        "the refused id is spent"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_the_ledger_refused_is_tried_again_under_another_id() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    commit(&house, &sale.sale_id).await.unwrap();
    house.world.change(|facts| facts.refuse = 1);
    let paid = proto::RecordOtherPaymentRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        amount: None,
        approval: approval(),
    };
    house.sales().record_other_payment(paid).await.unwrap();
    let stuck = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Stuck);
    let waiting = house.sale_until(&sale.sale_id, stuck).await;
    assert_eq!(waiting.far_refusal, "CREDIT_LIMIT_EXCEEDED");
    // A restarted checkout tries at once.
    house.restart().await;
    let done = |sale: &proto::Sale| sale.state() == SaleState::PaidOtherwise && sale.far_refusal.is_empty();
    house.sale_until(&sale.sale_id, done).await;
    let facts = house.world.facts();
    let refused = facts.failed.clone();
    let [posted] = facts.ids("post")[..] else { panic!("{:?}", facts.ids("post")) };
    assert!(refused.len() == 1 && !refused.contains(&posted.to_owned()));
    assert_eq!(facts.conflicts, []);
}
