use super::*;
use crate::domain::cms::Verdict;
use crate::domain::outbox::{Class, Outgoing, State, tests::message};
use jiff::SignedDuration;

pub(super) fn credential() -> Credential {
    Credential::read(&[7; 32]).unwrap()
}

pub(super) fn policy() -> Policy {
    Policy {
        resend_after: SignedDuration::from_secs(120),
        per_destination_day: 0,
        keep: SignedDuration::from_hours(400 * 24),
        country: chit_msisdn::Country::from_iso("CN").expect("an ISO code"),
    }
}
const BODY: [u8; 32] = [7; 32];
/// "否" from +8613800138000 at two different seconds.
const REPLY: &str = "00040D91683108108300F000084211428150902302";

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

pub(super) struct Desk {
    dir: tempfile::TempDir,
    store: Option<Arc<Store>>,
}

impl Desk {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Some(Store::open(&dir.path().join("db"), &credential(), policy(), at(0)).unwrap());
        Self { dir, store }
    }

    pub(super) fn store(&self) -> &Arc<Store> {
        self.store.as_ref().unwrap()
    }

    /// What a lone modem "m" would send next.
    fn next(&self, now: Timestamp) -> Option<String> {
        let pick = Pick { modem: "m", keeps: &|_| true, taken: &|_| false };
        Some(self.store().next_for(&pick, now).unwrap()?.message.id)
    }

    fn hand_over(&self, id: &str, now: Timestamp) {
        assert_eq!(self.next(now).as_deref(), Some(id));
        wait(self.store().hand_over(id, "m", true, now)).unwrap();
    }

    pub(super) fn take(&self, modem: &str, pdu: &[u8], now: Timestamp) -> Taken {
        let store = self.store();
        wait(async { store.enqueue_pdus(modem, vec![pdu.to_vec()], now).await?.done().await }).unwrap()[0]
    }

    /// The file, which nobody has open any more.
    pub(super) fn close(&mut self) -> std::path::PathBuf {
        self.store = None;
        self.dir.path().join("db")
    }

    /// As after SIGKILL: nothing is told to the store, it is only opened again.
    pub(super) fn restart(&mut self, now: Timestamp) {
        self.store = None;
        self.store = Some(Store::open(&self.dir.path().join("db"), &credential(), policy(), now).unwrap());
    }
}

pub(super) fn named(id: &str, class: Class) -> Outgoing {
    Outgoing { id: id.into(), ..message(class) }
}

fn state(store: &Store, id: &str) -> State {
    store.get(id).unwrap().message.state
}

pub(super) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

pub(super) fn reply(text_octets: &str) -> Vec<u8> {
    hex::decode(format!("{REPLY}{text_octets}")).unwrap()
}

#[test]
fn a_crash_before_ctrl_z_queues_again_and_after_it_is_unknown() {
    let mut desk = Desk::new();
    desk.store().send(named("a", Class::Challenge), &BODY).unwrap();
    desk.restart(at(2));
    assert_eq!(state(desk.store(), "a"), State::Queued);
    desk.hand_over("a", at(3));
    desk.restart(at(4));
    assert_eq!(state(desk.store(), "a"), State::Unknown { since: at(4) });
    assert_eq!(desk.next(at(5)), None);
}

#[test]
fn an_unknown_challenge_is_offered_again_after_the_wait_and_a_notice_never() {
    let mut desk = Desk::new();
    for (id, class) in [("c", Class::Challenge), ("n", Class::Notice)] {
        desk.store().send(named(id, class), &BODY).unwrap();
        desk.hand_over(id, at(1));
    }
    desk.restart(at(2));
    desk.store().sweep(at(121)).unwrap();
    assert_eq!(desk.next(at(121)), None);
    desk.store().sweep(at(122)).unwrap();
    desk.hand_over("c", at(122));
    assert_eq!(desk.next(at(100_000)), None);
    assert_eq!(state(desk.store(), "n"), State::Unknown { since: at(2) });
}

