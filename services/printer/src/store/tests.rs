use super::*;
use crate::domain::job::{Confidence, Failure};

pub const NOW: Moment = Moment { wall_ms: 1_000, monotonic_ns: 5 };

pub fn new_job(id: &str) -> NewJob {
    NewJob {
        id: id.into(),
        subject_id: "sale".into(),
        document: Some(vec![1, 2, 3]),
        document_hash: [9; 32],
        salt: Vec::new(),
    }
}

pub fn send() -> Change {
    Change::Send { bytes_sha256: vec![1; 32], byte_count: 10, paper_um: 0 }
}

pub fn apply(store: &Store, id: &str, changes: &[Change]) -> Job {
    let changes: Vec<_> = changes.iter().map(|change| (change.clone(), NOW)).collect();
    store.change(id, &changes).unwrap()
}

fn print(store: &Store, id: &str) -> Job {
    apply(store, id, &[send(), Change::AwaitFence, Change::Fence(Confidence::Fence)])
}

pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self) -> std::path::PathBuf {
        self.0.path().join("jobs.redb")
    }

    pub fn open(&self) -> Store {
        Store::open(&self.file(), &Credential::read(&[7; 32]).unwrap(), NOW).unwrap()
    }
}

#[test]
fn a_repeated_submission_returns_the_first_job_and_another_document_none() {
    let dir = Dir::new();
    let store = dir.open();
    let first = store.submit(new_job("a"), NOW).unwrap();
    assert_eq!(store.submit(new_job("a"), NOW).unwrap(), first);
    let other = NewJob { document_hash: [8; 32], ..new_job("a") };
    assert!(matches!(store.submit(other, NOW), Err(StoreError::Different)));
}

#[test]
fn what_was_being_sent_is_in_doubt_after_a_crash_and_the_buffers_count_as_unclear() {
    let dir = Dir::new();
    let store = dir.open();
    for id in ["queued", "sending", "waiting", "printed"] {
        store.submit(new_job(id), NOW).unwrap();
    }
    apply(&store, "sending", &[send(), Change::FirstByte]);
    apply(&store, "waiting", &[send(), Change::AwaitFence]);
    print(&store, "printed");
    assert!(!store.is_uncleared().unwrap());
    drop(store);

    let store = dir.open();
    let state = |id| store.job(id).unwrap().state;
    assert_eq!(state("queued"), State::Queued);
    assert_eq!(state("sending"), State::InDoubt);
    assert_eq!(state("waiting"), State::InDoubt);
    assert_eq!(state("printed"), State::Printed(Confidence::Fence));
    assert!(store.is_uncleared().unwrap());
    store.cleared().unwrap();
    drop(store);
    assert!(!dir.open().is_uncleared().unwrap());
}

#[test]
fn a_code_card_fails_after_a_crash_and_its_content_was_never_on_disk() {
    let dir = Dir::new();
    let store = dir.open();
    let card = NewJob { document: None, salt: vec![4; 16], ..new_job("card") };
    store.submit(card, NOW).unwrap();
    assert_eq!(store.document("card").unwrap(), None);
    drop(store);
    let store = dir.open();
    assert_eq!(store.job("card").unwrap().state, State::Failed(Failure::ContentLost));
    assert!(!store.is_uncleared().unwrap());
    assert!(store.open_jobs().unwrap().is_empty());
}

#[test]
fn a_code_card_killed_amid_sending_is_lost_and_the_buffers_count_as_unclear() {
    for sent in [vec![send()], vec![send(), Change::FirstByte], vec![send(), Change::AwaitFence]] {
        let dir = Dir::new();
        let store = dir.open();
        store.submit(NewJob { document: None, salt: vec![4; 16], ..new_job("card") }, NOW).unwrap();
        apply(&store, "card", &sent);
        drop(store);
        let store = dir.open();
        assert_eq!(store.job("card").unwrap().state, State::Failed(Failure::ContentLost), "{sent:?}");
        assert!(store.is_uncleared().unwrap(), "some of its rows may lie in the printer: {sent:?}");
    }
}

#[test]
fn events_are_numbered_and_can_be_read_from_any_revision() {
    let dir = Dir::new();
    let store = dir.open();
    store.submit(new_job("a"), NOW).unwrap();
    store.submit(new_job("b"), NOW).unwrap();
    let all =
        [send(), Change::FirstByte, Change::LastByte, Change::AwaitFence, Change::Fence(Confidence::Fence)];
    apply(&store, "a", &all);
    let events = store.events("a", 0, 100).unwrap();
    let revisions: Vec<_> = events.iter().map(|event| event.job.revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5, 6]);
    assert_eq!(events[2].kind, EventKind::FirstByte);
    assert_eq!(events[5].kind, EventKind::Fence);
    assert_eq!(store.events("a", 4, 1).unwrap()[0].job.revision, 5);
    assert!(store.events("a", 6, 100).unwrap().is_empty());
}

#[test]
fn copies_are_counted_limited_and_given_back_when_cancelled() {
    let dir = Dir::new();
    let store = dir.open();
    store.submit(new_job("a"), NOW).unwrap();
    assert!(matches!(store.reprint("c1", "a", 1, NOW), Err(StoreError::Refused(_))));
    print(&store, "a");
    let copy = store.reprint("c1", "a", 1, NOW).unwrap();
    assert_eq!((copy.copy_number, copy.original_job_id.as_str()), (1, "a"));
    assert_eq!(store.reprint("c1", "a", 1, NOW).unwrap(), copy);
    assert!(matches!(store.reprint("c2", "a", 1, NOW), Err(StoreError::CopyLimit(1))));
    apply(&store, "c1", &[Change::Block(Condition::PaperOut), Change::Cancel]);
    assert_eq!(store.reprint("c2", "a", 1, NOW).unwrap().copy_number, 2);
    print(&store, "c2");
    assert!(
        matches!(store.reprint("c3", "c2", 9, NOW), Err(StoreError::IsCopy(original)) if original == "a")
    );
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_another_body_none() {
    let dir = Dir::new();
    let store = dir.open();
    store.submit(new_job("a"), NOW).unwrap();
    let request = Request { id: "r1".into(), fingerprint: [1; 32] };
    let first = store.change_by(&request, "a", &Change::Cancel, NOW).unwrap();
    assert_eq!(store.change_by(&request, "a", &Change::Cancel, NOW).unwrap(), first);
    let other = Request { fingerprint: [2; 32], ..request };
    assert!(matches!(store.change_by(&other, "a", &Change::Cancel, NOW), Err(StoreError::Different)));
    let late = Request { id: "r2".into(), fingerprint: [3; 32] };
    assert!(matches!(store.change_by(&late, "a", &Change::Cancel, NOW), Err(StoreError::Refused(_))));
}

#[test]
fn the_queue_has_a_limit_and_an_order() {
    let dir = Dir::new();
    let store = dir.open();
    for n in 0..WAITING_MAX {
        store.submit(new_job(&format!("j{n:03}")), NOW).unwrap();
    }
    assert!(matches!(store.submit(new_job("one more"), NOW), Err(StoreError::Full)));
    assert_eq!(store.next_waiting().unwrap().unwrap().id, "j000");
    let newest = store.list("sale", u64::MAX, 2).unwrap();
    assert_eq!(newest.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["j199", "j198"]);
    let older = store.list("", newest[1].sequence, 1).unwrap();
    assert_eq!(older[0].id, "j197");
    assert!(store.list("another sale", u64::MAX, 9).unwrap().is_empty());
}
