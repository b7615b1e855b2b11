//! Objections: before and after the money has moved, upheld, dismissed, withdrawn.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{CASHIER, DAY_H, Till};
use super::silence::list;
use crate::dialogue::{disputes, payment, settling};
use crate::domain::dialogue::ChallengeState;
use crate::domain::effect::EffectKind;
use crate::domain::people::PayerState;
use crate::domain::refusal::Result;
use crate::domain::sale::SaleState;
use crate::domain::settlement::{Dispute, DisputeCause, DisputeState};

async fn open(till: &Till, sale_id: &str) -> Result<Dispute> {
    let (sale, id) = (sale_id.to_owned(), till.shop.new_ulid()?);
    let cause = DisputeCause::InPerson;
    till.shop.store.write(move |tx| disputes::open_in_person(tx, &sale, id, cause, CASHIER)).await
}

#[tokio::test]
async fn the_reply_0_rejects_freezes_and_opens_a_dispute() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let answers = till.reply("0").await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected);
    assert_eq!(till.may_buy(&till.payer().await).unwrap_err().reason, "PAYER_FROZEN");
    let dispute = till.dispute_of(&sale_id).await;
    assert_eq!((dispute.state(), dispute.cause()), (DisputeState::Open, DisputeCause::NotMine));
    assert!(answers[0].text.contains("rejected"));
    assert_eq!(till.challenge(&challenge.challenge_id).await.state(), ChallengeState::Cancelled);
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected, "by SMS it stays rejected");
}

#[tokio::test]
async fn an_upheld_rejection_is_written_off_and_nothing_was_deducted() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("0").await;
    till.drain().await;
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, true).await.unwrap();
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::WrittenOff);
    assert_eq!(till.effects().await, [EffectKind::VoidTransfer, EffectKind::RecordFact]);
    assert_eq!(till.payer().await.state(), PayerState::Frozen, "until he comes with his card");
}

#[tokio::test]
async fn a_dismissed_rejection_is_asked_once_more_although_frozen_and_then_is_bad_pending() {
    let till = Till::open().await;
    let (sale_id, first) = till.challenged().await;
    till.reply("0").await;
    till.advance(DAY_H);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected, "not asked while it is open");
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, false).await.unwrap();
    till.ask(MessageState::Delivered).await;
    let last = till.open_challenge().await;
    assert_ne!(last.row, first.row);
    assert_eq!(till.payer().await.state(), PayerState::Frozen);
    till.advance(25);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
}

#[tokio::test]
async fn the_last_challenge_answered_right_verifies_a_dismissed_rejection() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("否").await;
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, false).await.unwrap();
    till.advance(DAY_H);
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
}

#[tokio::test]
async fn a_right_code_given_in_person_withdraws_the_rejection() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.reply("0").await;
    let (_, right) = till.answer_in_person(&till.wrong(0).await).await.unwrap();
    assert!(!right);
    assert_eq!(till.payer().await.wrong_since_right, 1, "a guess at it counts");
    let (payer, right) = till.answer_in_person(&till.right(&challenge).await).await.unwrap();
    assert!(right);
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
    assert!(!till.sale(&sale_id).await.held_by_dispute);
    assert_eq!(till.dispute_of(&sale_id).await.state(), DisputeState::Withdrawn);
    assert_eq!(payer.wrong_since_right, 0);
}

#[tokio::test]
async fn nobody_guesses_for_ever_at_a_rejection_at_the_counter() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.reply("0").await;
    for n in 0..3 {
        assert!(!till.answer_in_person(&till.wrong(n).await).await.unwrap().1);
    }
    let refusal = till.answer_in_person(&till.wrong(3).await).await.unwrap_err();
    assert_eq!(refusal.reason, "NO_OPEN_CHALLENGE");
    let (_, right) = till.answer_in_person(&till.right(&challenge).await).await.unwrap();
    assert!(!right, "three wrong tries have closed that row");
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected);
}