#[test]
fn the_same_id_returns_the_first_message_and_another_body_is_refused() {
    let desk = Desk::new();
    let first = desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    desk.hand_over("a", at(1));
    assert_eq!(desk.store().send(named("a", Class::Notice), &BODY).unwrap(), first);
    let other = desk.store().send(named("a", Class::Notice), &[8; 32]);
    assert!(matches!(other, Err(StoreError::DifferentBody)));
}

#[test]
fn a_repeated_mutation_returns_the_first_answer() {
    let desk = Desk::new();
    desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    let cancel = |fingerprint| {
        desk.store().change_once("r1", fingerprint, "a", at(1), |message| Ok(message.cancel(at(1))?))
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
    let refuse = |id: &str| {
        let rule = |message: &mut Outgoing| {
            message.refuse(Verdict::Temporary, "CMS_ERROR_38".into(), at(1));
            Ok(())
        };
        desk.store().change(id, rule).unwrap();
    };
    desk.hand_over("a", at(1));
    assert_eq!(desk.next(at(1)).as_deref(), Some("c1"));
    refuse("c1");
    desk.hand_over("c2", at(1));
    desk.hand_over("n", at(1));
    assert_eq!(desk.next(at(30)), None);
    assert_eq!(desk.next(at(31)).as_deref(), Some("c1"));
}

#[test]
fn events_continue_after_a_restart_from_any_revision() {
    let mut desk = Desk::new();
    desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    desk.hand_over("a", at(1));
    desk.restart(at(2));
    let events = desk.store().events_after(1, 100).unwrap();
    let revisions: Vec<u64> = events.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, [2, 3]);
    assert_eq!(events[1].message.state, State::Unknown { since: at(2) });
    assert_eq!(*desk.store().watch_revision().borrow(), 3);
}

#[test]
fn a_report_finds_its_message_and_an_unreadable_pdu_is_kept() {
    let desk = Desk::new();
    desk.store().send(named("a", Class::Challenge), &BODY).unwrap();
    desk.hand_over("a", at(1));
    desk.store()
        .change("a", |message| {
            message.accept("m", Some(0xD6), at(2));
            Ok(())
        })
        .unwrap();
    let report = hex::decode("0006D60D91683108108300F0421142815090234211428151002300").unwrap();
    assert_eq!(desk.take("m", &report, at(3)), Taken::Report { paired: true });
    assert_eq!(state(desk.store(), "a"), State::Delivered);
    assert_eq!(desk.take("m", &[0x00, 0x04, 0xFF], at(3)), Taken::Undecoded);
}

#[test]
fn a_pin_gets_one_try_ever_and_old_books_are_pruned() {
    let mut desk = Desk::new();
    let attempt = PinTry { named: Some([1; 32]), nameless: [2; 32], anywhere: [3; 32] };
    assert!(desk.store().may_try_pin(&attempt).unwrap());
    desk.restart(at(1));
    assert!(!desk.store().may_try_pin(&attempt).unwrap());
    desk.take("m", &reply("5426"), at(0));
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

#[test]
fn a_dialogue_stays_with_its_modem_and_moves_only_when_that_is_gone() {
    let desk = Desk::new();
    for id in ["a", "b"] {
        desk.store().send(named(id, Class::Notice), &BODY).unwrap();
    }
    desk.hand_over("a", at(1));
    let next = |modem: &str, keeps: bool| {
        let pick = Pick { modem, keeps: &move |_| keeps, taken: &|_| false };
        desk.store().next_for(&pick, at(2)).unwrap().map(|row| row.message.id)
    };
    assert_eq!(next("other", true), None);
    assert_eq!(next("other", false).as_deref(), Some("b"));
    let lose = |message: &mut Outgoing| {
        message.lose_answer(at(3));
        message.resend().map_err(StoreError::from)
    };
    desk.store().change("a", lose).unwrap();
    wait(desk.store().hand_over("b", "m", true, at(3))).unwrap();
    assert_eq!(next("other", false), None, "an unknown message never moves");
    assert_eq!(next("m", true).as_deref(), Some("a"));
}

#[test]
fn a_reply_moves_the_dialogue_to_the_modem_that_was_written_to() {
    let desk = Desk::new();
    desk.store().send(named("a", Class::Notice), &BODY).unwrap();
    desk.take("other", &reply("5426"), at(0));
    assert_eq!(desk.next(at(1)), None);
    let pick = Pick { modem: "other", keeps: &|_| true, taken: &|_| false };
    assert_eq!(desk.store().next_for(&pick, at(1)).unwrap().unwrap().message.id, "a");
}

#[test]
fn one_number_gets_its_messages_of_a_day_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let policy = Policy { per_destination_day: 2, ..policy() };
    let store = Store::open(&dir.path().join("db"), &credential(), policy, at(0)).unwrap();
    let send = |id: &str, seconds| {
        let message = Outgoing { created_at: at(seconds), ..named(id, Class::Notice) };
        store.send(message, &BODY).map(|row| row.message.id)
    };
    send("a", 0).unwrap();
    send("b", 10).unwrap();
    assert!(matches!(send("c", 20), Err(StoreError::DestinationFull { wait_s: 86_380 })));
    send("c", 24 * 3600 + 5).unwrap();
}

