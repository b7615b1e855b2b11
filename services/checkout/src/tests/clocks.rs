//! Time runs from the submission, and stands while the shop's own modem cannot send or receive.

use chit_proto::sms_gateway::v1::MessageState;
use chit_runtime::Context;

use super::fixture::{A_ROUND_H, DAY_H, Till};
use crate::config::Config;
use crate::domain::dialogue::ChallengeState;
use crate::domain::sale::SaleState;
use crate::schedule;
use crate::shop::Shop;
use crate::store::Rows;
use crate::watch::modem;

#[tokio::test]
async fn the_24_hours_run_from_the_submission() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    till.tick().await;
    till.advance(3 * DAY_H);
    till.tick().await;
    assert_eq!(till.open_challenge().await.state(), ChallengeState::Sending, "nobody has it yet");
    till.network(MessageState::Submitted).await;
    till.advance(23);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Challenged);
    till.advance(1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Queued);
}

#[tokio::test]
async fn without_a_modem_nothing_is_asked_no_row_burns_and_no_clock_runs() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.advance(20);
    modem::note(&till.shop, false).await.unwrap();
    till.advance(10 * DAY_H);
    let rows = till.payer().await.rows_burned;
    till.queued(200).await;
    till.tick().await;
    assert_eq!(till.payer().await.rows_burned, rows);
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Challenged);
    modem::note(&till.shop, true).await.unwrap();
    till.advance(3);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Challenged, "23 of 24 hours");
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
}

#[tokio::test]
async fn the_days_of_objection_stand_too_while_nobody_can_object() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    modem::note(&till.shop, false).await.unwrap();
    till.advance(30 * DAY_H);
    till.tick().await;
    modem::note(&till.shop, true).await.unwrap();
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadPending);
    till.advance(7 * DAY_H + 1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::BadListed);
}

#[tokio::test]
async fn the_time_in_which_checkout_was_down_is_given_back() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.advance(20);
    modem::still_ready(&till.shop, &mut 0).await.unwrap();
    let dir = till.dir;
    let clock = till.shop.clock.clone();
    // Killed: nothing was written at the end.
    drop(till.shop);
    clock.advance(jiff::SignedDuration::from_hours(5 * DAY_H)).unwrap();
    let ctx = Context::sandbox_in("checkout", dir.path());
    let shop = Shop::open(&ctx, Config::default()).unwrap();
    modem::note(&shop, false).await.unwrap();
    schedule::tick(&shop).await.unwrap();
    modem::note(&shop, true).await.unwrap();
    schedule::tick(&shop).await.unwrap();
    assert_eq!(shop.sale(&sale_id).await.unwrap().state(), SaleState::Challenged);
    clock.advance(jiff::SignedDuration::from_hours(5)).unwrap();
    schedule::tick(&shop).await.unwrap();
    assert_eq!(shop.sale(&sale_id).await.unwrap().state(), SaleState::Queued, "25 hours in all");
}

#[tokio::test]
async fn a_modem_that_stays_away_writes_nothing_again_and_again() {
    let till = Till::open().await;
    modem::note(&till.shop, false).await.unwrap();
    let since = |till: &Till| {
        let store = till.shop.store.clone();
        async move { store.read(|rows| rows.number("modem_down_since_ms")).await.unwrap() }
    };
    let first = since(&till).await;
    till.advance(5);
    modem::note(&till.shop, false).await.unwrap();
    assert_eq!(since(&till).await, first);
}

#[tokio::test]
async fn three_rounds_take_three_days_and_each_its_own_row() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    let mut rows = std::collections::BTreeSet::new();
    for _ in 0..3 {
        till.ask(MessageState::Delivered).await;
        rows.insert(till.open_challenge().await.row);
        till.advance(A_ROUND_H);
        till.tick().await;
    }
    assert_eq!((rows.len(), till.sale(&sale_id).await.rounds), (3, 3));
}
