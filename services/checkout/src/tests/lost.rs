//! Lost cards, other people's phones.

use super::fixture::{PHONE, STRANGER, Till};
use crate::domain::people::PayerState;
use crate::domain::sale::SaleState;

const NEIGHBOUR: &str = "+8613800009999";

#[tokio::test]
async fn lost_with_the_cards_serial_freezes_silently_from_any_number() {
    for from in [PHONE, STRANGER, NEIGHBOUR] {
        let till = Till::open().await;
        till.enrol(NEIGHBOUR, PayerState::Active).await;
        let serial = till.payer().await.card_serial;
        assert!(till.reply_from(from, "LOST 00000000").await.len() <= 1);
        assert_eq!(till.payer().await.state(), PayerState::Active, "another card");
        let answers = till.reply_from(from, &format!("挂失{serial}")).await;
        assert_eq!(till.payer().await.state(), PayerState::Frozen, "{from}");
        assert!(answers.is_empty(), "a thief may hold the phone");
    }
}

#[tokio::test]
async fn a_freeze_does_not_lift_a_lock() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Locked as i32).await;
    let serial = till.payer().await.card_serial;
    till.reply(&format!("LOST {serial}")).await;
    assert_eq!(till.payer().await.state(), PayerState::Locked);
}

#[tokio::test]
async fn a_right_code_from_another_number_is_held_and_the_enrolled_number_is_asked() {
    for from in [STRANGER, NEIGHBOUR] {
        let till = Till::open().await;
        till.enrol(NEIGHBOUR, PayerState::Active).await;
        let (sale_id, challenge) = till.challenged().await;
        let answers = till.reply_from(from, &till.right(&challenge).await).await;
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::Challenged, "{from}");
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0].to, PHONE);
        assert_eq!(till.payer().await.wrong_since_right, 0, "no try");
        till.reply(&till.right(&challenge).await).await;
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
    }
}

#[tokio::test]
async fn an_unknown_sender_never_gets_an_answer_nor_changes_anything() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let wrong = till.wrong(0).await;
    for text in ["0", "ERR", "HELP", "hello", "LOST", wrong.as_str()] {
        assert!(till.reply_from(STRANGER, text).await.is_empty(), "{text}");
    }
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Challenged);
    assert_eq!(till.challenge(&challenge.challenge_id).await.wrong_replies, 0);
}

#[tokio::test]
async fn a_row_of_an_older_card_counts_for_nothing() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let old = till.right(&challenge).await;
    till.reset_card().await;
    till.reply(&old).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Queued);
}