#[tokio::test]
async fn err_holds_the_deduction_without_a_freeze_and_a_dismissal_asks_again() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.reply("ERR").await;
    assert_eq!(till.payer().await.state(), PayerState::Active);
    let held = till.sale(&sale_id).await;
    assert_eq!((held.state(), held.held_by_dispute), (SaleState::Queued, true));
    assert_eq!(till.dispute_of(&sale_id).await.cause(), DisputeCause::WrongGoods);
    assert_eq!(till.challenge(&challenge.challenge_id).await.state(), ChallengeState::Cancelled);
    till.advance(3 * DAY_H);
    assert!(till.ask(MessageState::Delivered).await.is_empty(), "nothing until it is resolved");
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, false).await.unwrap();
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
}

#[tokio::test]
async fn the_end_of_a_challenge_does_not_touch_the_sale_that_left_it_by_err() {
    let till = Till::open().await;
    let (first, second) = (till.queued(100).await, till.queued(200).await);
    for sale_id in [&first, &second] {
        till.change_sale(sale_id, |sale| sale.rounds = 2).await;
    }
    till.ask(MessageState::Delivered).await;
    till.reply("ERR 1").await;
    till.advance(25);
    till.tick().await;
    assert_eq!(till.sale(&second).await.state(), SaleState::BadPending);
    assert_eq!(till.sale(&first).await.state(), SaleState::Queued, "its dispute is open");
}

#[tokio::test]
async fn an_objection_after_the_right_reply_holds_the_deduction_and_changes_no_state() {
    for (text, cause) in [("0", DisputeCause::NotMine), ("错", DisputeCause::WrongGoods)] {
        let till = Till::open().await;
        let sale_id = till.verified().await;
        till.reply(text).await;
        let held = till.sale(&sale_id).await;
        assert_eq!((held.state(), held.held_by_dispute), (SaleState::Verified, true));
        assert_eq!(till.dispute_of(&sale_id).await.cause(), cause);
        till.reply(text).await;
        assert_eq!(till.sale(&sale_id).await.dispute_ids.len(), 1, "said twice, one dispute");
        let id = till.shop.new_ulid().unwrap();
        let refusal = till.shop.store.write(move |tx| settling::submit(tx, id, "li", "CNY")).await;
        assert_eq!(refusal.unwrap_err().reason, "NOTHING_TO_SETTLE");
        till.resolve(&till.dispute_of(&sale_id).await.dispute_id, false).await.unwrap();
        let id = till.shop.new_ulid().unwrap();
        till.shop.store.write(move |tx| settling::submit(tx, id, "li", "CNY")).await.unwrap();
    }
}

#[tokio::test]
async fn a_dispute_after_settlement_leaves_it_settled_and_is_refunded_once() {
    let till = Till::open().await;
    let sale_id = till.verified().await;
    till.change_sale(&sale_id, |sale| sale.state = SaleState::Settled as i32).await;
    let answers = till.reply("0").await;
    assert!(answers[0].text.contains("paid already"));
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Settled);
    assert_eq!(till.payer().await.state(), PayerState::Active);
    till.drain().await;
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, true).await.unwrap();
    let refunded = till.sale(&sale_id).await;
    assert_eq!(refunded.state(), SaleState::Settled);
    assert!(!refunded.refund_transfer_id.is_empty());
    assert_eq!(
        (refunded.undo_by.as_str(), refunded.undo_ms > refunded.commit_ms),
        ("wang", true),
        "the notice names the refund, not the sale"
    );
    assert_eq!(till.effects().await, [EffectKind::Refund, EffectKind::PrintNotice, EffectKind::RecordFact]);
    assert_eq!(open(&till, &sale_id).await.unwrap_err().reason, "WRONG_STATE", "never twice");
    till.reply("0").await;
    assert_eq!(till.sale(&sale_id).await.dispute_ids.len(), 1);
}

