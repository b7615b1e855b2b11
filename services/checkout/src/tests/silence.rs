//! The payer answers nothing, or cannot be reached: notice, deny list, and the way out.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{DAY_H, Till};
use crate::outbox::message::{Progress, Purpose};
use crate::payer::PayerState;
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;
use crate::store::Tx;
use crate::verification::challenge::ChallengeState;
use crate::verification::{Report, progress};

#[tokio::test]
async fn three_rounds_that_arrived_lead_over_notice_and_objection_to_the_deny_list() {
    let till = Till::open().await;
    let sale_id = till.three_silent_rounds(MessageState::Delivered).await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    till.advance(DAY_H);
    let sent = till.ask(MessageState::Delivered).await;
    assert_eq!(sent[0].purpose, Purpose::Notice);
    for said in ["CNY 12.50", "Pay at the shop by", "reply 0"] {
        assert!(sent[0].text.as_str().contains(said), "amount, how to pay, how to object: {said}");
    }
    till.advance(7 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending, "they may still object");
    till.advance(1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
    assert_eq!(till.payer().await.state, PayerState::Denied);
    assert_eq!(till.may_buy().await.unwrap_err().reason, "DENY_LISTED");
    assert_eq!(till.effects().await, ["RECORD_FACT", "MOVE_TO_BAD_DEBT"]);
}

#[tokio::test]
async fn a_listed_debt_paid_in_cash_is_cleared_and_the_payer_buys_again() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    till.pays_in_cash(sale_id, None).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::Cleared);
    till.may_buy().await.unwrap();
    assert_eq!(till.effects().await, ["POST_RECOVERY", "RECORD_FACT"]);
}

#[tokio::test]
async fn a_bad_record_expires_after_the_years_of_the_configuration() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    till.advance(2 * 365 * DAY_H - 1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
    till.advance(2);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Expired);
    till.may_buy().await.unwrap();
}

#[tokio::test]
async fn a_bad_record_outlasts_a_freeze_and_a_new_card() {
    let till = Till::open().await;
    till.bad_listed().await;
    let serial = till.serial().await;
    till.reply(&format!("LOST {serial}")).await;
    assert_eq!(till.payer().await.state, PayerState::Frozen);
    till.reset_card().await;
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.payer().await.state, PayerState::Denied);
    assert_eq!(till.may_buy().await.unwrap_err().reason, "DENY_LISTED");
}

#[tokio::test]
async fn clearing_a_record_does_not_end_a_freeze() {
    let till = Till::open().await;
    let sale_id = till.bad_listed().await;
    let serial = till.serial().await;
    till.reply(&format!("LOST {serial}")).await;
    till.pays_in_cash(sale_id, None).await.unwrap();
    assert_eq!(till.may_buy().await.unwrap_err().reason, "PAYER_FROZEN");
}

#[tokio::test]
async fn a_payer_whom_no_challenge_reached_is_unreachable_and_can_still_reject_or_answer() {
    for state in [MessageState::Submitted, MessageState::ReportTimeout, MessageState::Undelivered] {
        let till = Till::open().await;
        let sale_id = till.three_silent_rounds(state).await;
        assert_eq!(till.state(sale_id).await, SaleState::Unreachable, "{state:?}");
        till.advance(30 * DAY_H);
        assert!(till.ask(state).await.is_empty(), "nobody writes to them any more by itself");
        till.reply("0").await;
        assert_eq!(till.state(sale_id).await, SaleState::Rejected);
    }
}

#[tokio::test]
async fn three_rounds_of_a_frozen_code_are_no_bad_record_and_a_reset_asks_anew() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.change_sale(sale_id, |put| put.owed().asking.rounds = 2).await;
    till.ask(MessageState::Delivered).await;
    till.change_payer(|payer| payer.freeze()).await;
    till.advance(25);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Unreachable);
    till.reset_card().await;
    let again = till.sale(sale_id).await;
    assert_eq!((again.state, again.rounds), (SaleState::Queued, 0));
}

