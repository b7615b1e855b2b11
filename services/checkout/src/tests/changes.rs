//! Another phone or another card: who is told, what is called off, what is asked, and when they may buy again.

use chit_proto::sms_gateway::v1::MessageState;

use super::counter::commit;
use super::fixture::{CASHIER, DAY_H, PHONE, STRANGER, SUPERVISOR, Till};
use crate::outbox::fact::FactKind;
use crate::outbox::message::Progress;
use crate::outbox::message::Purpose;
use crate::payer::PayerState;
use crate::payer::code_card::CardSerial;
use crate::payer::enrolment::first_free;
use crate::payer::record::Warned;
use crate::sale::state::SaleState;
use crate::store::Tx;
use crate::values::calendar::DailyCount;
use crate::values::ids::MessageId;
use crate::verification::challenge::ChallengeState;
use crate::verification::{Report, progress};

const NEW_PHONE: &str = "+8613800007777";
const NEIGHBOUR: &str = "+8613800009999";

/// What became of the warning to the number they had.
async fn warned(till: &Till) -> Warned {
    till.payer().await.change.and_then(|change| change.warning).expect("a warning").state
}

/// The gateway refuses the message for ever.
async fn never_sent(till: &Till, id: MessageId) {
    let refused = move |tx: &mut Tx| {
        let message = tx.message(id)?.unwrap();
        progress::note(tx, &message, &Report::never_left(Progress::Failed))
    };
    till.write(refused).await.unwrap();
}

#[tokio::test]
async fn the_old_number_is_told_of_another_phone_and_the_new_one_proves_itself_with_the_card() {
    let till = Till::open().await;
    let before = till.payer().await;
    let changed = till.change_phone(NEW_PHONE).await.unwrap();
    assert_eq!(changed.state, PayerState::Pending);
    let people = changed.change.map(|change| (change.by, change.with));
    assert_eq!(people, Some((SUPERVISOR.to_owned(), CASHIER.to_owned())));
    assert_eq!((changed.card.serial, changed.code.serial), (before.card.serial, before.code.serial + 1));
    let [warning] = &till.waiting(Purpose::Warning).await[..] else { panic!("one warning") };
    assert_eq!((warning.to.reveal(), warning.sales.len()), (PHONE, 0));
    assert!(warning.text.as_str().contains("LOST"), "{}", warning.text.as_str());

    let asked = till.ask(MessageState::Delivered).await;
    let challenge = asked.iter().find(|message| message.purpose == Purpose::Challenge).unwrap();
    assert_eq!(challenge.to.reveal(), NEW_PHONE);
    let code = till.right(&till.open_challenge().await).await;
    assert!(till.reply_from(PHONE, "0").await.is_empty(), "the old number is a stranger's");
    till.reply_from(PHONE, &code).await;
    assert_eq!(till.payer().await.state, PayerState::Pending, "a right code from another number is no try");
    till.reply_from(NEW_PHONE, &code).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
}

#[tokio::test]
async fn nothing_is_sold_for_24_hours_after_a_change_checked_again_where_the_sale_is_committed() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::PayerOk, 100, |_| {}).await;
    till.change_phone(NEW_PHONE).await.unwrap();
    till.ask(MessageState::Delivered).await;
    let code = till.right(&till.open_challenge().await).await;
    till.reply_from(NEW_PHONE, &code).await;
    let refusal = commit(&till, sale_id, Some(SUPERVISOR)).await.unwrap_err();
    assert_eq!(refusal.reason, "CHANGED_WITHIN_24_HOURS", "approval or not");
    till.advance(DAY_H - 1);
    assert!(commit(&till, sale_id, None).await.is_err());
    till.advance(1);
    commit(&till, sale_id, None).await.unwrap();
}

#[tokio::test]
async fn a_code_shown_before_a_change_buys_nothing_after_it() {
    let till = Till::open().await;
    let serial = till.payer().await.code.serial;
    let old = till.put(SaleState::PayerOk, 100, move |put| put.shown().code_serial = Some(serial)).await;
    let new = till.put(SaleState::PayerOk, 100, move |put| put.shown().code_serial = Some(serial + 1)).await;
    till.change_phone(NEW_PHONE).await.unwrap();
    till.ask(MessageState::Delivered).await;
    till.reply_from(NEW_PHONE, &till.right(&till.open_challenge().await).await).await;
    till.advance(DAY_H);
    let refusal = commit(&till, old, Some(SUPERVISOR)).await.unwrap_err();
    assert_eq!(refusal.reason, "SERIAL_OLD", "approval or not");
    commit(&till, new, None).await.unwrap();
}

