//! The disk fails or loses power amid a paper: what was acknowledged stands, and what may have been sent is in doubt.

use chit_failing_disk::{Power, SimulatedDisk, at_every_moment};

use super::tests::{NOW, apply, new_job, send};
use super::*;
use crate::domain::job::Confidence;

const MOMENTS: u64 = 150;

fn open_on(disk: &SimulatedDisk) -> Result<Store> {
    Store::on(disk.database()?, &Credential::read(&[7; 32]).unwrap(), NOW)
}

/// How far a paper had come when its last change was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Nothing,
    Queued,
    Sending,
    AwaitingFence,
    Printed,
}

fn live(disk: &SimulatedDisk) -> Known {
    let mut known = Known::Nothing;
    let mut step = || -> Result<()> {
        let store = open_on(disk)?;
        store.submit(new_job("a"), NOW)?;
        known = Known::Queued;
        for (change, after) in [
            (send(), Known::Sending),
            (Change::AwaitFence, Known::AwaitingFence),
            (Change::Fence(Confidence::Fence), Known::Printed),
        ] {
            store.change("a", &[(change, NOW)])?;
            known = after;
        }
        Ok(())
    };
    // How far it came is told by what was acknowledged.
    let _the_disk_is_gone = step();
    known
}

/// A store that a process before has made.
fn made(disk: &SimulatedDisk) {
    drop(open_on(disk).unwrap());
}

#[test]
fn whenever_the_power_goes_a_paper_that_may_have_been_sent_is_in_doubt_and_its_bytes_count_as_unclear() {
    at_every_moment(MOMENTS, made, live, |found, known| {
        let how = &found.how;
        let store = open_on(&found.disk).unwrap_or_else(|error| panic!("{how}: {error:?}"));
        let job = store.job("a");
        let in_doubt = job.as_ref().is_ok_and(|job| job.state == State::InDoubt);
        assert_eq!(store.is_uncleared().unwrap(), in_doubt, "{how}");
        match (known, job.map(|job| job.state)) {
            (Known::Nothing, Err(StoreError::NotFound)) => {}
            (Known::Nothing | Known::Queued, Ok(State::Queued)) => {}
            (Known::Queued | Known::Sending | Known::AwaitingFence, Ok(State::InDoubt)) => {}
            (Known::AwaitingFence | Known::Printed, Ok(State::Printed(_))) => {}
            other => panic!("{how}: {other:?}"),
        }
        store.submit(new_job("a"), NOW).unwrap();
        assert_eq!(
            store.list("", u64::MAX, 9).unwrap().len(),
            1,
            "{how}: the same call makes no second paper"
        );
    });
}

#[test]
fn a_paper_whose_commit_failed_was_not_begun() {
    let disk = SimulatedDisk::new(&Power::default());
    let store = open_on(&disk).unwrap();
    store.submit(new_job("a"), NOW).unwrap();
    disk.has_room_for(Some(0));
    assert!(matches!(store.change("a", &[(send(), NOW)]), Err(StoreError::Database(_))));
    let store = open_on(&disk.after_kill(&Power::default())).unwrap();
    assert_eq!(store.job("a").unwrap().state, State::Queued);
    apply(&store, "a", &[send()]);
}
