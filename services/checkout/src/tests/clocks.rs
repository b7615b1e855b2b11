//! Time runs from the submission, and stands while the shop's own modem cannot send or receive.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{A_ROUND_H, DAY_H, Till};
use crate::inbound::modem;
use crate::sale::state::SaleState;
use crate::schedule;
use crate::store::due::{Due, DueKind, Queue};
use crate::values::ids::ChallengeId;
use crate::values::time;
use crate::verification::challenge::ChallengeState;

#[tokio::test]
async fn the_24_hours_run_from_the_submission() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    till.tick().await;
    till.advance(3 * DAY_H);
    till.tick().await;
    assert_eq!(till.open_challenge().await.state, ChallengeState::Sending, "nobody has it yet");
    till.network(MessageState::Submitted).await;
    till.advance(23);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    till.advance(1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Queued);
}

/// What happens, before the submission and after it: whether the shop hears, and for how many hours.
type Course = (&'static str, &'static [(bool, i64)], &'static [(bool, i64)]);

/// Hours of business time in which the shop hears or does not, and the hours that the payer has had when they are over.
#[tokio::test]
async fn the_payer_has_24_hours_of_hearing_from_the_submission_whatever_comes_between() {
    const HEARS: bool = true;
    const DEAF: bool = false;
    let cases: [Course; 5] = [
        ("nothing", &[], &[(HEARS, 24)]),
        ("an outage before the submission is not given to the payer", &[(DEAF, 10)], &[(HEARS, 24)]),
        ("an outage amid the hours is", &[], &[(HEARS, 20), (DEAF, 50), (HEARS, 4)]),
        ("two of them", &[], &[(DEAF, 3), (HEARS, 12), (DEAF, 3), (HEARS, 12)]),
        ("before and amid", &[(DEAF, 7), (HEARS, 1)], &[(HEARS, 23), (DEAF, 9), (HEARS, 1)]),
    ];
    for (what, before, after) in cases {
        let till = Till::open().await;
        let sale_id = till.queued(100).await;
        till.tick().await;
        pass(&till, before).await;
        till.network(MessageState::Submitted).await;
        let (last, earlier) = after.split_last().unwrap();
        pass(&till, earlier).await;
        till.advance(last.1 - 1);
        till.tick().await;
        assert_eq!(till.state(sale_id).await, SaleState::Challenged, "{what}: an hour is left");
        till.advance(1);
        till.tick().await;
        assert_eq!(till.state(sale_id).await, SaleState::Queued, "{what}");
    }
}

async fn pass(till: &Till, spans: &[(bool, i64)]) {
    for (hears, hours) in spans {
        modem::note(&till.shop, *hears).await.unwrap();
        till.advance(*hours);
        modem::note(&till.shop, true).await.unwrap();
        till.tick().await;
    }
}

#[tokio::test]
async fn without_a_modem_nothing_is_asked_no_row_burns_and_no_clock_runs() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    till.advance(20);
    modem::note(&till.shop, false).await.unwrap();
    till.advance(10 * DAY_H);
    let rows = till.payer().await.card.burned;
    till.queued(200).await;
    till.tick().await;
    assert_eq!(till.payer().await.card.burned, rows);
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    modem::note(&till.shop, true).await.unwrap();
    till.advance(3);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged, "23 of 24 hours");
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
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
    assert_eq!(till.state(sale_id).await, SaleState::BadPending);
    till.advance(7 * DAY_H + 1);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::BadListed);
}

#[tokio::test]
async fn the_time_in_which_checkout_was_down_is_given_back() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    till.advance(20);
    till.write(|tx| {
        tx.note_hearing();
        Ok(())
    })
    .await
    .unwrap();
    let till = till.restart_after(5 * DAY_H).await;
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    till.advance(5);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Queued, "25 hours in all");
}

#[tokio::test]
async fn a_modem_that_stays_away_writes_nothing_again_and_again() {
    let till = Till::open().await;
    modem::note(&till.shop, false).await.unwrap();
    let now = till.shop.clock.now();
    let heard = till.read(move |view| view.heard_ms(now)).await;
    till.advance(5);
    modem::note(&till.shop, false).await.unwrap();
    let now = till.shop.clock.now();
    assert_eq!(till.read(move |view| view.heard_ms(now)).await, heard);
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
    assert_eq!((rows.len(), till.sale(sale_id).await.rounds), (3, 3));
}

#[tokio::test]
async fn a_challenge_whose_end_was_seen_too_early_still_expires() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let due =
        Due::new(time::from_ms(challenge.ends_heard_ms.unwrap()), DueKind::Expire, &challenge.id.to_bytes());
    schedule::one(&till.shop, &due).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
    till.advance(A_ROUND_H);
    till.tick().await;
    assert_eq!(till.challenge(challenge.id).await.state, ChallengeState::Expired);
}

#[tokio::test]
async fn what_could_not_be_done_comes_again_by_the_clock_that_it_waits_for() {
    let till = Till::open().await;
    modem::note(&till.shop, false).await.unwrap();
    till.advance(30 * DAY_H);
    modem::note(&till.shop, true).await.unwrap();
    let lost = till.id::<ChallengeId>().to_bytes();
    for kind in [DueKind::Expire, DueKind::Release] {
        let due = Due::new(till.shop.clock.now(), kind, &lost);
        till.write(move |tx| tx.postpone(&due, 10_000)).await.unwrap();
    }
    let now = till.shop.clock.now();
    let (heard, due) = till
        .read(move |view| {
            let due = [view.due(Queue::Heard, 1)?.remove(0), view.due(Queue::Counter, 1)?.remove(0)];
            Ok((view.heard_ms(now)?, due.map(|due| due.at)))
        })
        .await;
    for (at, clock_ms) in due.into_iter().zip([heard, now.as_millisecond()]) {
        let away = at.as_millisecond() - clock_ms;
        assert!((9_000..=10_000).contains(&away), "{away} ms");
    }
}