#[tokio::test]
async fn an_objection_to_the_notice_pauses_the_listing() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.reply("0").await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected);
    till.advance(30 * DAY_H);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected);
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, false).await.unwrap();
    till.ask(MessageState::Delivered).await;
    till.advance(25);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
    till.advance(DAY_H);
    let notice = till.ask(MessageState::Delivered).await;
    assert_eq!(notice.len(), 1, "its notice and its seven days begin anew");
    till.advance(7 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
}

#[tokio::test]
async fn a_dispute_at_the_counter_stops_the_seven_days_where_they_are() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.advance(3 * DAY_H);
    open(&till, &sale_id).await.unwrap();
    till.advance(30 * DAY_H);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
    assert_eq!(list(&till, &sale_id).await.unwrap_err().reason, "WRONG_STATE");
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, false).await.unwrap();
    till.advance(4 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
    till.advance(2);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
}

#[tokio::test]
async fn an_upheld_dispute_ends_a_bad_record() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    open(&till, &sale_id).await.unwrap();
    till.drain().await;
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, true).await.unwrap();
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::WrittenOff);
    till.may_buy(&till.payer().await).unwrap();
    assert!(!till.effects().await.contains(&EffectKind::VoidTransfer), "the loss is booked already");
}

#[tokio::test]
async fn a_dispute_at_the_counter_takes_the_sale_out_of_its_challenge() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    open(&till, &sale_id).await.unwrap();
    let held = till.sale(&sale_id).await;
    assert_eq!((held.state(), held.held_by_dispute), (SaleState::Queued, true));
    assert_eq!(till.challenge(&challenge.challenge_id).await.state(), ChallengeState::Cancelled);
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Queued);
    assert_eq!(open(&till, &sale_id).await.unwrap_err().reason, "DISPUTE_OPEN");
}

#[tokio::test]
async fn a_sale_disputed_before_its_challenge_is_not_asked_for() {
    for state in [SaleState::Released, SaleState::Sealed, SaleState::Queued] {
        let till = Till::open().await;
        let sale_id = till.put(state, 100, |_| {}).await;
        open(&till, &sale_id).await.unwrap();
        till.change_sale(&sale_id, |sale| sale.state = SaleState::Queued as i32).await;
        assert!(till.ask(MessageState::Delivered).await.is_empty(), "{state:?}");
        till.change_sale(&sale_id, |sale| sale.state = state as i32).await;
        till.resolve(&till.dispute_of(&sale_id).await.dispute_id, true).await.unwrap();
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::WrittenOff, "{state:?}");
    }
}

#[tokio::test]
async fn a_sale_paid_in_cash_is_refunded_in_cash() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    let (id, transfer) = (sale_id.clone(), till.shop.new_ulid().unwrap());
    till.shop.store.write(move |tx| payment::paid_in_cash(tx, &id, "li", transfer)).await.unwrap();
    open(&till, &sale_id).await.unwrap();
    till.resolve(&till.dispute_of(&sale_id).await.dispute_id, true).await.unwrap();
    let sale = till.sale(&sale_id).await;
    assert_eq!(sale.state(), SaleState::PaidOtherwise);
    assert!(till.effects().await.contains(&EffectKind::Refund));
}

#[tokio::test]
async fn what_is_no_sale_any_more_cannot_be_disputed() {
    let till = Till::open().await;
    for state in [SaleState::Draft, SaleState::Voided, SaleState::WrittenOff, SaleState::Expired] {
        let sale_id = till.put(state, 100, |_| {}).await;
        assert_eq!(open(&till, &sale_id).await.unwrap_err().reason, "WRONG_STATE", "{state:?}");
    }
}

#[tokio::test]
async fn a_closed_dispute_is_not_resolved_again() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("ERR").await;
    let id = till.dispute_of(&sale_id).await.dispute_id;
    till.resolve(&id, false).await.unwrap();
    assert_eq!(till.resolve(&id, true).await.unwrap_err().reason, "DISPUTE_CLOSED");
}
