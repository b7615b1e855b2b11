//! The payer answers nothing, or cannot be reached: notice, deny list, and the way out.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{DAY_H, SUPERVISOR, Till};
use crate::dialogue::{payment, rounds};
use crate::domain::dialogue::{ChallengeState, Purpose};
use crate::domain::effect::EffectKind;
use crate::domain::people::PayerState;
use crate::domain::sale::{EvidenceState, SaleState};

#[tokio::test]
async fn three_rounds_that_arrived_lead_over_notice_and_objection_to_the_deny_list() {
    let till = Till::open().await;
    let sale_id = till.three_silent_rounds(MessageState::Delivered).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
    till.advance(DAY_H);
    let sent = till.ask(MessageState::Delivered).await;
    assert_eq!(sent[0].purpose(), Purpose::Notice);
    for said in ["CNY 12.50", "Pay at the shop by", "reply 0"] {
        assert!(sent[0].text.contains(said), "amount, how to pay, how to object: {said}");
    }
    till.advance(7 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending, "he may still object");
    till.advance(1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
    assert_eq!(till.payer().await.state(), PayerState::Denied);
    assert_eq!(till.may_buy(&till.payer().await).unwrap_err().reason, "DENY_LISTED");
    assert_eq!(till.effects().await, [EffectKind::RecordFact, EffectKind::MoveToBadDebt]);
}

#[tokio::test]
async fn a_listed_debt_paid_in_cash_is_cleared_and_the_payer_buys_again() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    let (id, transfer) = (sale_id.clone(), till.shop.new_ulid().unwrap());
    till.shop.store.write(move |tx| payment::paid_in_cash(tx, &id, "li", transfer)).await.unwrap();
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Cleared);
    till.may_buy(&till.payer().await).unwrap();
    assert_eq!(till.effects().await, [EffectKind::PostRecovered, EffectKind::RecordFact]);
}

#[tokio::test]
async fn a_bad_record_expires_after_the_years_of_the_configuration() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    till.advance(2 * 365 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
    till.advance(2);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Expired);
    till.may_buy(&till.payer().await).unwrap();
}

#[tokio::test]
async fn a_bad_record_outlasts_a_freeze_and_a_new_card() {
    let till = Till::open().await;
    till.bad_listed().await;
    let serial = till.payer().await.card_serial;
    till.reply(&format!("LOST {serial}")).await;
    assert_eq!(till.payer().await.state(), PayerState::Frozen);
    till.reset_card().await;
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.payer().await.state(), PayerState::Denied);
    assert_eq!(till.may_buy(&till.payer().await).unwrap_err().reason, "DENY_LISTED");
}

#[tokio::test]
async fn clearing_a_record_does_not_end_a_freeze() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    let serial = till.payer().await.card_serial;
    till.reply(&format!("LOST {serial}")).await;
    let transfer = till.shop.new_ulid().unwrap();
    till.shop.store.write(move |tx| payment::paid_in_cash(tx, &sale_id, "li", transfer)).await.unwrap();
    assert_eq!(till.may_buy(&till.payer().await).unwrap_err().reason, "PAYER_FROZEN");
}

#[tokio::test]
async fn a_payer_whom_no_challenge_reached_is_unreachable_and_can_still_reject_or_answer() {
    for state in [MessageState::Submitted, MessageState::ReportTimeout, MessageState::Undelivered] {
        let till = Till::open().await;
        let sale_id = till.three_silent_rounds(state).await;
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::Unreachable, "{state:?}");
        till.advance(30 * DAY_H);
        assert!(till.ask(state).await.is_empty(), "nobody writes to him any more by himself");
        till.reply("0").await;
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::Rejected);
    }
}

#[tokio::test]
async fn three_rounds_of_a_frozen_code_are_no_bad_record_and_a_reset_asks_anew() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.change_sale(&sale_id, |sale| sale.rounds = 2).await;
    till.ask(MessageState::Delivered).await;
    till.change_payer(|payer| payer.freeze()).await;
    till.advance(25);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Unreachable);
    till.reset_card().await;
    let again = till.sale(&sale_id).await;
    assert_eq!((again.state(), again.rounds), (SaleState::Queued, 0));
}

#[tokio::test]
async fn a_number_that_the_network_refuses_costs_a_round_and_never_makes_a_bad_record() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    for round in 1..=3 {
        till.ask(MessageState::Failed).await;
        assert_eq!(till.sale(&sale_id).await.rounds, round);
        assert_eq!(till.payer().await.open_challenge_id, "");
        till.tick().await;
        assert_eq!(till.payer().await.open_challenge_id, "", "not again on the same day");
        till.advance(DAY_H);
    }
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Unreachable);
}

