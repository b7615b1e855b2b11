//! What a payer has to bear: two unasked messages a day, six answers, nothing at night.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{CASHIER, DAY_H, Till};
use crate::collection;
use crate::outbox::message::{Purpose, Window};
use crate::sale::attention::Attention;
use crate::sale::state::SaleState;
use crate::store::Tx;
use crate::verification::challenge::ChallengeState;

#[tokio::test]
async fn nothing_unasked_goes_out_at_night_but_their_own_message_is_answered() {
    let till = Till::open().await;
    till.advance(11);
    let sale_id = till.queued(100).await;
    till.tick().await;
    assert_eq!(till.sale(sale_id).await.rounds, 0, "21:00");
    assert_eq!(till.reply("HELP").await.len(), 1);
    till.advance(10);
    till.tick().await;
    assert_eq!(till.sale(sale_id).await.rounds, 0, "07:00");
    till.advance(1);
    till.tick().await;
    assert_eq!(till.sale(sale_id).await.rounds, 1, "08:00");
}

#[tokio::test]
async fn two_unasked_messages_a_day_are_the_most() {
    let till = Till::open().await;
    for _ in 0..2 {
        till.verified().await;
    }
    let third = till.queued(100).await;
    assert!(till.ask(MessageState::Delivered).await.is_empty());
    till.advance(DAY_H);
    assert_eq!(till.ask(MessageState::Delivered).await.len(), 1);
    assert_eq!(till.state(third).await, SaleState::Challenged);
}

#[tokio::test]
async fn one_answer_a_message_and_six_a_day() {
    let till = Till::open().await;
    for n in 1..=8 {
        let answers = till.reply("HELP").await;
        assert_eq!(answers.len(), usize::from(n <= 6), "message {n}");
    }
    till.advance(DAY_H);
    assert_eq!(till.reply("HELP").await.len(), 1);
}

#[tokio::test]
async fn a_swallowed_answer_does_not_swallow_the_reply() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    for _ in 0..6 {
        till.reply("HELP").await;
    }
    assert!(till.reply(&till.right(&challenge).await).await.is_empty());
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
}

#[tokio::test]
async fn one_reminder_after_half_of_the_time_says_how_much_is_left() {
    let till = Till::open().await;
    // Asked at 08:00, so that the half is by day.
    till.advance(22);
    let (sale_id, _) = till.challenged().await;
    till.advance(11);
    till.tick().await;
    assert!(till.waiting(Purpose::Reminder).await.is_empty());
    till.advance(1);
    till.tick().await;
    till.tick().await;
    let reminders = till.waiting(Purpose::Reminder).await;
    assert_eq!(reminders.len(), 1);
    assert!(reminders[0].text.as_str().contains("Valid 12h"));
    assert!(reminders[0].text.as_str().contains("row"), "the same row");
    assert_eq!(till.sale(sale_id).await.rounds, 1);
}

#[tokio::test]
async fn a_reminder_that_fell_into_the_night_comes_in_the_morning_and_says_what_is_left_then() {
    let till = Till::open().await;
    till.challenged().await;
    till.advance(12);
    till.tick().await;
    assert!(till.waiting(Purpose::Reminder).await.is_empty(), "22:00");
    till.advance(10);
    till.tick().await;
    assert!(till.waiting(Purpose::Reminder).await[0].text.as_str().contains("Valid 2h"), "08:00");
}

#[tokio::test]
async fn a_challenge_that_lost_a_sale_is_not_reminded_of() {
    let till = Till::open().await;
    till.advance(22);
    till.queued(100).await;
    till.queued(200).await;
    till.ask(MessageState::Delivered).await;
    till.reply("ERR 1").await;
    till.advance(12);
    till.tick().await;
    assert!(till.waiting(Purpose::Reminder).await.is_empty());
    assert!(till.open_challenge().await.reminded);
}

#[tokio::test]
async fn an_operator_releases_each_sale_for_its_challenge() {
    let cfg = crate::Config { dispatch: crate::config::Dispatch::Operator, ..crate::Config::default() };
    let till = Till::open_with(cfg).await;
    let sale_id = till.put(SaleState::Queued, 100, |put| put.owed().asking.released = false).await;
    assert!(till.ask(MessageState::Delivered).await.is_empty());
    assert_eq!(till.sale(sale_id).await.attention, [Attention::Dispatch]);
    let release = move |tx: &mut Tx| collection::release(tx, sale_id, CASHIER);
    till.write(release).await.unwrap();
    assert_eq!(till.ask(MessageState::Delivered).await.len(), 1);
}

#[tokio::test]
async fn a_payer_who_writes_without_end_fills_no_record() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    for _ in 0..100 {
        till.reply("thanks").await;
    }
    assert!(till.sale(sale_id).await.sms.len() <= 64);
}

#[tokio::test]
async fn what_a_flooding_number_writes_is_no_try_and_gets_no_answer() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    let wrong = till.wrong(1).await;
    assert!(till.flood(&wrong).await.is_empty());
    assert_eq!(till.challenge(challenge.id).await.wrong_tries, 0);
}

#[tokio::test]
async fn what_nobody_asked_for_leaves_before_the_night_or_not_at_all() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    let sent = till.read(move |view| view.message(challenge.message)).await.unwrap();
    let (now, zone) = (till.shop.clock.now(), &till.shop.voice.quiet.zone);
    let nine = zone.to_datetime(now).date().at(21, 0, 0, 0);
    let tonight = zone.to_ambiguous_timestamp(nine).compatible().unwrap();
    assert_eq!(sent.window.not_after, Some(tonight));
    assert!(sent.window.not_before.is_some_and(|from| from <= now));
    let answers = till.reply("HELP").await;
    assert_eq!(answers[0].window, Window::default(), "what they asked for may wait for no morning");
}

#[tokio::test]
async fn a_challenge_that_could_not_leave_by_night_expires_and_is_asked_anew_with_another_row() {
    let till = Till::open().await;
    till.advance(10);
    let sale_id = till.queued(100).await;
    till.tick().await;
    let unsent = till.open_challenge().await;
    till.advance(1);
    assert_eq!(till.ask(MessageState::Expired).await.len(), 1, "21:00: the gateway could not send it");
    assert_eq!(till.challenge(unsent.id).await.state, ChallengeState::Cancelled);
    assert_eq!((till.state(sale_id).await, till.payer().await.open_challenge), (SaleState::Queued, None));
    till.advance(10);
    till.tick().await;
    assert_eq!(till.payer().await.open_challenge, None, "07:00");
    till.advance(1);
    till.ask(MessageState::Delivered).await;
    let asked = till.open_challenge().await;
    assert_ne!(asked.row, unsent.row);
    assert_eq!((till.state(sale_id).await, till.sale(sale_id).await.rounds), (SaleState::Challenged, 1));
}
