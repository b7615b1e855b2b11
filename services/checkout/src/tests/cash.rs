//! Cash for what is owed: the whole, or a part.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{CASHIER, Till};
use crate::sale::state::SaleState;
use crate::verification::challenge::ChallengeState;

#[tokio::test]
async fn a_part_in_cash_calls_the_challenge_off_and_the_next_one_states_the_rest() {
    let till = Till::open().await;
    let (sale_id, first) = till.challenged().await;
    till.pays_in_cash(sale_id, Some(500)).await.unwrap();
    let seen = till.sale(sale_id).await;
    assert_eq!((seen.state, seen.owed_minor, seen.rounds), (SaleState::Queued, 750, 0));
    let [payment] = &seen.payments[..] else { panic!("one payment") };
    assert_eq!((payment.amount_minor, payment.by.as_str()), (500, CASHIER));
    assert_eq!(till.challenge(first.id).await.state, ChallengeState::Cancelled);
    assert_eq!(till.effects().await, ["POST_PAYMENT", "CANCEL_MESSAGE"]);

    let sent = till.ask(MessageState::Delivered).await;
    assert!(sent[0].text.as_str().contains("7.50") && !sent[0].text.as_str().contains("12.50"));
    till.reply(&till.right(&first).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged, "the old text stated another sum (I9)");
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.settle().await.unwrap().total_minor, 750);
}

#[tokio::test]
async fn what_parts_leave_is_paid_in_cash_too_and_nothing_is_deducted() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    for part in [Some(500), Some(250), None] {
        till.pays_in_cash(sale_id, part).await.unwrap();
    }
    let seen = till.sale(sale_id).await;
    assert_eq!((seen.state, seen.owed_minor, seen.payments.len()), (SaleState::PaidOtherwise, 0, 3));
    assert!(till.ask(MessageState::Delivered).await.is_empty());
    let day = till.shop.local_day();
    let sums = till.read(move |view| view.day_sums(&day)).await;
    assert_eq!((sums.gross_minor, sums.paid_otherwise_minor, sums.open_minor), (1_250, 1_250, 0));
}

#[tokio::test]
async fn nobody_pays_nothing_or_more_than_is_owed() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.pays_in_cash(sale_id, Some(500)).await.unwrap();
    for amount in [i64::MIN, -1, 0, 751, i64::MAX] {
        let refusal = till.pays_in_cash(sale_id, Some(amount)).await.unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("amount.amount_minor"), "{amount}");
    }
    till.pays_in_cash(sale_id, None).await.unwrap();
    till.pays_in_cash(sale_id, None).await.unwrap_err();
    assert_eq!(till.sale(sale_id).await.payments.len(), 2);
}

#[tokio::test]
async fn a_listed_debt_is_cleared_by_all_of_it_only() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    assert_eq!(till.pays_in_cash(sale_id, Some(500)).await.unwrap_err().reason, "WRONG_STATE");
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}