#[tokio::test]
async fn a_message_that_never_left_the_house_costs_no_round() {
    for state in [MessageState::Expired, MessageState::Cancelled] {
        let till = Till::open().await;
        let sale_id = till.queued(1_250).await;
        till.ask(state).await;
        let sale = till.sale(&sale_id).await;
        assert_eq!((sale.state(), sale.rounds), (SaleState::Queued, 0), "{state:?}");
        till.ask(MessageState::Delivered).await;
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::Challenged);
    }
}

#[tokio::test]
async fn an_sms_of_unknown_outcome_counts_as_out_and_is_shown() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    let sent = till.ask(MessageState::Unknown).await;
    assert_eq!(till.open_challenge().await.state(), ChallengeState::Open);
    let shown = |sale: &crate::domain::sale::Sale| {
        crate::api::convert::attention(sale, till.shop.cfg.evidence_policy)
    };
    use chit_proto::checkout::v1::Attention;
    assert_eq!(shown(&till.sale(&sale_id).await), [Attention::SmsUnknown]);
    till.report(&sent[0].message_id, MessageState::Delivered).await;
    assert_eq!(shown(&till.sale(&sale_id).await), []);
    assert!(till.open_challenge().await.delivered);
}

#[tokio::test]
async fn an_older_report_never_overwrites_a_newer_one() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.tick().await;
    let message = till.waiting(Purpose::Challenge).await.remove(0);
    till.network(MessageState::Delivered).await;
    use chit_proto::sms_gateway::v1::Message;
    let stale = Message { state: MessageState::Queued as i32, revision: 1, ..Message::default() };
    till.report(&message.message_id, MessageState::Delivered).await;
    let note = move |tx: &mut crate::store::Tx| crate::watch::sms_states::note(tx, &message, &stale);
    till.shop.store.write(note).await.unwrap();
    assert_eq!(till.sale(&sale_id).await.sms[0].state, "DELIVERED");
}

#[tokio::test]
async fn nobody_is_listed_whose_notice_is_not_known_to_be_out() {
    let till = Till::open().await;
    let sale_id = till.three_silent_rounds(MessageState::Delivered).await;
    till.advance(DAY_H);
    let notice = till.ask(MessageState::Unknown).await.remove(0);
    till.advance(30 * DAY_H);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending, "a person must see to it");
    till.report(&notice.message_id, MessageState::Delivered).await;
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending, "the seven days begin now");
    till.advance(7 * DAY_H + 1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
}

#[tokio::test]
async fn a_notice_that_cannot_arrive_leaves_the_listing_to_a_supervisor() {
    let till = Till::open().await;
    let sale_id = till.three_silent_rounds(MessageState::Delivered).await;
    till.advance(DAY_H);
    till.ask(MessageState::Failed).await;
    till.advance(30 * DAY_H);
    till.tick().await;
    let sale = till.sale(&sale_id).await;
    assert!(sale.state() == SaleState::BadPending && sale.listing_needs_person);
    list(&till, &sale_id).await.unwrap();
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
}

#[tokio::test]
async fn partial_or_overridden_evidence_is_listed_by_a_supervisor_only() {
    for overridden in [false, true] {
        let till = Till::open().await;
        let sale_id = till.bad_pending().await;
        let weaken = |sale: &mut crate::domain::sale::Sale| match overridden {
            true => sale.evidence.override_by = SUPERVISOR.into(),
            false => sale.evidence.state = EvidenceState::Partial as i32,
        };
        till.change_sale(&sale_id, weaken).await;
        till.advance(8 * DAY_H);
        till.tick().await;
        till.tick().await;
        let sale = till.sale(&sale_id).await;
        assert!(sale.state() == SaleState::BadPending && sale.listing_needs_person);
        till.may_buy(&till.payer().await).unwrap();
        list(&till, &sale_id).await.unwrap();
        assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
    }
}

pub async fn list(till: &Till, sale_id: &str) -> crate::domain::refusal::Result<()> {
    let (id, transfer) = (sale_id.to_owned(), till.shop.new_ulid().unwrap());
    till.shop.store.write(move |tx| rounds::list(tx, &id, transfer, Some(SUPERVISOR))).await
}
