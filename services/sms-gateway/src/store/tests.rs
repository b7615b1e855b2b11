use super::*;
use crate::domain::cms::Verdict;
use crate::domain::outbox::{Class, Outgoing, State, tests::message};
use jiff::SignedDuration;

const RESEND: SignedDuration = SignedDuration::from_secs(120);
const BODY: [u8; 32] = [7; 32];
/// "否" from +8613800138000 at two different seconds.
const REPLY: &str = "00040D91683108108300F000084211428150902302";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

struct Desk {
    dir: tempfile::TempDir,
    store: Option<Arc<Store>>,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Some(Store::open(&dir.path().join("db"), at(0)).unwrap());
        Self { dir, store }
    }

    fn store(&self) -> &Store {
        self.store.as_deref().unwrap()
    }

    /// As after SIGKILL: nothing is told to the store, it is only opened again.
    fn restart(&mut self, now: Timestamp) {
        self.store = None;
        self.store = Some(Store::open(&self.dir.path().join("db"), now).unwrap());
    }
}

fn named(id: &str, class: Class) -> Outgoing {
    Outgoing { id: id.into(), ..message(class) }
}

fn state(store: &Store, id: &str) -> State {
    store.get(id).unwrap().message.state
}

fn hand_over(store: &Store, id: &str, now: Timestamp) {
    assert_eq!(store.claim_next(now).unwrap().unwrap().message.id, id);
    store.change(id, now, |message| Ok(message.hand_over(true)?)).unwrap();
}

fn reply(text_octets: &str) -> Vec<u8> {
    hex::decode(format!("{REPLY}{text_octets}")).unwrap()
}

#[test]
fn a_crash_before_ctrl_z_queues_again_and_after_it_is_unknown() {
    let mut desk = Desk::new();
    desk.store().send(named("a", Class::Challenge), &BODY).unwrap();
    desk.store().claim_next(at(1)).unwrap().unwrap();
    desk.restart(at(2));
    assert_eq!(state(desk.store(), "a"), State::Queued);
    hand_over(desk.store(), "a", at(3));
    desk.restart(at(4));
    assert_eq!(state(desk.store(), "a"), State::Unknown { since: at(4) });
    assert_eq!(desk.store().claim_next(at(5)).unwrap(), None);
}

#[test]
fn an_unknown_challenge_is_offered_again_after_the_wait_and_a_notice_never() {
    let mut desk = Desk::new();
    for (id, class) in [("c", Class::Challenge), ("n", Class::Notice)] {
        desk.store().send(named(id, class), &BODY).unwrap();
        hand_over(desk.store(), id, at(1));
    }
    desk.restart(at(2));
    desk.store().sweep(at(121), RESEND).unwrap();
    assert_eq!(desk.store().claim_next(at(121)).unwrap(), None);
    desk.store().sweep(at(122), RESEND).unwrap();
    assert_eq!(desk.store().claim_next(at(122)).unwrap().unwrap().message.id, "c");
    assert_eq!(desk.store().claim_next(at(100_000)).unwrap(), None);
    assert_eq!(state(desk.store(), "n"), State::Unknown { since: at(2) });
}

#[test]
fn the_same_id_returns_the_first_message_and_another_body_is_refused() {
    let desk = Desk::new();
    let first = desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    hand_over(desk.store(), "a", at(1));
    assert_eq!(desk.store().send(named("a", Class::Notice), &BODY).unwrap(), first);
    let other = desk.store().send(named("a", Class::Notice), &[8; 32]);
    assert!(matches!(other, Err(StoreError::DifferentBody)));
}

#[test]
fn a_repeated_mutation_returns_the_first_answer() {
    let desk = Desk::new();
    desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    let cancel = |fingerprint| {
        desk.store().change_once("r1", fingerprint, "a", at(1), |message| Ok(message.cancel()?))
    };
    let first = cancel(&BODY).unwrap();
    assert_eq!(first.message.state, State::Cancelled);
    assert_eq!(cancel(&BODY).unwrap(), first);
    assert!(matches!(cancel(&[8; 32]), Err(StoreError::DifferentBody)));
}

#[test]
fn answers_go_before_challenges_and_a_message_in_retry_wait_blocks_nobody() {
    let desk = Desk::new();
    for (id, class) in
        [("n", Class::Notice), ("c1", Class::Challenge), ("c2", Class::Challenge), ("a", Class::Answer)]
    {
        desk.store().send(named(id, class), &BODY).unwrap();
    }
    let next = || desk.store().claim_next(at(1)).unwrap().unwrap().message.id;
    assert_eq!(next(), "a");
    assert_eq!(next(), "c1");
    desk.store()
        .change("c1", at(1), |message| {
            message.refuse(Verdict::Temporary, "CMS_ERROR_38".into(), at(1));
            Ok(())
        })
        .unwrap();
    assert_eq!(next(), "c2");
    assert_eq!(next(), "n");
    assert_eq!(desk.store().claim_next(at(30)).unwrap(), None);
    assert_eq!(desk.store().claim_next(at(31)).unwrap().unwrap().message.id, "c1");
}

