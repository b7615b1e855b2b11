//! What a payer has to bear: two unasked messages a day, six answers, nothing at night.

use chit_proto::sms_gateway::v1::MessageState;

use super::fixture::{DAY_H, Till};
use crate::domain::dialogue::Purpose;
use crate::domain::sale::SaleState;

#[tokio::test]
async fn nothing_unasked_goes_out_at_night_but_his_own_message_is_answered() {
    let till = Till::open().await;
    till.advance(11);
    let sale_id = till.queued(100).await;
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.rounds, 0, "21:00");
    assert_eq!(till.reply("HELP").await.len(), 1);
    till.advance(10);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.rounds, 0, "07:00");
    till.advance(1);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.rounds, 1, "08:00");
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
    assert_eq!(till.sale(&third).await.state(), SaleState::Challenged);
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
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
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
    assert!(reminders[0].text.contains("Valid 12h"));
    assert!(reminders[0].text.contains("row"), "the same row");
    assert_eq!(till.sale(&sale_id).await.rounds, 1);
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
    assert!(till.waiting(Purpose::Reminder).await[0].text.contains("Valid 2h"), "08:00");
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
    let sale_id = till.put(SaleState::Queued, 100, |sale| sale.dispatch_released = false).await;
    assert!(till.ask(MessageState::Delivered).await.is_empty());
    let shown = crate::api::convert::attention(&till.sale(&sale_id).await, till.shop.cfg.evidence_policy);
    assert_eq!(shown, [chit_proto::checkout::v1::Attention::Dispatch]);
    till.change_sale(&sale_id, |sale| sale.dispatch_released = true).await;
    assert_eq!(till.ask(MessageState::Delivered).await.len(), 1);
}

#[tokio::test]
async fn a_payer_who_writes_without_end_fills_no_record() {
    let till = Till::open().await;
    let (sale_id, _) = till.challenged().await;
    for _ in 0..100 {
        till.reply("thanks").await;
    }
    assert!(till.sale(&sale_id).await.sms.len() <= 64);
}

#[tokio::test]
async fn what_a_flooding_number_writes_is_no_try_and_gets_no_answer() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    let wrong = till.wrong(1).await;
    assert!(till.flood(&wrong).await.is_empty());
    assert_eq!(till.challenge(&challenge.challenge_id).await.wrong_replies, 0);
}