#[tokio::test]
async fn a_number_that_the_network_refuses_costs_a_round_and_never_makes_a_bad_record() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    for round in 1..=3 {
        till.ask(MessageState::Failed).await;
        assert_eq!(till.sale(sale_id).await.rounds, round);
        assert_eq!(till.payer().await.open_challenge, None);
        till.tick().await;
        assert_eq!(till.payer().await.open_challenge, None, "not again on the same day");
        till.advance(DAY_H);
    }
    assert_eq!(till.state(sale_id).await, SaleState::Unreachable);
}

#[tokio::test]
async fn a_message_that_never_left_the_house_costs_no_round() {
    for state in [MessageState::Expired, MessageState::Cancelled] {
        let till = Till::open().await;
        let sale_id = till.queued(1_250).await;
        till.ask(state).await;
        let sale = till.sale(sale_id).await;
        assert_eq!((sale.state, sale.rounds), (SaleState::Queued, 0), "{state:?}");
        till.ask(MessageState::Delivered).await;
        assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    }
}

#[tokio::test]
async fn an_sms_of_unknown_outcome_counts_as_out_and_is_shown() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    let sent = till.ask(MessageState::Unknown).await;
    assert_eq!(till.open_challenge().await.state, ChallengeState::Open);
    assert_eq!(till.sale(sale_id).await.attention, [Attention::SmsUnknown]);
    till.report(sent[0].id, MessageState::Delivered).await;
    assert_eq!(till.sale(sale_id).await.attention, []);
    assert!(till.open_challenge().await.delivered);
}

#[tokio::test]
async fn an_older_report_never_overwrites_a_newer_one() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.tick().await;
    let message = till.waiting(Purpose::Challenge).await.remove(0);
    till.network(MessageState::Delivered).await;
    till.report(message.id, MessageState::Delivered).await;
    let stale = Report { progress: Progress::Queued, revision: 1, ..Report::never_left(Progress::Failed) };
    till.write(move |tx: &mut Tx| progress::note(tx, &message, &stale)).await.unwrap();
    assert_eq!(till.sale(sale_id).await.sms[0].progress, Progress::Delivered);
}

#[tokio::test]
async fn nobody_is_listed_whose_notice_is_not_known_to_be_out() {
    let till = Till::open().await;
    let sale_id = till.three_silent_rounds(MessageState::Delivered).await;
    till.advance(DAY_H);
    let notice = till.ask(MessageState::Unknown).await.remove(0);
    till.advance(30 * DAY_H);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending, "a person must see to it");
    till.report(notice.id, MessageState::Delivered).await;
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadPending, "the seven days begin now");
    till.advance(7 * DAY_H + 1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}

#[tokio::test]
async fn a_notice_that_cannot_arrive_leaves_the_listing_to_a_supervisor() {
    let till = Till::open().await;
    let sale_id = till.three_silent_rounds(MessageState::Delivered).await;
    till.advance(DAY_H);
    till.ask(MessageState::Failed).await;
    till.advance(30 * DAY_H);
    till.tick().await;
    let sale = till.sale(sale_id).await;
    assert!(sale.state == SaleState::BadPending && sale.listing_needs_person);
    till.list(sale_id).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}

#[tokio::test]
async fn partial_or_overridden_evidence_is_listed_by_a_supervisor_only() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    till.change_sale(sale_id, |put| put.owed().evidence.as_mut().unwrap().whole = false).await;
    till.advance(8 * DAY_H);
    till.tick().await;
    till.tick().await;
    let sale = till.sale(sale_id).await;
    assert!(sale.state == SaleState::BadPending && sale.listing_needs_person);
    assert_eq!(sale.attention, [Attention::Listing]);
    till.may_buy().await.unwrap();
    till.list(sale_id).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}