#[tokio::test]
async fn a_new_phone_is_proven_by_sms_alone_never_at_the_counter() {
    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    till.ask(MessageState::Delivered).await;
    let first = till.open_challenge().await;
    let right = till.right(&first).await;
    for code in [&right, &till.wrong(0).await] {
        assert_eq!(till.answer_in_person(code).await.unwrap_err().reason, "ANSWER_BY_SMS");
    }
    assert_eq!(till.payer().await.wrong_since_right, 0);
    till.advance(25);
    till.tick().await;
    assert_eq!(till.challenge(first.id).await.state, ChallengeState::Expired);
    assert_eq!(till.answer_in_person(&right).await.unwrap_err().reason, "ANSWER_BY_SMS", "late neither");
    assert_eq!(till.payer().await.state, PayerState::Pending);
    till.reply_from(NEW_PHONE, &right).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
}

#[tokio::test]
async fn a_warning_that_never_left_is_sent_three_times_while_nothing_is_sold_and_is_on_the_payers_record() {
    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    assert_eq!(warned(&till).await, Warned::Queued);
    let mut ids = std::collections::HashSet::new();
    for _ in 0..3 {
        let [warning] = &till.waiting(Purpose::Warning).await[..] else { panic!("one warning") };
        assert_eq!(warning.to.reveal(), PHONE);
        assert!(ids.insert(warning.id), "the gateway answers a known id with its old end");
        till.network(MessageState::Failed).await;
        assert_eq!(warned(&till).await, Warned::NotSent);
        till.tick().await;
        assert_eq!(till.waiting(Purpose::Warning).await.len(), 0, "not at once");
        till.advance(1);
        till.tick().await;
    }
    assert_eq!(till.waiting(Purpose::Warning).await.len(), 0, "three are enough");

    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    till.network(MessageState::Failed).await;
    till.advance(DAY_H);
    till.tick().await;
    assert_eq!(till.waiting(Purpose::Warning).await.len(), 0, "the 24 hours are over");
}

#[tokio::test]
async fn what_became_of_a_warning_is_on_the_payers_record_and_a_person_decides_about_an_unknown_one() {
    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    let id = till.waiting(Purpose::Warning).await[0].id;
    for (state, known) in [
        (MessageState::Unknown, Warned::Unknown),
        (MessageState::Failed, Warned::NotSent),
        (MessageState::Submitted, Warned::Sent),
        (MessageState::Undelivered, Warned::Undelivered),
        (MessageState::Delivered, Warned::Delivered),
    ] {
        till.report(id, state).await;
        assert_eq!(warned(&till).await, known);
        till.drain().await;
        till.advance(2);
        till.tick().await;
        assert_eq!(till.waiting(Purpose::Warning).await.len(), 0, "{state:?} is not sent again");
    }
    never_sent(&till, id).await;
    assert_eq!(warned(&till).await, Warned::Delivered, "an older state is no news");
}

#[tokio::test]
async fn a_warning_that_the_gateway_refuses_is_on_the_payers_record() {
    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    let id = till.waiting(Purpose::Warning).await[0].id;
    never_sent(&till, id).await;
    assert_eq!(warned(&till).await, Warned::NotSent);
}

#[tokio::test]
async fn one_phone_is_one_payers_and_a_change_to_the_same_number_is_none() {
    let till = Till::open().await;
    till.enrol(NEIGHBOUR, PayerState::Active).await;
    let revision = *till.shop.store.watch_events().borrow();
    for (phone, reason) in [(NEIGHBOUR, "NUMBER_TAKEN"), (PHONE, "NUMBER_UNCHANGED")] {
        let refusal = till.change_phone(phone).await.unwrap_err();
        assert_eq!((refusal.reason.as_str(), refusal.field.as_deref()), (reason, Some("phone")));
    }
    assert_eq!(*till.shop.store.watch_events().borrow(), revision, "nothing was changed");
    till.change_phone(NEW_PHONE).await.unwrap();
    till.enrol(PHONE, PayerState::Active).await;
}

