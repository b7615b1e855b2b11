use super::*;

fn job() -> Job {
    Job {
        id: "01JD".into(),
        sequence: 1,
        state: State::Queued,
        copy_number: 0,
        subject_id: "sale".into(),
        original_job_id: String::new(),
        secret: false,
        document_hash: [0; 32],
        salt: Vec::new(),
        bytes_sha256: Vec::new(),
        byte_count: 0,
        revision: 1,
        created_ms: 0,
        printed_ms: None,
        copies: 0,
        reprints: 0,
        original_may_exist: false,
    }
}

fn send() -> Change {
    Change::Send { bytes_sha256: vec![7; 32], byte_count: 99, paper_um: 0 }
}

fn run(job: Job, changes: &[Change]) -> Result<Job, Refused> {
    changes.iter().try_fold(job, |job, change| job.after(change, 5))
}

#[test]
fn a_job_prints_once_the_fence_is_answered() {
    let done = run(
        job(),
        &[
            send(),
            Change::FirstByte,
            Change::LastByte,
            Change::AwaitFence,
            Change::Fence(Confidence::ProcessId),
        ],
    )
    .unwrap();
    assert_eq!(done.state, State::Printed(Confidence::ProcessId));
    assert_eq!((done.revision, done.printed_ms, done.original_may_exist), (6, Some(5), true));
}

#[test]
fn a_blocked_job_goes_on_or_is_cancelled() {
    let blocked = run(job(), &[Change::Block(Condition::PaperOut)]).unwrap();
    assert_eq!(blocked.state, State::Blocked(Condition::PaperOut));
    assert_eq!(run(blocked.clone(), &[send()]).unwrap().state, State::Sending);
    assert_eq!(run(blocked, &[Change::Cancel]).unwrap().state, State::Cancelled);
}

#[test]
fn nothing_that_was_sent_can_be_cancelled_or_sent_again() {
    let sending = run(job(), &[send()]).unwrap();
    assert_eq!(sending.after(&Change::Cancel, 0), Err(Refused));
    assert_eq!(sending.after(&send(), 0), Err(Refused));
    let doubt = run(sending, &[Change::Doubt]).unwrap();
    assert_eq!(doubt.after(&send(), 0), Err(Refused));
    assert_eq!(doubt.after(&Change::Cancel, 0), Err(Refused));
}

#[test]
fn a_job_a_person_did_not_see_prints_again_as_a_copy_and_never_as_an_original() {
    let doubt = run(job(), &[send(), Change::Doubt]).unwrap();
    assert!(doubt.original_may_exist);
    let again = run(doubt, &[Change::SeenMissing]).unwrap();
    assert_eq!((again.state, again.copy_number, again.copies), (State::Queued, 1, 1));
    assert!(!again.original_may_exist);
    let third = run(again, &[send(), Change::Doubt, Change::SeenMissing, send()]).unwrap();
    assert_eq!((third.copy_number, third.original_may_exist), (2, false));
}

#[test]
fn a_person_may_confirm_a_paper() {
    let done = run(job(), &[send(), Change::Doubt, Change::SeenWhole]).unwrap();
    assert_eq!(done.state, State::Printed(Confidence::Operator));
    assert!(done.original_may_exist);
}

#[test]
fn a_secret_job_never_outlives_its_content() {
    let card = Job { secret: true, ..job() };
    assert_eq!(after_restart(&card), Some(Change::Fail(Failure::ContentLost)));
    let sent = run(card, &[send()]).unwrap();
    assert!(sent.bytes_sha256.is_empty());
    assert_eq!(after_restart(&sent), Some(Change::Fail(Failure::ContentLost)));
    let lost = run(sent, &[Change::Doubt, Change::SeenMissing]).unwrap();
    assert_eq!(lost.state, State::Failed(Failure::ContentLost));
}

#[test]
fn a_restart_doubts_only_what_was_being_sent() {
    assert_eq!(after_restart(&job()), None);
    let sending = run(job(), &[send()]).unwrap();
    assert_eq!(after_restart(&sending), Some(Change::Doubt));
    let waiting = run(sending, &[Change::AwaitFence]).unwrap();
    assert_eq!(after_restart(&waiting), Some(Change::Doubt));
}

#[test]
fn process_ids_differ_from_one_sending_to_the_next() {
    let first = process_id(&job());
    assert_eq!(&first, b"0008");
    assert_ne!(process_id(&Job { copy_number: 1, ..job() }), first);
    assert_ne!(process_id(&Job { sequence: 2, ..job() }), first);
}

#[test]
fn only_a_waiting_or_a_secret_job_may_fail() {
    let fail = Change::Fail(Failure::Unprintable);
    assert_eq!(job().after(&fail, 0).unwrap().state, State::Failed(Failure::Unprintable));
    assert_eq!(run(job(), &[send(), fail]), Err(Refused));
}
