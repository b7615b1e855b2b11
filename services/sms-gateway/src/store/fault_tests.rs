//! The disk fails or loses power amid the books: what was acknowledged stands, what was not happened wholly or not at all.

use super::tests::{at, credential, named, policy, wait};
use super::*;
use crate::domain::outbox::{Class, State};
use chit_failing_disk::{SimulatedDisk, at_every_moment};

const BODY: [u8; 32] = [7; 32];
const MOMENTS: u64 = 150;

/// Books on a disk that the test can break.
pub fn open_on(disk: &SimulatedDisk) -> Result<Arc<Store>> {
    Store::on(disk.database()?, &credential(), policy(), at(0))
}

pub fn queue(store: &Store, id: &str) -> Result<Row> {
    store.send(named(id, Class::Challenge), &BODY)
}

/// How far a message had come when its last change was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    Queued,
    HandedOver,
    Submitted,
    Delivered,
}

/// One message from the queue to its report, as far as the disk lasts.
fn live(disk: &SimulatedDisk) -> Known {
    let mut known = Known::Nothing;
    let mut step = || -> Result<()> {
        let store = open_on(disk)?;
        queue(&store, "a")?;
        known = Known::Queued;
        wait(store.hand_over("a", "m", true, at(1)))?;
        known = Known::HandedOver;
        store.change("a", |message| {
            message.accept("m", Some(7), at(2));
            Ok(())
        })?;
        known = Known::Submitted;
        store.change("a", |message| {
            message.report(0, crate::domain::pdu::DeliveryOutcome::Delivered, at(3));
            Ok(())
        })?;
        known = Known::Delivered;
        Ok(())
    };
    // It is told how far it came by what was acknowledged.
    let _the_disk_is_gone = step();
    known
}

/// A store that a process before has made.
fn made(disk: &SimulatedDisk) {
    drop(open_on(disk).unwrap());
}

#[test]
fn whenever_the_power_goes_a_message_is_as_far_as_was_acknowledged_and_never_sendable_once_handed_over() {
    at_every_moment(MOMENTS, made, live, |found, known| {
        let store = open_on(&found.disk).unwrap_or_else(|error| panic!("{}: {error:?}", found.how));
        let (how, state) = (&found.how, store.get("a").map(|row| row.message.state));
        match (known, state) {
            (Known::Nothing, Err(StoreError::NotFound)) => {}
            (Known::Nothing | Known::Queued, Ok(State::Queued)) => {}
            // A process that was killed does not know what became of it, and nobody sends it again by itself.
            (Known::Queued | Known::HandedOver, Ok(State::Unknown { .. })) => {}
            (Known::HandedOver | Known::Submitted, Ok(State::Submitted)) => {}
            (Known::Submitted | Known::Delivered, Ok(State::Delivered)) => {}
            other => panic!("{how}: {other:?}"),
        }
        // The same call again is answered, and makes no second message.
        queue(&store, "a").unwrap();
        assert_eq!(store.list("", u64::MAX, 10).unwrap().len(), 1, "{how}");
    });
}
