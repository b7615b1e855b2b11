//! One sale from enrolment to settlement, with and without a restart between each step.

use chit_proto::checkout::v1 as proto;
use chit_proto::printer::v1::document::Content;
use chit_runtime::error::reason_of;
use proto::{PayerState, SaleState};

use crate::house::{House, PHONE, PIN};

pub const TOTAL_MINOR: i64 = 1_250;

pub fn approval() -> Option<proto::Approval> {
    Some(proto::Approval { actor: "wang".into(), pin: PIN.into() })
}

pub fn enrolment(house: &House) -> proto::EnrolPayerRequest {
    proto::EnrolPayerRequest {
        request_id: house.new_id(),
        name: "Ada Li".into(),
        phone: PHONE.into(),
        language: "en".into(),
        consent: true,
        approval: approval(),
        card_serial: String::new(),
    }
}

/// An ACTIVE payer: papers printed, first challenge answered.
pub async fn enrol(house: &mut House) -> proto::Payer {
    let payer = house.payers().enrol_payer(enrolment(house)).await.unwrap().into_inner().payer.unwrap();
    house.step().await;
    house.payer_is(&payer.payer_id, PayerState::Pending).await;
    let of = proto::GetPayerRequest { payer_id: payer.payer_id.clone() };
    let shown = house.payers().get_payer(of).await.unwrap().into_inner();
    assert!(shown.code_png.starts_with(b"\x89PNG"), "the cashier who enrolled them hands the code over");
    house.step().await;
    answer(house, 1).await;
    house.step().await;
    house.payer_is(&payer.payer_id, PayerState::Active).await
}

/// The payer reads the `nth` SMS that asks for a row, looks at his card, and answers.
pub async fn answer(house: &House, nth: usize) {
    let rows = |text: &str| {
        let (_, after) = text.split_once("row ")?;
        after.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
    };
    let asked = house
        .world
        .until(|facts| facts.messages.iter().filter_map(|(message, _)| rows(&message.text)).nth(nth - 1));
    let row = asked.await;
    let code = house
        .world
        .until(|facts| {
            facts.jobs.values().find_map(|document| match &document.content {
                Some(Content::CodeCard(card)) => Some(card.row_codes[row - 1].clone()),
                _ => None,
            })
        })
        .await;
    house.world.payer_writes(PHONE, &code);
}

pub async fn draft(house: &mut House, payer: &proto::Payer) -> proto::Sale {
    let request =
        proto::StartSaleRequest { request_id: house.new_id(), ..proto::StartSaleRequest::default() };
    let sale = house.sales().start_sale(request).await.unwrap().into_inner().sale.unwrap();
    house.step().await;
    let money = |amount_minor| chit_proto::money::v1::Money { amount_minor, currency_code: "CNY".into() };
    let line = proto::BasketLine {
        gtin: String::new(),
        description: "tea".into(),
        quantity_milli: 1_000,
        unit_price_minor: TOTAL_MINOR,
        total_minor: TOTAL_MINOR,
    };
    let request = proto::SetBasketRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        lines: vec![line],
        total: Some(money(TOTAL_MINOR)),
        ..Default::default()
    };
    house.sales().set_basket(request).await.unwrap();
    house.step().await;
    let request = proto::PresentPayerRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        code: house.payer_code(payer),
        engine: "test".into(),
    };
    house.sales().present_payer(request).await.unwrap();
    house.step().await;
    confirm(house, &sale.sale_id).await;
    house.step().await;
    sale
}

/// The cashier looks at the payer and says so.
pub async fn confirm(house: &House, sale_id: &str) {
    let request = proto::ConfirmPersonRequest {
        request_id: house.new_id(),
        sale_id: sale_id.to_owned(),
        same_person: true,
    };
    house.sales().confirm_person(request).await.unwrap();
}

