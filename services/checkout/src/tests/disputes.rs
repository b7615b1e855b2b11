//! Objections: before and after the money has moved, upheld, dismissed, withdrawn.

use super::fixture::{CASHIER, DAY_H, SUPERVISOR, Till};
use crate::collection::State;
use crate::dispute::{Cause, Dispute, DisputeState, own_judgement};
use crate::payer::PayerState;
use crate::sale::state::SaleState;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;
use crate::verification::calling_off;
use crate::verification::challenge::ChallengeState;
use chit_proto::sms_gateway::v1::MessageState;

pub(super) async fn open(till: &Till, sale: SaleId) -> Result<Dispute> {
    let (id, cause) = (till.id(), Cause::InPerson);
    till.write(move |tx| calling_off::disputed_in_person(tx, sale, id, cause, CASHIER)).await
}

#[tokio::test]
async fn the_reply_0_rejects_freezes_and_opens_a_dispute() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let answers = till.reply("0").await;
    assert_eq!(till.state(sale_id).await, SaleState::Rejected);
    assert_eq!(till.may_buy().await.unwrap_err().reason, "PAYER_FROZEN");
    let dispute = till.dispute_of(sale_id).await;
    assert_eq!((dispute.state, dispute.cause), (DisputeState::Open, Cause::NotMine));
    assert!(answers[0].text.as_str().contains("rejected"));
    assert_eq!(till.challenge(challenge.id).await.state, ChallengeState::Cancelled);
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Rejected, "by SMS it stays rejected");
}

#[tokio::test]
async fn an_upheld_rejection_is_written_off_and_nothing_was_deducted() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("0").await;
    till.drain().await;
    till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::WrittenOff);
    assert_eq!(till.effects().await, ["VOID_PENDING", "RECORD_FACT"]);
    assert_eq!(till.payer().await.state, PayerState::Frozen, "until they come with their card");
}

#[tokio::test]
async fn a_dismissed_rejection_is_asked_once_more_although_frozen_and_then_is_bad_pending() {
    let till = Till::open().await;
    let (sale_id, first) = till.challenged().await;
    till.reply("0").await;
    till.advance(DAY_H);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Rejected, "not asked while it is open");
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    till.ask(MessageState::Delivered).await;
    let last = till.open_challenge().await;
    assert_ne!(last.row, first.row);
    assert_eq!(till.payer().await.state, PayerState::Frozen);
    till.advance(25);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
}

#[tokio::test]
async fn the_last_challenge_answered_right_verifies_a_dismissed_rejection() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("否").await;
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    till.advance(DAY_H);
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
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
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
    assert!(!till.sale(sale_id).await.held);
    assert_eq!(till.dispute_of(sale_id).await.state, DisputeState::Withdrawn);
    assert_eq!(payer.wrong_since_right, 0);
}

#[tokio::test]
async fn a_right_code_for_a_half_rejected_challenge_answers_all_of_it_once() {
    let till = Till::open().await;
    let (first, second) = (till.queued(100).await, till.queued(200).await);
    till.ask(MessageState::Delivered).await;
    let challenge = till.open_challenge().await;
    till.reply("0 2").await;
    assert_eq!(till.state(second).await, SaleState::Rejected);
    assert!(till.answer_in_person(&till.right(&challenge).await).await.unwrap().1);
    for sale_id in [first, second] {
        assert_eq!(till.state(sale_id).await, SaleState::Verified);
    }
    assert_eq!(till.challenge(challenge.id).await.state, ChallengeState::Answered);
    assert_eq!(till.payer().await.open_challenge, None);
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
    assert_eq!(till.state(sale_id).await, SaleState::Rejected);
}

#[tokio::test]
async fn err_holds_the_deduction_without_a_freeze_and_a_dismissal_asks_again() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.reply("ERR").await;
    assert_eq!(till.payer().await.state, PayerState::Active);
    let held = till.sale(sale_id).await;
    assert_eq!((held.state, held.held), (SaleState::Queued, true));
    assert_eq!(till.dispute_of(sale_id).await.cause, Cause::WrongGoods);
    assert_eq!(till.challenge(challenge.id).await.state, ChallengeState::Cancelled);
    till.advance(3 * DAY_H);
    assert!(till.ask(MessageState::Delivered).await.is_empty(), "nothing until it is resolved");
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
}