#[test]
fn changes_that_wait_share_one_commit_and_a_refusal_among_them_hurts_nobody() {
    let desk = Desk::new();
    for id in ["a", "b"] {
        desk.store().send(named(id, Class::Notice), &BODY).unwrap();
    }
    let store = desk.store();
    let hold = |message: &mut Outgoing| Ok(message.hold()?);
    let cancel_twice = |message: &mut Outgoing| {
        message.cancel(at(1))?;
        Ok(message.cancel(at(1))?)
    };
    let (held, refused, missing) = wait(async {
        let pending = [
            store.enqueue_change("a", hold).await.unwrap(),
            store.enqueue_change("b", cancel_twice).await.unwrap(),
            store.enqueue_change("x", hold).await.unwrap(),
        ];
        let [first, second, third] = pending;
        (first.done().await, second.done().await, third.done().await)
    });
    assert!(held.unwrap().message.held);
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    assert!(matches!(missing, Err(StoreError::NotFound)));
    assert_eq!(state(store, "b"), State::Queued);
}

#[test]
fn books_are_pruned_when_done_acknowledged_and_old_and_numbers_go_on() {
    let desk = Desk::new();
    for id in ["a", "b"] {
        desk.store().send(named(id, Class::Notice), &BODY).unwrap();
        desk.store().change(id, |message| Ok(message.cancel(at(1))?)).unwrap();
    }
    desk.take("m", &reply("5426"), at(0));
    desk.take("m", &reply("5427"), at(0));
    let later = at(401 * 24 * 3600);
    desk.store().prune(later).unwrap();
    assert_eq!(desk.store().inbound_after(0, 10).unwrap().len(), 2, "nobody has acknowledged");
    assert!(matches!(desk.store().get("a"), Err(StoreError::NotFound)));
    desk.store().ack_inbound("checkout", 2).unwrap();
    desk.store().prune(later).unwrap();
    let rows = desk.store().inbound_after(0, 10).unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [2]);
}

#[test]
fn another_sim_is_refused_until_a_person_accepts_it() {
    let mut desk = Desk::new();
    let sim = |iccid: &str| Sim { imei: "001010123456785".into(), iccid: iccid.into() };
    assert_eq!(desk.store().check_sim("m", &sim("")).unwrap(), SimCheck::Accepted);
    assert_eq!(desk.store().check_sim("m", &sim("1")).unwrap(), SimCheck::Accepted);
    desk.restart(at(1));
    assert_eq!(desk.store().check_sim("m", &sim("2")).unwrap(), SimCheck::Swapped);
    desk.store().accept_sim("m", &sim("2")).unwrap();
    assert_eq!(desk.store().check_sim("m", &sim("2")).unwrap(), SimCheck::Accepted);
    assert_eq!(desk.store().check_sim("m", &sim("1")).unwrap(), SimCheck::Swapped);
}
