//! What another service refused is told on the sales until it is done.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::Till;
use crate::outbox::Effect;
use crate::outbox::fact::FactKind;
use crate::outbox::message::Purpose;
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;
use crate::values::ids::MessageId;

#[tokio::test]
async fn the_end_of_a_refused_effect_takes_its_mark_off_in_the_same_transaction() {
    let till = Till::open().await;
    let sale = till.put(SaleState::Committed, 100, |_| {}).await;
    for effect in [Effect::HoldRecording { sale }, Effect::PrintReceipt { sale }] {
        till.write(move |tx| tx.push(&effect)).await.unwrap();
    }
    let [(holding, _), (printing, _)] = till.outbox().await[..] else { panic!("two entries") };
    till.write(move |tx| tx.note_refusal(holding, "DISK_FULL")).await.unwrap();
    for (done, left) in [(printing, Some("DISK_FULL")), (holding, None)] {
        till.write(move |tx| tx.complete(done)).await.unwrap();
        let seen = till.sale(sale).await;
        assert_eq!(seen.refusal.as_deref(), left);
        assert_eq!(seen.attention.contains(&Attention::Stuck), left.is_some());
    }
    assert_eq!(till.read(|view| view.refused_sales(10)).await, []);
}

#[tokio::test]
async fn a_challenges_text_that_the_ledger_refuses_holds_its_sales_up_and_an_sms_does_not() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.tick().await;
    let [fact] = &till.facts(FactKind::ChallengeText).await[..] else { panic!("one text") };
    let message = MessageId(fact.id.0);
    assert_eq!(till.waiting(Purpose::Challenge).await[0].id, message);
    let [(_, record), (_, send)] = &till.outbox().await[..] else { panic!("two entries") };
    assert_eq!((record.sales(), send.sales()), (vec![sale_id], Vec::new()));
    assert_eq!(send, &Effect::SendMessage { message });
    till.network(MessageState::Delivered).await;
}