#[tokio::test]
async fn the_end_of_a_challenge_does_not_touch_the_sale_that_left_it_by_err() {
    let till = Till::open().await;
    let (first, second) = (till.queued(100).await, till.queued(200).await);
    for sale_id in [first, second] {
        till.change_sale(sale_id, |put| put.owed().asking.rounds = 2).await;
    }
    till.ask(MessageState::Delivered).await;
    till.reply("ERR 1").await;
    till.advance(25);
    till.tick().await;
    assert_eq!(till.state(second).await, SaleState::BadPending);
    assert_eq!(till.state(first).await, SaleState::Queued, "its dispute is open");
}

#[tokio::test]
async fn an_objection_after_the_right_reply_holds_the_deduction_and_changes_no_state() {
    for (text, cause) in [("0", Cause::NotMine), ("错", Cause::WrongGoods)] {
        let till = Till::open().await;
        let sale_id = till.verified().await;
        till.reply(text).await;
        let held = till.sale(sale_id).await;
        assert_eq!((held.state, held.held), (SaleState::Verified, true));
        assert_eq!(till.dispute_of(sale_id).await.cause, cause);
        let frozen = till.payer().await.state == PayerState::Frozen;
        assert_eq!(
            frozen,
            cause == Cause::NotMine,
            "the money has not moved yet, and a thief may have the card"
        );
        till.reply(text).await;
        assert_eq!(till.sale(sale_id).await.disputes.len(), 1, "said twice, one dispute");
        assert_eq!(till.settle().await.unwrap_err().reason, "NOTHING_TO_SETTLE");
        till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
        till.settle().await.unwrap();
    }
}

#[tokio::test]
async fn a_dispute_after_settlement_leaves_it_settled_and_is_refunded_once() {
    let till = Till::open().await;
    let sale_id = till.verified().await;
    till.settle_now().await;
    let answers = till.reply("0").await;
    assert!(answers[0].text.as_str().contains("already paid"));
    assert_eq!(till.state(sale_id).await, SaleState::Settled);
    assert_eq!(till.payer().await.state, PayerState::Active);
    till.drain().await;
    till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
    let refunded = till.sale(sale_id).await;
    assert_eq!(refunded.state, SaleState::Settled);
    let [refund] = &refunded.refunds[..] else { panic!("one refund") };
    assert_eq!((refund.amount_minor, refund.in_cash), (1_250, false), "as it was paid");
    let sold = refunded.sold.unwrap().at;
    assert_eq!(
        (refund.by.as_str(), refund.at > sold),
        (SUPERVISOR, true),
        "the notice names the refund, not the sale"
    );
    assert_eq!(till.effects().await, ["POST_REFUND", "PRINT_NOTICE", "RECORD_FACT"]);
    assert_eq!(open(&till, sale_id).await.unwrap_err().reason, "WRONG_STATE", "never twice");
    till.reply("0").await;
    assert_eq!(till.sale(sale_id).await.disputes.len(), 1);
}

#[tokio::test]
async fn an_objection_to_the_notice_pauses_the_listing() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.reply("0").await;
    assert_eq!(till.state(sale_id).await, SaleState::Rejected);
    till.advance(30 * DAY_H);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Rejected);
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    till.ask(MessageState::Delivered).await;
    till.advance(25);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    till.advance(DAY_H);
    let notice = till.ask(MessageState::Delivered).await;
    assert_eq!(notice.len(), 1, "its notice and its seven days begin anew");
    till.advance(7 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
}

#[tokio::test]
async fn a_dispute_at_the_counter_stops_the_seven_days_where_they_are() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.advance(3 * DAY_H);
    open(&till, sale_id).await.unwrap();
    till.advance(30 * DAY_H);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    assert_eq!(till.list(sale_id).await.unwrap_err().reason, "WRONG_STATE");
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    till.advance(4 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    till.advance(2);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}

