//! Who decides what: disputes, listings, mandates, exceptions.

use chit_checkout::Config;
use chit_proto::checkout::v1 as proto;
use proto::DisputeCause;
use proto::sale_service_client::SaleServiceClient;
use tonic::Status;

use super::{NOTHING, reason};
use crate::custody::sell;
use crate::house::{House, PIN};
use crate::sale::{approval, commit, draft, enrol};

async fn opened(house: &House, sale_id: &str, cause: i32) -> Result<String, Status> {
    let open = proto::OpenDisputeRequest { request_id: house.new_id(), sale_id: sale_id.into(), cause };
    house.disputes().open_dispute(open).await.map(|answer| answer.into_inner().dispute.unwrap().dispute_id)
}

async fn resolved(house: &House, dispute_id: &str, by: &str) -> Result<(), Status> {
    let resolve = proto::ResolveDisputeRequest {
        request_id: house.new_id(),
        dispute_id: dispute_id.into(),
        uphold: true,
        approval: Some(proto::Approval { actor: by.into(), pin: PIN.into() }),
    };
    house.disputes().resolve_dispute(resolve).await.map(|_| ())
}

/// A sale with a hand of this person in it.
async fn touched_by(house: &mut House, payer: &proto::Payer, name: &str) -> String {
    let sale_id = draft(house, payer).await.sale_id;
    let mut sales = SaleServiceClient::new(house.signed_in(name).await);
    let confirm = proto::ConfirmPersonRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        same_person: true,
    };
    sales.confirm_person(confirm).await.unwrap();
    commit(house, &sale_id).await.unwrap();
    let ready = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Release);
    house.sale_until(&sale_id, ready).await;
    let release = proto::ReleaseSaleRequest { request_id: house.new_id(), sale_id: sale_id.clone() };
    house.sales().release_sale(release).await.unwrap();
    house.sale_is(&sale_id, proto::SaleState::Queued).await;
    sale_id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_resolves_a_dispute_about_a_sale_in_which_they_had_a_hand_or_of_a_payer_they_enrolled() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale_id = touched_by(&mut house, &payer, "zhao").await;
    let dispute_id = opened(&house, &sale_id, DisputeCause::InPerson as i32).await.unwrap();
    assert_eq!(reason(resolved(&house, &dispute_id, "li")).await, "ROLE_TOO_LOW");
    assert_eq!(reason(resolved(&house, &dispute_id, "zhao")).await, "OWN_SALE", "the owner either");
    let get = proto::GetDisputeRequest { dispute_id: dispute_id.clone() };
    let open = house.disputes().get_dispute(get).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!(open.state(), proto::DisputeState::Open);
    resolved(&house, &dispute_id, "wang").await.expect("who approved the enrolment did not enrol");
    assert_eq!(reason(resolved(&house, &dispute_id, "wang")).await, "DISPUTE_CLOSED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_enrolled_a_payer_approves_nothing_of_their_sales() {
    let mut house = House::open(false).await;
    house.cashier_is("wang").await;
    let payer = enrol_approved_by_zhao(&mut house).await;
    house.cashier_is("li").await;
    let sale_id = sell(&mut house, &payer).await;
    let dispute_id = opened(&house, &sale_id, DisputeCause::InPerson as i32).await.unwrap();
    assert_eq!(reason(resolved(&house, &dispute_id, "wang")).await, "OWN_PAYER");
    resolved(&house, &dispute_id, "zhao").await.unwrap();
}

async fn enrol_approved_by_zhao(house: &mut House) -> proto::Payer {
    let request = proto::EnrolPayerRequest {
        request_id: house.new_id(),
        name: "Ada Li".into(),
        phone: crate::house::PHONE.into(),
        language: "en".into(),
        consent: true,
        approval: Some(proto::Approval { actor: "zhao".into(), pin: PIN.into() }),
        card_serial: String::new(),
    };
    let payer = house.payers().enrol_payer(request).await.unwrap().into_inner().payer.unwrap();
    house.payer_is(&payer.payer_id, proto::PayerState::Pending).await;
    crate::sale::answer(house, 1).await;
    house.payer_is(&payer.payer_id, proto::PayerState::Active).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_has_one_dispute_at_a_time_with_a_cause() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale_id = sell(&mut house, &payer).await;
    let cause = DisputeCause::InPerson as i32;
    assert_eq!(reason(opened(&house, &sale_id, 99)).await, "CAUSE_INVALID");
    assert_eq!(reason(opened(&house, NOTHING, cause)).await, "SALE_NOT_FOUND");
    opened(&house, &sale_id, cause).await.unwrap();
    assert_eq!(reason(opened(&house, &sale_id, cause)).await, "DISPUTE_OPEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_works_alone_waits_a_day_with_their_own_judgement_and_lists_nobody() {
    let mut house = House::open_with(false, |_, _| Config { one_person: true, ..Config::default() }).await;
    let payer = enrol(&mut house).await;
    let sale_id = touched_by(&mut house, &payer, "zhao").await;
    let list = proto::ListBadRecordRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        approval: Some(proto::Approval { actor: "zhao".into(), pin: PIN.into() }),
    };
    assert_eq!(reason(house.deductions().list_bad_record(list)).await, "SELF_APPROVED_ONLY");
    let dispute_id = opened(&house, &sale_id, DisputeCause::InPerson as i32).await.unwrap();
    assert_eq!(reason(resolved(&house, &dispute_id, "zhao")).await, "JUDGEMENT_WAITS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mandate_that_no_bank_would_take_is_refused_by_its_field() {
    let drop_dir = tempfile::tempdir().unwrap();
    let mut house = House::open_with(false, |_, _| crate::bank::config(drop_dir.path())).await;
    let payer = enrol(&mut house).await;
    let mandate = |iban: &str, holder: &str, signed_on: &str| proto::SetMandateRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        account_holder: holder.into(),
        iban: iban.into(),
        signed_on: signed_on.into(),
        approval: approval(),
        ..Default::default()
    };
    let good = crate::bank::PAYER_IBAN;
    for (iban, holder, signed_on, expected) in [
        ("DE00 3704 0044 0532 0130 00", "Ada Li", "", "BANK_ACCOUNT_INVALID"),
        (good, " ", "", "NAME_INVALID"),
        (good, "Ada Li", "yesterday", "MANDATE_INVALID"),
        (good, "Ada Li", "2099-01-01", "MANDATE_INVALID"),
    ] {
        let request = mandate(iban, holder, signed_on);
        assert_eq!(reason(house.bank().set_mandate(request)).await, expected, "{iban} {holder} {signed_on}");
    }
    house.bank().set_mandate(mandate(good, "Ada Li", "")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_is_closed_once_with_a_word_about_it() {
    let drop_dir = tempfile::tempdir().unwrap();
    let house = House::open_with(false, |_, _| crate::bank::config(drop_dir.path())).await;
    let exception_id = crate::bank::an_exception(&house).await;
    let close = |note: &str| proto::CloseExceptionRequest {
        request_id: house.new_id(),
        exception_id: exception_id.clone(),
        note: note.into(),
    };
    for note in [" ", &"x".repeat(201)] {
        assert_eq!(reason(house.bank().close_exception(close(note))).await, "NOTE_INVALID");
    }
    house.bank().close_exception(close(&"x".repeat(200))).await.unwrap();
    assert_eq!(reason(house.bank().close_exception(close("again"))).await, "EXCEPTION_CLOSED");
}
