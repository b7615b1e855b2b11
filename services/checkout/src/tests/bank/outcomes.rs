//! What becomes of a debit that the bank did not pay, or paid and took back.

use chit_proto::sms_gateway::v1::MessageState;

use super::AtBank;
use crate::collection::exceptions::ExceptionKind;
use crate::collection::posting::Booked;
use crate::collection::{After, State};
use crate::dispute::Cause;
use crate::outbox::message::Purpose;
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;

#[tokio::test]
async fn want_of_money_is_tried_twice_more_each_time_after_a_notice_then_the_payer_gets_the_last_one() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let mut ids = vec![at.deduction(sale).await.presentment().unwrap().id];
    for _ in 0..2 {
        let refused = at.says(&[at.status(&at.deduction(sale).await, "RJCT", "AM04")]).await;
        assert_eq!(refused.refused, 1);
        assert_eq!(at.till.settle().await.unwrap_err().reason, "NOTHING_TO_SETTLE", "nobody was told");
        at.till.advance(24);
        let sent = at.till.ask(MessageState::Delivered).await;
        let [notice] = &sent[..] else { panic!("one notice: {sent:?}") };
        assert_eq!(notice.purpose, Purpose::Notice);
        assert!(notice.text.as_str().contains("debited again on"), "{}", notice.text.as_str());
        let State::Returned(After::Again { on, .. }) = at.deduction(sale).await.state else { panic!("told") };
        assert!(on > at.today());
        at.batch().await;
        ids.push(at.deduction(sale).await.presentment().unwrap().id);
    }
    let mut distinct = ids.clone();
    distinct.dedup();
    assert_eq!((ids.len(), distinct.len()), (3, 3), "each presentment has an id of its own");
    at.says(&[at.status(&at.deduction(sale).await, "RJCT", "AM04")]).await;
    assert_eq!(at.till.state(sale).await, SaleState::BadPending);
    at.till.advance(24);
    let sent = at.till.ask(MessageState::Delivered).await;
    assert!(sent.iter().any(|message| message.text.as_str().contains("not paid")), "{sent:?}");
}

#[tokio::test]
async fn a_closed_account_is_not_tried_again_and_ends_the_mandate() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    at.says(&[at.status(&at.deduction(sale).await, "RJCT", "AC04")]).await;
    assert_eq!(at.till.state(sale).await, SaleState::BadPending);
    let mandate = at.till.payer().await.mandate;
    let mandate = at.till.read(move |view| view.find_mandate(mandate)).await.unwrap();
    assert_eq!((mandate.blocked.as_deref(), mandate.first), (Some("AC04"), None));
}

#[tokio::test]
async fn a_strange_reason_waits_for_a_person_who_lets_it_be_tried_again() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    at.says(&[at.status(&at.deduction(sale).await, "RJCT", "MS03")]).await;
    assert_eq!(at.till.sale(sale).await.attention, [Attention::Returned]);
    assert_eq!(at.exception_kinds().await, [ExceptionKind::ReturnedForPerson]);
    at.till.write(move |tx| crate::collection::release(tx, sale, "wang")).await.unwrap();
    at.till.advance(24);
    at.till.ask(MessageState::Delivered).await;
    at.batch().await;
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
}

#[tokio::test]
async fn a_refund_that_the_payer_took_at_the_bank_opens_a_dispute() {
    let at = AtBank::open().await;
    let (sale, _) = at.paid().await;
    at.till.drain().await;
    at.says(&[at.pacs(&at.deduction(sale).await, "MD06")]).await;
    let seen = at.till.sale(sale).await;
    assert_eq!((seen.state, seen.held), (SaleState::Returned, true));
    let dispute = at.till.dispute_of(sale).await;
    assert_eq!((dispute.cause, dispute.opened_by.as_str()), (Cause::RefundedAtBank, "bank"));
    assert_eq!(at.booked().await[0].booked, Booked::TakenBack);
    assert!(at.till.keepers().await.contains(&"HOLD_EVIDENCE"), "the film is kept for it");

    at.till.resolve(dispute.id, false).await.unwrap();
    assert_eq!(at.till.state(sale).await, SaleState::BadPending, "the shop is right: the payer gets notice");
}

#[tokio::test]
async fn a_payer_who_was_right_at_the_bank_owes_nothing_and_is_not_paid_twice() {
    let at = AtBank::open().await;
    let (sale, _) = at.paid().await;
    at.says(&[at.debit(&at.deduction(sale).await, "MD06")]).await;
    at.till.drain().await;
    let dispute = at.till.dispute_of(sale).await;
    at.till.resolve(dispute.id, true).await.unwrap();
    let seen = at.till.sale(sale).await;
    assert_eq!((seen.state, seen.refunds.len()), (SaleState::WrittenOff, 0));
    assert_eq!(at.till.effects().await, ["VOID_PENDING", "RECORD_FACT"]);
}

#[tokio::test]
async fn what_the_shop_had_refunded_is_only_fetched_when_the_bank_takes_it_back() {
    let at = AtBank::open().await;
    let (sale, _) = at.paid().await;
    let id = at.till.id();
    at.till
        .write(move |tx| {
            crate::verification::calling_off::disputed_in_person(tx, sale, id, Cause::InPerson, "li")
        })
        .await
        .unwrap();
    at.till.resolve(id, true).await.unwrap();
    at.till.drain().await;
    at.says(&[at.debit(&at.deduction(sale).await, "MD06")]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Settled);
    assert_eq!(at.booked().await[0].booked, Booked::RefundedByBank);
}

#[tokio::test]
async fn what_is_disputed_while_the_bank_has_it_is_not_tried_again_before_somebody_decided() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let id = at.till.id();
    at.till
        .write(move |tx| {
            crate::verification::calling_off::disputed_in_person(tx, sale, id, Cause::InPerson, "li")
        })
        .await
        .unwrap();
    at.says(&[at.status(&at.deduction(sale).await, "RJCT", "AM04")]).await;
    assert!(at.till.sale(sale).await.held);
    at.till.advance(24);
    assert!(at.till.ask(MessageState::Delivered).await.is_empty(), "nothing is announced");
    at.till.resolve(id, false).await.unwrap();
    at.till.ask(MessageState::Delivered).await;
    at.batch().await;
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
}

#[tokio::test]
async fn a_returned_sale_is_paid_in_cash_like_any_other() {
    let at = AtBank::open().await;
    let (sale, _) = at.paid().await;
    at.says(&[at.debit(&at.deduction(sale).await, "MS03")]).await;
    at.till.pays_in_cash(sale, Some(250)).await.unwrap();
    at.till.pays_in_cash(sale, None).await.unwrap();
    assert_eq!(at.till.state(sale).await, SaleState::PaidOtherwise);
}
