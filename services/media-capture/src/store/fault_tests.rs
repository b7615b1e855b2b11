//! The disk fails, fills up or loses power: what was acknowledged stands, and a disk that works again is worked with.

use chit_failing_disk::{Power, SimulatedDisk, at_every_moment};

use super::*;
use crate::domain::recording::{Goods, State, tests::recording};

const MOMENTS: u64 = 150;
const MANIFEST: [u8; 32] = [3; 32];

fn open_on(disk: &SimulatedDisk) -> Result<Store, StoreError> {
    let disk = disk.clone();
    Store::by(Box::new(move || disk.database()))
}

fn closed() -> Recording {
    let mut closed = recording();
    closed.attach_goods(Goods { sha256: [1; 32], media_type: "application/protobuf".into() }).unwrap();
    closed.clip_closed(None);
    closed
}

fn sealed() -> Recording {
    let mut sealed = closed();
    sealed.sealed(MANIFEST, 9);
    sealed
}

#[test]
fn a_full_disk_refuses_what_comes_and_takes_it_once_there_is_room() {
    let disk = SimulatedDisk::new(&Power::default());
    let mut store = open_on(&disk).unwrap();
    store.put(&recording()).unwrap();
    disk.has_room_for(Some(0));
    assert!(store.put(&closed()).is_err());
    store.heal();
    assert!(store.put(&closed()).is_err(), "it is still full");
    disk.has_room_for(None);
    store.heal();
    assert_eq!(store.recording(&recording().id).unwrap(), Some(recording()), "as it was acknowledged");
    store.put(&closed()).unwrap();
    assert_eq!(store.recording(&recording().id).unwrap(), Some(closed()));
}

/// The state of the recording that was acknowledged last.
fn live(disk: &SimulatedDisk) -> Option<State> {
    let mut known = None;
    let mut step = || -> Result<(), StoreError> {
        let store = open_on(disk)?;
        for of in [recording(), closed()] {
            store.put(&of)?;
            known = Some(of.state);
        }
        store.put_sealed(&sealed(), &MANIFEST)?;
        known = Some(sealed().state);
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
fn whenever_the_power_goes_a_recording_is_sealed_and_in_the_chain_or_neither() {
    at_every_moment(MOMENTS, made, live, |found, known| {
        let how = &found.how;
        let store = open_on(&found.disk).unwrap_or_else(|error| panic!("{how}: {error:?}"));
        let state = store.recording(&recording().id).unwrap().map(|found| found.state);
        let order = [None, Some(State::Armed), Some(State::Finalizing), Some(sealed().state)];
        let place = |state| order.iter().position(|known| *known == state).unwrap();
        let (acknowledged, stored) = (place(*known), place(state));
        assert!(stored == acknowledged || stored == acknowledged + 1, "{how}: {known:?} became {state:?}");
        let head = store.chain_head().unwrap();
        let in_chain = head == Some((recording().id, MANIFEST));
        assert_eq!(in_chain, state == Some(sealed().state), "{how}");
        assert_eq!(store.unfinished().unwrap().len(), usize::from(matches!(stored, 1 | 2)), "{how}");
    });
}