#[tokio::test]
async fn an_upheld_dispute_ends_a_bad_record() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    open(&till, sale_id).await.unwrap();
    till.drain().await;
    till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::WrittenOff);
    till.may_buy().await.unwrap();
    assert!(!till.effects().await.contains(&"VOID_PENDING"), "the loss is booked already");
}

#[tokio::test]
async fn a_dispute_at_the_counter_takes_the_sale_out_of_its_challenge() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    open(&till, sale_id).await.unwrap();
    let held = till.sale(sale_id).await;
    assert_eq!((held.state, held.held), (SaleState::Queued, true));
    assert_eq!(till.challenge(challenge.id).await.state, ChallengeState::Cancelled);
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Queued);
    assert_eq!(open(&till, sale_id).await.unwrap_err().reason, "DISPUTE_OPEN");
}

#[tokio::test]
async fn a_sale_disputed_before_its_challenge_is_not_asked_for() {
    for state in [SaleState::Released, SaleState::Sealed, SaleState::Queued] {
        let till = Till::open().await;
        let sale_id = till.put(state, 100, |_| {}).await;
        open(&till, sale_id).await.unwrap();
        till.change_sale(sale_id, |put| put.owed().state = State::Queued).await;
        assert!(till.ask(MessageState::Delivered).await.is_empty(), "{state:?}");
        if state != SaleState::Queued {
            till.change_sale(sale_id, |put| put.owed().state = State::Forming).await;
        }
        till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
        assert_eq!(till.state(sale_id).await, SaleState::WrittenOff, "{state:?}");
    }
}

#[tokio::test]
async fn a_sale_paid_in_cash_is_refunded_in_cash() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.pays_in_cash(sale_id, None).await.unwrap();
    open(&till, sale_id).await.unwrap();
    till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
    let sale = till.sale(sale_id).await;
    assert_eq!(sale.state, SaleState::PaidOtherwise);
    assert!(sale.refunds[0].in_cash);
    assert!(till.effects().await.contains(&"POST_REFUND"));
}

#[tokio::test]
async fn what_is_no_sale_any_more_cannot_be_disputed() {
    let till = Till::open().await;
    for state in [SaleState::Draft, SaleState::Voided, SaleState::WrittenOff, SaleState::Expired] {
        let sale_id = till.put(state, 100, |_| {}).await;
        assert_eq!(open(&till, sale_id).await.unwrap_err().reason, "WRONG_STATE", "{state:?}");
    }
}

#[tokio::test]
async fn a_closed_dispute_is_not_resolved_again() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("ERR").await;
    let id = till.dispute_of(sale_id).await.id;
    till.resolve(id, false).await.unwrap();
    assert_eq!(till.resolve(id, true).await.unwrap_err().reason, "DISPUTE_CLOSED");
}

/// A shop of one person: the owner sold, and the owner judges.
#[tokio::test]
async fn an_owner_who_judges_their_own_sale_waits_a_day_decides_by_day_and_tells_the_payer() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("0").await;
    till.drain().await;
    let dispute = till.dispute_of(sale_id).await.id;
    let refused = async || {
        let voice = till.shop.voice.clone();
        till.write(move |tx| own_judgement::may_be_made(tx, &voice, dispute))
            .await
            .err()
            .map(|err| err.reason)
    };
    assert_eq!(refused().await.unwrap(), "JUDGEMENT_WAITS", "the payer may come by");
    till.advance(DAY_H);
    assert_eq!(refused().await, None);
    // From ten in the morning.
    till.advance(12);
    assert_eq!(refused().await.unwrap(), "JUDGEMENT_WAITS", "at night nobody is told");
    till.advance(12);
    assert_eq!(refused().await, None);

    let decided = till.resolve(dispute, false).await.unwrap();
    let (voice, message) = (till.shop.voice.clone(), till.id());
    till.write(move |tx| own_judgement::tell(tx, &voice, &decided, message)).await.unwrap();
    let told = till.network(MessageState::Delivered).await;
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.text.as_str().contains("dismissed"), "{}", told.text.as_str());
    let unasked = till.payer().await.unasked;
    assert_eq!(
        unasked.admit(till.shop.voice.quiet.local_day(till.shop.clock.now()), 1),
        None,
        "it counts among the two of a day"
    );
}
