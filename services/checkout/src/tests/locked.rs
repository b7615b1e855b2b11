//! Nine wrong replies close SMS answering, because senders can be forged; one right row at the counter reopens it.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{CASHIER, DAY_H, Till};
use crate::dispute::Cause;
use crate::payer::PayerState;
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;
use crate::store::Tx;
use crate::store::due::Queue;
use crate::values::ids::SaleId;
use crate::verification::Challenge;
use crate::verification::calling_off;
use crate::verification::challenge::ChallengeState;

/// A payer whose ninth wrong reply was about this challenge.
async fn locked(till: &Till) -> (SaleId, Challenge) {
    let (sale_id, challenge) = till.challenged().await;
    ninth_wrong(till).await;
    (sale_id, till.challenge(challenge.id).await)
}

async fn ninth_wrong(till: &Till) {
    till.change_payer(|payer| payer.wrong_since_right = 8).await;
    till.reply(&till.wrong(99).await).await;
    assert_eq!(till.payer().await.state, PayerState::Locked);
}

#[tokio::test]
async fn a_locked_payers_sms_answer_nothing_and_the_sale_says_who_must_help() {
    let till = Till::open().await;
    let (sale_id, challenge) = locked(&till).await;
    assert_eq!(challenge.state, ChallengeState::Over);
    let answers = till.reply(&till.right(&challenge).await).await;
    assert!(answers[0].text.as_str().contains("with your code card"), "{}", answers[0].text.as_str());
    let seen = till.sale(sale_id).await;
    assert_eq!((seen.state, seen.attention), (SaleState::Queued, vec![Attention::CardLocked]));
    till.advance(3 * DAY_H);
    assert!(till.ask(MessageState::Delivered).await.is_empty(), "nobody is asked by SMS");
    assert_eq!(till.may_buy().await.unwrap_err().reason, "CARD_LOCKED");
}

#[tokio::test]
async fn one_right_row_of_the_newest_challenge_at_the_counter_reopens_sms_answering() {
    let till = Till::open().await;
    let (sale_id, challenge) = locked(&till).await;
    let (payer, right) = till.answer_in_person(&till.right(&challenge).await).await.unwrap();
    assert_eq!((payer.state, payer.wrong_since_right, right), (PayerState::Active, 0, true));
    assert_eq!(till.state(sale_id).await, SaleState::Queued, "three wrong tries have closed that challenge");
    till.may_buy().await.unwrap();
    till.advance(DAY_H);
    for round in 1..=3 {
        till.ask(MessageState::Delivered).await;
        assert_eq!(till.sale(sale_id).await.rounds, round, "who was found gets three rounds");
        till.advance(DAY_H + 1);
        till.tick().await;
    }
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
}

#[tokio::test]
async fn only_the_row_of_the_newest_challenge_reopens_and_three_wrong_rows_at_the_counter_take_a_new_card() {
    let till = Till::open().await;
    till.verified().await;
    let earlier = till.payer().await.card.used.len();
    let (_, challenge) = locked(&till).await;
    let old = till.read({
        let payer = till.payer_id;
        move |view| Ok(view.challenges_of(payer)?.remove(0))
    });
    let old = old.await;
    assert_ne!(old.id, challenge.id);
    for code in [till.right(&old).await, till.wrong(1).await, till.wrong(2).await] {
        assert!(!till.answer_in_person(&code).await.unwrap().1);
    }
    let payer = till.payer().await;
    assert_eq!((payer.state, payer.wrong_since_right), (PayerState::Locked, 12));
    let refusal = till.answer_in_person(&till.right(&challenge).await).await.unwrap_err();
    assert_eq!(refusal.reason, "CARD_LOCKED", "not even the right one");
    assert_eq!(till.payer().await.card.used.len(), earlier);
    assert_eq!(till.reset_card().await.state, PayerState::Pending);
}

#[tokio::test]
async fn nothing_turns_bad_while_a_payer_is_locked_and_the_days_stand_still() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.advance(2 * DAY_H);
    ninth_wrong(&till).await;
    for _ in 0..30 {
        till.advance(DAY_H);
        till.tick().await;
    }
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    let newest = till.challenge(till.sale(sale_id).await.challenge.unwrap()).await;
    assert!(till.answer_in_person(&till.right(&newest).await).await.unwrap().1);
    till.advance(5 * DAY_H - 2);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending, "two of the seven days were over");
    till.advance(3);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}

#[tokio::test]
async fn a_new_card_gives_the_days_back_too() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    ninth_wrong(&till).await;
    till.advance(30 * DAY_H);
    till.tick().await;
    till.reset_card().await;
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    till.advance(7 * DAY_H + 2);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}

#[tokio::test]
async fn a_first_challenge_that_was_guessed_at_leads_back_to_pending_and_is_proven_by_sms() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    till.ask(MessageState::Delivered).await;
    let first = till.open_challenge().await;
    ninth_wrong(&till).await;
    let (payer, right) = till.answer_in_person(&till.right(&first).await).await.unwrap();
    assert_eq!((payer.state, right), (PayerState::Pending, true), "the phone is not proven by it");
    till.advance(DAY_H);
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
}

#[tokio::test]
async fn a_dispute_of_a_locked_payer_leaves_nothing_that_is_tried_in_vain() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    ninth_wrong(&till).await;
    till.advance(8 * DAY_H);
    till.tick().await;
    let id = till.id();
    let dispute = move |tx: &mut Tx| {
        calling_off::disputed_in_person(tx, sale_id, id, Cause::InPerson, CASHIER).map(|_| ())
    };
    till.write(dispute).await.unwrap();
    till.advance(2);
    till.tick().await;
    assert_eq!(till.read(|view| view.due(Queue::Heard, 10)).await, []);
    till.resolve(id, false).await.unwrap();
    assert_eq!(till.read(|view| view.due(Queue::Heard, 10)).await.len(), 1, "its days go on");
}

#[tokio::test]
async fn a_freeze_outlasts_a_lock() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    till.change_payer(crate::payer::Payer::freeze).await;
    ninth_wrong(&till).await;
    let (payer, right) = till.answer_in_person(&till.right(&challenge).await).await.unwrap();
    assert_eq!((payer.state, right), (PayerState::Frozen, true), "the row ends the lock alone");
    assert_eq!(till.may_buy().await.unwrap_err().reason, "PAYER_FROZEN");
    assert_eq!(till.reset_card().await.state, PayerState::Pending, "a new card ends both");
}

#[tokio::test]
async fn a_phone_that_was_changed_under_a_lock_is_still_proven_by_sms() {
    let till = Till::open().await;
    let (_, challenge) = locked(&till).await;
    till.change_phone("+8613800001234").await.unwrap();
    let (payer, right) = till.answer_in_person(&till.right(&challenge).await).await.unwrap();
    assert_eq!((payer.state, right), (PayerState::Pending, true));
}
