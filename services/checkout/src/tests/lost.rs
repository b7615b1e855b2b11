//! Lost cards, other people's phones.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{A_ROUND_H, DAY_H, PHONE, STRANGER, Till};
use crate::payer::PayerState;
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;

const NEIGHBOUR: &str = "+8613800009999";

async fn foreign_codes(till: &Till) -> u64 {
    let (voice, now) = (till.shop.voice.clone(), till.shop.clock.now());
    till.read(move |view| view.foreign_codes(&voice, now)).await
}

#[tokio::test]
async fn lost_with_the_cards_serial_freezes_silently_from_any_number() {
    for from in [PHONE, STRANGER, NEIGHBOUR] {
        let till = Till::open().await;
        till.enrol(NEIGHBOUR, PayerState::Active).await;
        let serial = till.serial().await;
        assert!(till.reply_from(from, "LOST 00000000").await.len() <= 1);
        assert_eq!(till.payer().await.state, PayerState::Active, "another card");
        let answers = till.reply_from(from, &format!("挂失{serial}")).await;
        assert_eq!(till.payer().await.state, PayerState::Frozen, "{from}");
        assert!(answers.is_empty(), "a thief may hold the phone");
    }
}

#[tokio::test]
async fn a_freeze_does_not_lift_a_lock() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Locked).await;
    let serial = till.serial().await;
    till.reply(&format!("LOST {serial}")).await;
    assert_eq!(till.payer().await.state, PayerState::Locked);
}

#[tokio::test]
async fn a_code_from_a_number_that_no_payer_has_is_compared_with_nothing_and_only_counted() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let (right, wrong) = (till.right(&challenge).await, till.wrong(0).await);
    let before = till.payer().await;
    for (n, code) in [&right, &wrong, &right].into_iter().enumerate() {
        assert!(
            till.reply_from(STRANGER, code).await.is_empty(),
            "nothing tells a right one from a wrong one"
        );
        assert_eq!(foreign_codes(&till).await, n as u64 + 1, "staff see that one came");
    }
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    assert_eq!(till.payer().await, before);
    assert_eq!(till.challenge(challenge.id).await, challenge);
    till.reply(&right).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
    till.advance(DAY_H);
    assert_eq!(foreign_codes(&till).await, 0, "counted by the day");
}

#[tokio::test]
async fn a_code_from_another_payers_number_is_about_their_own_card() {
    let till = Till::open().await;
    till.enrol(NEIGHBOUR, PayerState::Active).await;
    let (sale_id, challenge) = till.challenged().await;
    let answers = till.reply_from(NEIGHBOUR, &till.right(&challenge).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    let [answer] = &answers[..] else { panic!("one answer: {answers:?}") };
    assert_eq!(answer.to.reveal(), NEIGHBOUR, "nothing is asked of them");
    assert_eq!(till.payer().await.wrong_since_right, 0, "no try");
}

#[tokio::test]
async fn an_unknown_sender_never_gets_an_answer_nor_changes_anything() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let wrong = till.wrong(0).await;
    for text in ["0", "ERR", "HELP", "hello", "LOST", wrong.as_str()] {
        assert!(till.reply_from(STRANGER, text).await.is_empty(), "{text}");
    }
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    assert_eq!(till.challenge(challenge.id).await.wrong_tries, 0);
}

#[tokio::test]
async fn a_row_of_an_older_card_counts_for_nothing() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let old = till.right(&challenge).await;
    till.reset_card().await;
    till.reply(&old).await;
    assert_eq!(till.state(sale_id).await, SaleState::Queued);
}

async fn report_lost(till: &Till) {
    let serial = till.serial().await;
    assert!(till.reply_from(STRANGER, &format!("LOST {serial}")).await.is_empty());
}

#[tokio::test]
async fn no_row_of_a_lost_card_counts_any_more_neither_by_sms_nor_at_the_counter() {
    for late in [false, true] {
        let till = Till::open().await;
        let (sale_id, challenge) = till.challenged().await;
        if late {
            till.advance(A_ROUND_H);
            till.tick().await;
        }
        report_lost(&till).await;
        let right = till.right(&challenge).await;
        till.reply(&right).await;
        assert_eq!(till.state(sale_id).await, SaleState::Queued, "late: {late}");
        assert_eq!(till.answer_in_person(&right).await.unwrap_err().reason, "CARD_LOST", "late: {late}");
        assert_eq!(till.state(sale_id).await, SaleState::Queued, "late: {late}");
        assert_eq!(till.payer().await.wrong_since_right, 0, "nothing was compared");
    }
}

#[tokio::test]
async fn a_locked_payers_lost_card_reopens_nothing_and_a_new_card_ends_it() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    till.change_payer(|payer| payer.lock(0)).await;
    report_lost(&till).await;
    let right = till.right(&challenge).await;
    assert_eq!(till.answer_in_person(&right).await.unwrap_err().reason, "CARD_LOST");
    assert_eq!(till.payer().await.state, PayerState::Locked);
    assert_eq!(till.reset_card().await.state, PayerState::Pending);
    till.advance(DAY_H);
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
}

#[tokio::test]
async fn a_rejection_is_not_withdrawn_with_a_row_of_a_lost_card() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.reply("0").await;
    report_lost(&till).await;
    let refusal = till.answer_in_person(&till.right(&challenge).await).await.unwrap_err();
    assert_eq!(refusal.reason, "CARD_LOST");
    assert_eq!(till.state(sale_id).await, SaleState::Rejected);
}

#[tokio::test]
async fn nobody_is_asked_for_a_row_of_a_lost_card_and_the_sale_says_so() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.reply("0").await;
    report_lost(&till).await;
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    till.advance(DAY_H);
    assert!(till.ask(MessageState::Delivered).await.is_empty(), "its last round waits for a new card");
    let seen = till.sale(sale_id).await;
    assert_eq!((seen.state, seen.attention), (SaleState::Queued, vec![Attention::CodeFrozen]));
}

#[tokio::test]
async fn a_lost_card_proves_no_new_phone() {
    let till = Till::open().await;
    report_lost(&till).await;
    assert_eq!(till.change_phone("+8613800001234").await.unwrap_err().reason, "CARD_LOST");
    till.reset_card().await;
    till.change_phone("+8613800001234").await.unwrap();
}
