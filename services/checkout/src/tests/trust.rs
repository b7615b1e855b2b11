//! Whether the clock is believed, and what waits until it is.

use std::time::Duration;

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{DAY_H, Till};
use crate::sale::state::SaleState;
use crate::trust::{Reading, Watch, compare};
use crate::values::time;

const HOUR_S: i64 = 3_600;

fn in_doubt(till: &Till) -> bool {
    *till.shop.signals.time_in_doubt.borrow()
}

/// The machine's clock after so many seconds, of which it counted `steady_s`.
fn after(start: Reading, wall_s: i64, steady_s: u64) -> Reading {
    Reading { wall_ms: start.wall_ms + wall_s * 1_000, steady: start.steady + Duration::from_secs(steady_s) }
}

/// The network's clock is so many seconds ahead.
async fn network_ahead(till: &Till, by_s: i64) {
    let local = till.shop.clock.now();
    compare(&till.shop, time::plus_ms(local, by_s * 1_000), local).await.unwrap();
}

#[tokio::test]
async fn a_jump_of_the_clock_stops_asking_until_the_network_agrees() {
    let till = Till::open_real().await;
    let start = Reading::now();
    let mut watch = Watch::start(&till.shop, start).await.unwrap();
    watch.look(&till.shop, after(start, 30, 30)).await.unwrap();
    assert!(!in_doubt(&till), "thirty seconds passed");
    watch.look(&till.shop, after(start, 60 + 2 * HOUR_S, 60)).await.unwrap();
    assert!(in_doubt(&till));
    let sale_id = till.queued(1_250).await;
    assert!(till.ask(MessageState::Delivered).await.is_empty(), "nobody is asked");
    network_ahead(&till, 400).await;
    assert!(in_doubt(&till), "the network says another time");
    network_ahead(&till, -200).await;
    assert!(!in_doubt(&till));
    till.ask(MessageState::Delivered).await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
}

#[tokio::test]
async fn a_step_backwards_is_a_jump_too() {
    let till = Till::open_real().await;
    let start = Reading::now();
    let mut watch = Watch::start(&till.shop, start).await.unwrap();
    watch.look(&till.shop, after(start, -HOUR_S, 1)).await.unwrap();
    assert!(in_doubt(&till));
}

#[tokio::test]
async fn nobody_loses_hours_while_the_time_is_in_doubt() {
    let till = Till::open_real().await;
    let (sale_id, challenge) = till.challenged().await;
    till.advance(20);
    network_ahead(&till, HOUR_S).await;
    assert!(in_doubt(&till));
    till.advance(10 * DAY_H);
    till.tick().await;
    network_ahead(&till, 0).await;
    till.advance(3);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged, "23 of 24 hours");
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
}

#[tokio::test]
async fn a_start_long_after_the_last_sure_moment_or_before_it_is_doubted() {
    for (away_s, doubted) in [(3 * 24 * HOUR_S, false), (5 * 24 * HOUR_S, true), (-HOUR_S, true)] {
        let till = Till::open_real().await;
        let start = Reading::now();
        let mut watch = Watch::start(&till.shop, start).await.unwrap();
        watch.look(&till.shop, after(start, 1, 1)).await.unwrap();
        let till = till.restart_after(0).await;
        Watch::start(&till.shop, after(start, away_s, 2)).await.unwrap();
        assert_eq!(in_doubt(&till), doubted, "after {away_s} s");
    }
}

#[tokio::test]
async fn a_restart_confirms_nothing_and_a_person_does() {
    let till = Till::open_real().await;
    network_ahead(&till, HOUR_S).await;
    let till = till.restart_after(0).await;
    Watch::start(&till.shop, Reading::now()).await.unwrap();
    assert!(in_doubt(&till));
    till.write(|tx| crate::trust::confirm(tx, true)).await.unwrap();
    let till = till.restart_after(0).await;
    Watch::start(&till.shop, Reading::now()).await.unwrap();
    assert!(!in_doubt(&till));
}

#[tokio::test]
async fn a_sandbox_has_a_time_of_its_own() {
    let till = Till::open().await;
    network_ahead(&till, 30 * HOUR_S).await;
    assert!(!in_doubt(&till));
}