#[test]
fn events_continue_after_a_restart_from_any_revision() {
    let mut desk = Desk::new();
    desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    hand_over(desk.store(), "a", at(1));
    desk.restart(at(2));
    let events = desk.store().events_after(1, 100).unwrap();
    let revisions: Vec<u64> = events.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, [2, 3, 4]);
    assert_eq!(events[2].message.state, State::Unknown { since: at(2) });
    assert_eq!(*desk.store().watch_revision().borrow(), 4);
}

#[test]
fn a_message_listed_twice_is_stored_once_within_a_week() {
    let mut desk = Desk::new();
    assert_eq!(desk.store().take_pdu("m", &reply("5426"), at(0)).unwrap(), Taken::Message);
    desk.restart(at(1));
    assert_eq!(desk.store().take_pdu("m", &reply("5426"), at(1)).unwrap(), Taken::Duplicate);
    let row = &desk.store().inbound_after(0, 10).unwrap()[0];
    assert_eq!((row.seq, row.message.text.0.as_str()), (1, "否"));
    assert_eq!(desk.store().inbound_after(1, 10).unwrap(), []);
}

#[test]
fn parts_make_one_message_in_any_order_even_across_a_restart() {
    let mut desk = Desk::new();
    let part = |number: &str, unit: &str| {
        hex::decode(format!("00440D91683108108300F000084211428150902308050003AB02{number}{unit}")).unwrap()
    };
    assert_eq!(desk.store().take_pdu("m", &part("02", "DE00"), at(0)).unwrap(), Taken::Part);
    desk.restart(at(1));
    assert_eq!(desk.store().take_pdu("m", &part("01", "D83D"), at(1)).unwrap(), Taken::Message);
    let rows = desk.store().inbound_after(0, 10).unwrap();
    assert_eq!((rows.len(), rows[0].message.text.0.as_str(), rows[0].message.complete), (1, "😀", true));
}

#[test]
fn missing_parts_are_waited_for_and_then_the_rest_is_passed_on() {
    let desk = Desk::new();
    let part = hex::decode("00440D91683108108300F000084211428150902308050003AB02015426").unwrap();
    desk.store().take_pdu("m", &part, at(0)).unwrap();
    desk.store().flush_parts(at(599)).unwrap();
    assert_eq!(desk.store().inbound_after(0, 10).unwrap(), []);
    desk.store().flush_parts(at(600)).unwrap();
    let rows = desk.store().inbound_after(0, 10).unwrap();
    assert_eq!((rows[0].message.text.0.as_str(), rows[0].message.complete), ("否", false));
}

#[test]
fn a_report_finds_its_message_and_an_unreadable_pdu_is_kept() {
    let desk = Desk::new();
    desk.store().send(named("a", Class::Challenge), &BODY).unwrap();
    hand_over(desk.store(), "a", at(1));
    desk.store()
        .change("a", at(2), |message| {
            message.accept("m", Some(0xD6), at(2));
            Ok(())
        })
        .unwrap();
    let report = hex::decode("0006D60D91683108108300F0421142815090234211428151002300").unwrap();
    assert_eq!(desk.store().take_pdu("m", &report, at(3)).unwrap(), Taken::Report { paired: true });
    assert_eq!(state(desk.store(), "a"), State::Delivered);
    assert_eq!(desk.store().take_pdu("m", &[0x00, 0x04, 0xFF], at(3)).unwrap(), Taken::Unreadable);
}

#[test]
fn acknowledgements_are_cumulative_per_consumer_and_never_ahead() {
    let mut desk = Desk::new();
    desk.store().take_pdu("m", &reply("5426"), at(0)).unwrap();
    desk.store().take_pdu("m", &reply("5427"), at(0)).unwrap();
    assert!(matches!(desk.store().ack_inbound("checkout", 3), Err(StoreError::AckOutOfRange)));
    assert_eq!(desk.store().ack_inbound("checkout", 2).unwrap(), 2);
    desk.restart(at(1));
    assert_eq!(desk.store().ack_inbound("checkout", 1).unwrap(), 2);
    assert_eq!(desk.store().ack_inbound("other", 0).unwrap(), 0);
}

#[test]
fn a_pin_gets_one_try_ever_and_old_books_are_pruned() {
    let mut desk = Desk::new();
    assert!(desk.store().may_try_pin(&BODY).unwrap());
    desk.restart(at(1));
    assert!(!desk.store().may_try_pin(&BODY).unwrap());
    desk.store().take_pdu("m", &reply("5426"), at(0)).unwrap();
    desk.store().prune(at(8 * 24 * 3600)).unwrap();
    assert_eq!(desk.store().inbound_after(0, 10).unwrap().len(), 1);
}

#[test]
fn lists_are_newest_first_and_by_subject() {
    let desk = Desk::new();
    for (id, subject) in [("a", "s1"), ("b", "s2"), ("c", "s1")] {
        let message = Outgoing { subject_id: subject.into(), ..named(id, Class::Notice) };
        desk.store().send(message, &BODY).unwrap();
    }
    let ids = |subject: &str, before| -> Vec<String> {
        desk.store().list(subject, before, 2).unwrap().into_iter().map(|row| row.message.id).collect()
    };
    assert_eq!(ids("", u64::MAX), ["c", "b"]);
    assert_eq!(ids("", 2), ["a"]);
    assert_eq!(ids("s1", u64::MAX), ["c", "a"]);
    assert_eq!(desk.store().counts().unwrap().waiting, 3);
}
