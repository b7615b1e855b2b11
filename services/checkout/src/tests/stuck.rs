//! What another service refused is told on the sales until it is done.

use chit_proto::ledger::v1::FactKind;
use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::Till;
use crate::domain::dialogue::Purpose;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::sale::SaleState;
use crate::saga::stuck;

#[tokio::test]
async fn the_end_of_a_refused_effect_takes_its_mark_off_in_the_same_transaction() {
    let till = Till::open().await;
    let refused = |sale: &mut crate::domain::sale::Sale| {
        sale.refused_effect = EffectKind::HoldRecording as i32;
        sale.far_refusal = "DISK_FULL".into();
    };
    let sale_id = till.put(SaleState::Committed, 100, refused).await;
    for (kind, left) in [(EffectKind::PrintReceipt, "DISK_FULL"), (EffectKind::HoldRecording, "")] {
        let effect = Effect::new(kind, &sale_id);
        till.shop.store.write(move |tx| tx.push(&effect)).await.unwrap();
        let (row, _) = till.outbox().await[0];
        till.shop.store.write(move |tx| stuck::done(tx, row)).await.unwrap();
        assert_eq!((till.outbox().await.len(), till.sale(&sale_id).await.far_refusal.as_str()), (0, left));
    }
}

#[tokio::test]
async fn a_challenges_text_that_the_ledger_refuses_holds_its_sales_up_and_an_sms_does_not() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.tick().await;
    let [fact] = &till.facts(FactKind::ChallengeText).await[..] else { panic!("one text") };
    assert_eq!(till.waiting(Purpose::Challenge).await[0].message_id, fact.fact_id);
    let id = fact.fact_id.clone();
    let of = |kind| Effect::new(kind, &id);
    let (record, send) = (of(EffectKind::RecordFact), of(EffectKind::SendMessage));
    let read = move |rows: &crate::store::ReadTx| {
        Ok((stuck::sale_ids_of(rows, &record)?, stuck::sale_ids_of(rows, &send)?))
    };
    assert_eq!(till.shop.store.read(read).await.unwrap(), (vec![sale_id], Vec::new()));
    till.network(MessageState::Delivered).await;
}