pub async fn commit(house: &House, sale_id: &str) -> Result<proto::Sale, tonic::Status> {
    let request = proto::CommitSaleRequest {
        request_id: house.new_id(),
        sale_id: sale_id.to_owned(),
        ..Default::default()
    };
    house.sales().commit_sale(request).await.map(|answer| answer.into_inner().sale.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_is_the_basket_that_was_seen() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    let of = proto::GetSaleRequest { sale_id: sale.sale_id.clone() };
    let seen = house.sales().get_sale(of).await.unwrap().into_inner().sale.unwrap();
    let commit = |tag: &str| proto::CommitSaleRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        approval: approval(),
        if_basket_tag: tag.into(),
    };
    let refused = house.sales().commit_sale(commit("of another basket")).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("BASKET_CHANGED"), "an Approval is for one sum");
    house.sales().commit_sale(commit(&seen.basket_tag)).await.unwrap();
}

async fn sell_verify_settle(restarts: bool) {
    let mut house = House::open(restarts).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    let sale_id = sale.sale_id.as_str();

    house.world.change(|facts| facts.paper = false);
    let committed = commit(&house, sale_id).await.unwrap();
    assert!(committed.receipt_no.ends_with("-000001"));
    house.step().await;
    let blocked = |sale: &proto::Sale| sale.receipt.as_ref().unwrap().state() == proto::ReceiptState::Blocked;
    house.sale_until(sale_id, blocked).await;
    house.step().await;
    house.world.change(|facts| facts.paper = true);
    let ready = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Release);
    let printed = house.sale_until(sale_id, ready).await;
    assert_eq!(printed.receipt.unwrap().originals, 1);
    house.step().await;

    let request = proto::ReleaseSaleRequest { request_id: house.new_id(), sale_id: sale_id.to_owned() };
    house.sales().release_sale(request).await.unwrap();
    house.step().await;
    let queued = house.sale_is(sale_id, SaleState::Queued).await;
    assert_eq!(queued.evidence.unwrap().state(), proto::EvidenceState::Sealed);
    house.step().await;
    answer(&house, 2).await;
    house.step().await;
    house.sale_is(sale_id, SaleState::Verified).await;
    house.step().await;
    let request = proto::RunSettlementRequest { request_id: house.new_id() };
    house.settlement().run_settlement(request).await.unwrap();
    house.step().await;
    house.sale_is(sale_id, SaleState::Settled).await;

    {
        let facts = house.world.facts();
        assert_eq!(facts.conflicts, [], "the same id never with another body");
        let [pending] = &facts.transfers("pending")[..] else { panic!("one reservation") };
        assert_eq!(pending.external_ref, sale_id);
        assert_eq!((facts.ids("post").len(), facts.ids("void").len()), (1, 0));
        assert_eq!(facts.ids("job").len(), 3, "mandate, card, one receipt");
        assert_eq!((facts.ids("recording").len(), facts.ids("goods").len()), (1, 1));
        let asked = facts.messages.iter().filter(|(message, _)| message.class == 1).count();
        assert_eq!(asked, 2, "one challenge each");
    }
    no_secret_is_on_disk(house).await;
}

/// Neither the approver's PIN nor what the payer reads off his card.
pub async fn no_secret_is_on_disk(house: House) {
    let answered: Vec<String> =
        house.world.facts().inbound.iter().map(|inbound| inbound.text.clone()).collect();
    let dir = house.stop().await;
    let bytes = std::fs::read(dir.path().join("state/checkout/checkout.redb")).unwrap();
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    for secret in answered.iter().map(String::as_bytes).chain([PIN.as_bytes()]) {
        // Inside a longer word it is six digits of a hash or an id.
        let alone = bytes.windows(secret.len()).enumerate().any(|(at, window)| {
            window == secret
                && ends(at.checked_sub(1).and_then(|at| bytes.get(at)))
                && ends(bytes.get(at + secret.len()))
        });
        assert!(!alone, "a PIN or a row code is on disk");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_goes_from_the_basket_to_settlement() {
    sell_verify_settle(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_all_steps_ends_in_the_same_place_and_tells_every_far_side_once() {
    sell_verify_settle(true).await;
}
