//! What an objection is about, and what it is worth once money has moved.

use super::disputes::open;
use super::fixture::{DAY_H, SUPERVISOR, Till};
use crate::collection::settling;
use crate::payer::PayerState;
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;
use crate::store::Tx;
use crate::values::ids::{BatchId, SaleId};

#[tokio::test]
async fn an_objection_a_month_after_settlement_is_about_nothing_that_was_asked() {
    let till = Till::open().await;
    let sale_id = till.verified().await;
    till.settle_now().await;
    till.advance(30 * DAY_H);
    for text in ["0", "ERR"] {
        let answers = till.reply(text).await;
        assert!(answers[0].text.as_str().contains("nothing to confirm"), "{}", answers[0].text.as_str());
    }
    assert_eq!(till.sale(sale_id).await.disputes, []);
    assert_eq!(till.payer().await.state, PayerState::Active);
}

#[tokio::test]
async fn a_second_err_holds_no_other_sale() {
    let till = Till::open().await;
    let older = till.verified().await;
    let newer = till.verified().await;
    for _ in 0..2 {
        till.reply("ERR").await;
    }
    let (older, newer) = (till.sale(older).await, till.sale(newer).await);
    assert_eq!((older.held, older.disputes.len()), (false, 0));
    assert_eq!((newer.held, newer.disputes.len()), (true, 1));
}

#[tokio::test]
async fn a_reply_that_overtakes_its_report_was_asked_from_then_on() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.tick().await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
    till.settle_now().await;
    till.advance(DAY_H + 1);
    till.reply("0").await;
    assert_eq!(till.sale(sale_id).await.disputes, [], "its hours are over");
}

/// A sale in a batch whose end is not known, with an upheld dispute.
async fn upheld_in_a_batch(till: &Till) -> (SaleId, BatchId) {
    let sale_id = till.verified().await;
    let batch = till.settle().await.unwrap().id;
    open(till, sale_id).await.unwrap();
    till.drain().await;
    till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::Submitted);
    assert_eq!(till.effects().await, ["RECORD_FACT"], "nobody knows yet whether money came");
    assert_eq!(open(till, sale_id).await.unwrap_err().reason, "WRONG_STATE", "it is decided");
    (sale_id, batch)
}

#[tokio::test]
async fn what_was_upheld_in_a_batch_is_refunded_once_the_money_came() {
    let till = Till::open().await;
    let (sale_id, batch) = upheld_in_a_batch(&till).await;
    till.drain().await;
    let terms = till.shop.house_terms();
    till.write(move |tx| settling::settled(tx, batch, &terms)).await.unwrap();
    let seen = till.sale(sale_id).await;
    let [refund] = &seen.refunds[..] else { panic!("one refund: {:?}", seen.refunds) };
    assert_eq!((seen.state, refund.amount_minor, refund.in_cash), (SaleState::Settled, 1_250, false));
    assert_eq!(refund.by, SUPERVISOR);
    assert_eq!(till.effects().await, ["POST_REFUND", "PRINT_NOTICE"]);
}

#[tokio::test]
async fn what_was_upheld_in_a_batch_is_written_off_if_the_ledger_refuses_it() {
    let till = Till::open().await;
    let (sale_id, id) = upheld_in_a_batch(&till).await;
    till.drain().await;
    let park = move |tx: &mut Tx| {
        let mut batch = tx.batch(id)?;
        settling::park(tx, &mut batch, sale_id, "ACCOUNT_CLOSED")?;
        tx.put_batch("system", &batch)
    };
    till.write(park).await.unwrap();
    let seen = till.sale(sale_id).await;
    assert_eq!((seen.state, seen.refunds.len()), (SaleState::WrittenOff, 0));
    assert_eq!(seen.attention, [], "it is over");
    assert_eq!(till.effects().await, ["VOID_PENDING"]);
}

#[tokio::test]
async fn a_dispute_about_what_is_paid_already_still_asks_for_a_person() {
    let till = Till::open().await;
    let sale_id = till.verified().await;
    till.settle_now().await;
    open(&till, sale_id).await.unwrap();
    assert_eq!(till.sale(sale_id).await.attention, [Attention::Dispute]);
    till.resolve(till.dispute_of(sale_id).await.id, false).await.unwrap();
    assert_eq!(till.sale(sale_id).await.attention, []);
}

#[tokio::test]
async fn what_was_paid_in_part_before_the_listing_goes_back_when_the_objection_is_upheld() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.pays_in_cash(sale_id, Some(500)).await.unwrap();
    till.list(sale_id).await.unwrap();
    open(&till, sale_id).await.unwrap();
    till.resolve(till.dispute_of(sale_id).await.id, true).await.unwrap();
    let seen = till.sale(sale_id).await;
    let [refund] = &seen.refunds[..] else { panic!("one refund") };
    assert_eq!((seen.state, refund.amount_minor, refund.in_cash), (SaleState::WrittenOff, 500, true));
}