#[tokio::test]
async fn what_the_old_phone_was_asked_is_called_off_and_the_new_one_is_asked_after_its_proof() {
    let till = Till::open().await;
    let (sale_id, old) = till.challenged().await;
    till.advance(25);
    till.tick().await;
    let expired = till.challenge(old.id).await;
    assert_eq!(expired.state, ChallengeState::Expired, "late but right would still count");
    till.ask(MessageState::Delivered).await;
    let open = till.open_challenge().await;

    till.change_phone(NEW_PHONE).await.unwrap();
    for challenge in [&old, &open] {
        let now = till.challenge(challenge.id).await;
        assert_eq!(now.state, ChallengeState::Cancelled);
        till.reply_from(NEW_PHONE, &till.right(challenge).await).await;
        till.reply_from(STRANGER, &till.right(challenge).await).await;
    }
    let sale = till.sale(sale_id).await;
    assert_eq!((sale.state, sale.rounds), (SaleState::Queued, 0));
    assert_eq!(till.payer().await.wrong_since_right, 0, "codes of rows that were asked are no tries");

    till.advance(DAY_H);
    for (state, about) in [(PayerState::Pending, 0), (PayerState::Active, 1)] {
        assert_eq!(till.payer().await.state, state);
        till.ask(MessageState::Delivered).await;
        let challenge = till.open_challenge().await;
        assert_eq!(challenge.asks.sales().len(), about);
        till.reply_from(NEW_PHONE, &till.right(&challenge).await).await;
    }
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
}

#[tokio::test]
async fn another_phone_ends_neither_freeze_nor_lock_and_another_card_ends_both() {
    for state in [PayerState::Frozen, PayerState::Locked] {
        let till = Till::open().await;
        till.change_payer(|payer| payer.state = state).await;
        assert_eq!(till.change_phone(NEW_PHONE).await.unwrap().state, state);
        till.drain().await;
        assert!(till.ask(MessageState::Delivered).await.is_empty(), "nothing is asked");
        let old_card = till.serial().await;
        let reset = till.reset_card().await;
        assert_ne!(reset.card.serial, old_card);
        let sent = till.ask(MessageState::Delivered).await;
        assert!(sent.iter().all(|message| message.to.reveal() == NEW_PHONE), "{sent:?}");
        till.reply_from(NEW_PHONE, &till.right(&till.open_challenge().await).await).await;
        assert_eq!(till.payer().await.state, PayerState::Active);
        assert_eq!(till.may_buy().await.unwrap_err().reason, "CHANGED_WITHIN_24_HOURS");
    }
}

#[tokio::test]
async fn a_warning_waits_neither_for_the_morning_nor_for_the_next_day() {
    let till = Till::open().await;
    till.advance(13);
    assert!(till.shop.voice.quiet.is_quiet(till.shop.clock.now()));
    let today = till.shop.voice.quiet.local_day(till.shop.clock.now());
    till.change_payer(|payer| payer.unasked = DailyCount { day: Some(today), sent: 2 }).await;
    till.replace_card().await.unwrap();
    let [warning] = &till.waiting(Purpose::Warning).await[..] else { panic!("one warning") };
    assert_eq!(warning.to.reveal(), PHONE);
    let refusal = till.change_phone(NEW_PHONE).await.unwrap_err();
    assert_eq!(refusal.reason, "WRONG_STATE", "the card is being printed");
}

#[tokio::test]
async fn a_change_is_witnessed_with_both_people_and_says_nothing_of_the_payer() {
    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    let approvals = till.facts(FactKind::Approval).await;
    let mut people: Vec<&str> = approvals.iter().map(|fact| fact.actor.as_str()).collect();
    people.sort_unstable();
    assert_eq!(people, [CASHIER, SUPERVISOR]);
    let [enrolment] = &till.facts(FactKind::Enrolment).await[..] else { panic!("one fact") };
    let subject = till.payer_id.to_string();
    assert_eq!((enrolment.subject.as_str(), enrolment.actor.as_str()), (subject.as_str(), SUPERVISOR));
    let events = till.read(|view| view.events_after(0, 1_000)).await;
    let last = events.iter().rfind(|recorded| recorded.event.subject == till.payer_id.0).unwrap();
    assert_eq!(last.event.actor, SUPERVISOR);
    let serial = till.serial().await.to_string();
    for recorded in &events {
        let delta = String::from_utf8_lossy(&recorded.event.delta).into_owned();
        for personal in ["7777", "5678", "Ada Li", &serial] {
            assert!(!delta.contains(personal), "nothing personal in the history");
        }
    }
}

/// Of ten thousand drawn serials two are the same more often than not; a payer is not turned away for it.
#[tokio::test]
async fn a_drawn_card_serial_that_is_somebodys_is_passed_over() {
    let till = Till::open().await;
    let taken = till.serial().await;
    let free = CardSerial::new(31_415_926).unwrap();
    let first = till.read(move |view| first_free(view, &[taken, taken, free])).await;
    assert_eq!(first, free);
    let none_is_free = till.read(move |view| Ok(first_free(view, &[taken]).is_err())).await;
    assert!(none_is_free, "and never somebody's card");
}
