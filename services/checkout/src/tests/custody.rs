//! What the keeper of a sale's film is told, and when.

use chit_proto::sms_gateway::v1::MessageState;

use super::disputes;
use super::fixture::{CASHIER, Till};
use crate::collection::{After, State};
use crate::custody::{self, LogEntry, Logged};
use crate::inbound::evidence_log;
use crate::outbox::fact::FactKind;
use crate::outbox::{Effect, Hold};
use crate::payer::record::CodeCare;
use crate::sale::state::SaleState;
use crate::values::ids::SaleId;

async fn known(till: &Till, sale: SaleId) -> custody::Custody {
    till.read(move |view| view.custody(sale)).await
}

async fn told(till: &Till, sale: SaleId) -> bool {
    till.outbox().await.iter().any(|(_, effect)| *effect == Effect::NoteSale { sale })
}

#[tokio::test]
async fn the_right_answer_and_the_delivery_of_what_states_the_deduction_are_told_to_the_keeper() {
    let till = Till::open().await;
    let (sale, challenge) = till.challenged().await;
    assert_eq!(known(&till, sale).await, custody::Custody::default());
    let answers = till.reply(&till.right(&challenge).await).await;
    let answered = known(&till, sale).await;
    assert!(answered.answered_at.is_some() && answered.stated_at.is_none() && told(&till, sale).await);
    till.drain().await;
    till.report(answers[0].id, MessageState::Submitted).await;
    assert!(!told(&till, sale).await, "nobody knows yet whether it arrived");
    till.report(answers[0].id, MessageState::Delivered).await;
    let stated = known(&till, sale).await.stated_at;
    assert!(stated.is_some() && told(&till, sale).await);
    till.advance(1);
    till.report(answers[0].id, MessageState::Delivered).await;
    assert_eq!(known(&till, sale).await.stated_at, stated, "the first report counts");
}

#[tokio::test]
async fn another_answer_that_arrives_states_no_deduction() {
    let till = Till::open().await;
    let (sale, challenge) = till.challenged().await;
    let try_again = till.reply(&till.wrong(0).await).await;
    till.reply(&till.right(&challenge).await).await;
    till.report(try_again[0].id, MessageState::Delivered).await;
    assert_eq!(known(&till, sale).await.stated_at, None);
}

#[tokio::test]
async fn the_end_of_what_is_owed_is_told_and_taken_back_when_a_bank_returns_it() {
    let till = Till::open().await;
    let sale = till.verified().await;
    till.settle_now().await;
    assert!(known(&till, sale).await.concluded_at.is_some());
    let returned = move |tx: &mut crate::store::Tx| {
        let mut deduction = tx.deduction(sale)?;
        deduction.advance(State::Returned(After::Person))?;
        tx.put_deduction("bank", &deduction)
    };
    till.write(returned).await.unwrap();
    assert!(known(&till, sale).await.concluded_at.is_none() && told(&till, sale).await);
    assert!(known(&till, sale).await.answered_at.is_some(), "it was answered all the same");
    let voided = till.queued(500).await;
    till.drain().await;
    till.pays_in_cash(voided, None).await.unwrap();
    assert!(known(&till, voided).await.concluded_at.is_some() && told(&till, voided).await);
}

#[tokio::test]
async fn a_dispute_holds_the_film_until_it_is_resolved_and_in_that_order() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    till.drain().await;
    let dispute = disputes::open(&till, sale).await.unwrap().id;
    till.resolve(dispute, false).await.unwrap();
    let hold = Hold::Dispute(dispute);
    let mut held: Vec<Effect> = till.outbox().await.into_iter().map(|(_, effect)| effect).collect();
    held.retain(|effect| matches!(effect, Effect::HoldEvidence { .. } | Effect::ReleaseHold { .. }));
    assert_eq!(held, [Effect::HoldEvidence { sale, hold }, Effect::ReleaseHold { sale, hold }]);
    assert_eq!(held[0].lane(), held[1].lane(), "never released before it is held");
}

#[tokio::test]
async fn who_looks_a_sale_up_finds_its_film_for_three_days_from_the_last_look() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    till.drain().await;
    let look = move |tx: &mut crate::store::Tx| custody::enquired(tx, sale, CASHIER);
    till.write(look).await.unwrap();
    till.advance(48);
    till.write(look).await.unwrap();
    assert_eq!(till.keepers().await, ["HOLD_EVIDENCE"], "one hold for all looks");
    till.drain().await;
    till.advance(71);
    till.tick().await;
    assert!(!till.keepers().await.contains(&"RELEASE_HOLD"));
    till.advance(2);
    till.tick().await;
    assert!(till.keepers().await.contains(&"RELEASE_HOLD"));
}

fn entry(position: u64, sale: SaleId, what: Logged) -> LogEntry {
    LogEntry {
        position,
        sale,
        what,
        at_us: 1_795_000_000_000_000,
        rule: "eu/notice+72h".into(),
        actor: String::new(),
        reason: String::new(),
        manifest_sha256: vec![0xab; 32],
    }
}

#[tokio::test]
async fn each_entry_of_the_evidence_log_is_witnessed_once() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    till.drain().await;
    for position in [1, 1, 2] {
        let what = if position == 1 { Logged::FilmErased } else { Logged::EvidenceErased };
        till.write(move |tx| evidence_log::take(tx, &entry(position, sale, what))).await.unwrap();
    }
    let [film] = &till.facts(FactKind::FilmErased).await[..] else { panic!("one of each entry") };
    assert_eq!((&*film.subject, &*film.actor), (&*sale.to_string(), "system"));
    assert_eq!(till.facts(FactKind::EvidenceErased).await.len(), 1);
}

#[tokio::test]
async fn a_code_that_a_copy_outside_shows_is_replaced_at_the_next_purchase_and_handed_over() {
    let till = Till::open().await;
    let sale = till.put(SaleState::Settled, 1_250, |_| {}).await;
    let exported =
        move |tx: &mut crate::store::Tx| evidence_log::take(tx, &entry(1, sale, Logged::ExportedWhole));
    till.write(exported).await.unwrap();
    let exposed = till.payer().await;
    assert_eq!(exposed.code_care, CodeCare::Exposed);
    till.may_buy().await.unwrap();
    let (shop, payer) = (till.shop.clone(), till.payer_id);
    let serial = exposed.code.serial + 1;
    let code = crate::effects::issue(&shop, payer, exposed.phone.as_ref().unwrap(), serial).unwrap();
    till.write(move |tx| crate::payer::renew_code(tx, payer, code)).await.unwrap();
    let renewed = till.payer().await;
    assert_eq!((renewed.code.serial, renewed.code_care), (serial, CodeCare::Renewed));
    assert!(renewed.needs_person(), "somebody hands the new one over");
    let older = move |tx: &mut crate::store::Tx| crate::payer::expose_code(tx, payer, Some(serial - 1));
    till.write(older).await.unwrap();
    assert_eq!(till.payer().await.code_care, CodeCare::Renewed, "the old one is dead anyway");
}
