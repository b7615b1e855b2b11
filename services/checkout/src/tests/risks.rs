//! The one decision: what is found goes with the sale, and the shop's action codes say what follows.

use super::counter::commit;
use super::fixture::{SUPERVISOR, Till, every_state};
use crate::Config;
use crate::payer::PayerState;
use crate::risk::RiskResult;
use crate::sale::state::SaleState;

fn config(toml: &str) -> Config {
    toml::from_str(toml).unwrap()
}

#[tokio::test]
async fn two_sales_of_one_payer_are_committed_one_right_after_the_other() {
    let till = Till::open().await;
    for _ in 0..2 {
        let sale = till.put(SaleState::PayerOk, 100, |_| {}).await;
        commit(&till, sale, None).await.unwrap();
    }
    assert_eq!(till.effects().await, ["RESERVE", "RESERVE"]);
}

#[tokio::test]
async fn the_shop_says_what_is_refused_and_what_a_supervisor_may_approve() {
    let unasked = |put: &mut super::fixture::Put| put.shown().same_person = None;
    let till = Till::open().await;
    let sale = till.put(SaleState::PayerOk, 100, unasked).await;
    assert_eq!(commit(&till, sale, None).await.unwrap_err().reason, "PERSON_NOT_CONFIRMED");
    commit(&till, sale, Some(SUPERVISOR)).await.unwrap();

    let strict = Till::open_with(config("[risk]\nrefuse = [\"FACE_NOT_CONFIRMED\"]")).await;
    let sale = strict.put(SaleState::PayerOk, 100, unasked).await;
    let refusal = commit(&strict, sale, Some(SUPERVISOR)).await.unwrap_err();
    assert_eq!(refusal.reason, "FACE_NOT_CONFIRMED", "approval or not");

    let lax = Till::open_with(config("[risk]\napprove = []")).await;
    let sale = lax.put(SaleState::PayerOk, 100, unasked).await;
    let committed = commit(&lax, sale, None).await.unwrap();
    let found = committed.presented().unwrap().risk;
    assert!(found.contains(RiskResult::FACE_NOT_CONFIRMED), "kept with the sale: {found:?}");
}

#[tokio::test]
async fn a_payer_buys_no_more_in_a_day_than_the_law_allows_whatever_is_confirmed_or_approved() {
    let till = Till::open_with(config("[limits]\npayer_day_minor = 1_000")).await;
    let sell = async |minor| {
        let sale = till.put(SaleState::PayerOk, minor, |_| {}).await;
        commit(&till, sale, Some(SUPERVISOR)).await
    };
    till.put(SaleState::Voided, 900, |_| {}).await;
    till.put(SaleState::Settled, 600, |_| {}).await;
    assert_eq!(sell(401).await.unwrap_err().reason, "OVER_DAY_LIMIT");
    sell(300).await.unwrap();
    assert_eq!(sell(101).await.unwrap_err().reason, "OVER_DAY_LIMIT", "the ledger is asked for 300");
    till.advance(24);
    sell(700).await.unwrap();

    let unbound = Till::open_with(config("[limits]\npayer_day_minor = 0")).await;
    unbound.put(SaleState::Settled, 90_000, |_| {}).await;
    let sale = unbound.put(SaleState::PayerOk, 20_000, |_| {}).await;
    commit(&unbound, sale, None).await.unwrap();
}

#[test]
fn a_risk_that_does_not_exist_is_refused_with_the_names_of_those_that_do() {
    let error = toml::from_str::<Config>("[risk]\nrefuse = [\"OVER_SAIL_LIMIT\"]").unwrap_err().to_string();
    assert!(error.contains("OVER_SAIL_LIMIT") && error.contains("OVER_SALE_LIMIT"), "{error}");
}

#[tokio::test]
async fn who_is_not_active_yet_buys_nothing() {
    let till = Till::open().await;
    let sale = till.put(SaleState::PayerOk, 100, |_| {}).await;
    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    assert_eq!(commit(&till, sale, Some(SUPERVISOR)).await.unwrap_err().reason, "PAYER_NOT_ACTIVE");
}

#[tokio::test]
async fn a_sale_in_doubtful_time_is_flagged_and_refused_where_the_shop_wants_it() {
    let flagged = |till: &Till| till.shop.signals.time_in_doubt.send_replace(true);
    let till = Till::open().await;
    flagged(&till);
    let sale = till.put(SaleState::PayerOk, 100, |_| {}).await;
    let committed = commit(&till, sale, None).await.unwrap();
    assert!(committed.presented().unwrap().risk.contains(RiskResult::TIME_IN_DOUBT));

    let strict = Till::open_with(config("[risk]\nrefuse = [\"TIME_IN_DOUBT\"]")).await;
    flagged(&strict);
    let sale = strict.put(SaleState::PayerOk, 100, |_| {}).await;
    assert_eq!(commit(&strict, sale, None).await.unwrap_err().reason, "TIME_IN_DOUBT");
}

#[tokio::test]
async fn the_till_counts_what_nobody_confirmed_and_a_bad_debt_does_not_fill_it_for_ever() {
    use SaleState::*;
    let till = Till::open_with(config("[limits]\ntill_minor = 1000")).await;
    for state in every_state() {
        let before = till.read(crate::store::View::till_unverified_minor).await;
        till.put(state, 100, |_| {}).await;
        let counted = till.read(crate::store::View::till_unverified_minor).await - before;
        let open = matches!(state, Committed | Printing | Released | Sealed | Queued | Challenged)
            || matches!(state, Rejected | Unreachable | BadPending);
        assert_eq!(counted, if open { 100 } else { 0 }, "{state:?}");
    }
    let listed = till.put(SaleState::BadListed, 5_000, |_| {}).await;
    let sale = till.put(SaleState::PayerOk, 50, |_| {}).await;
    commit(&till, sale, Some(SUPERVISOR)).await.unwrap();
    assert_eq!(till.state(listed).await, SaleState::BadListed);
}
