//! The journal file is lengthened beside the commits.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::disk::Disk;
use super::journal_file::JournalFile;
use super::simulated_disk::{Power, SimulatedDisk, database};
use super::{JournalStore, Storage};
use crate::domain::memory_books::{clerk, terms};
use crate::domain::{Draft, UnixMicros};

/// Far longer than it takes: it only ends a test that fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// Each piece of zeros says that it begins and waits until it may.
struct Gate {
    disk: SimulatedDisk,
    begins: Sender<u64>,
    may: Mutex<Receiver<()>>,
}

impl Disk for Gate {
    fn len(&self) -> io::Result<u64> {
        Disk::len(&self.disk)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        self.disk.read_at(offset, out)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.write_at(offset, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        Disk::sync(&self.disk)
    }

    fn write_ahead(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let _nobody_listens = self.begins.send(offset);
        let _the_gate_is_open = self.may.lock().unwrap().recv();
        self.disk.write_at(offset, bytes)
    }
}

#[test]
fn a_commit_waits_for_one_piece_of_zeros_and_not_for_all() {
    let power = Power::default();
    let index = SimulatedDisk::new(&power);
    let (begins, begun) = channel();
    let (permit, may) = channel();
    let gate = Gate { disk: SimulatedDisk::new(&power), begins, may: Mutex::new(may) };
    let journal = JournalFile::open(Arc::new(gate)).unwrap();
    let store = JournalStore::still(journal, |anew| database(&index, anew)).unwrap();
    let view = store.view().unwrap();
    let mut draft = Draft::new(&*view, UnixMicros(1)).unwrap();
    draft.create_account(&clerk(), terms(1)).unwrap();
    let changes = draft.into_changes();
    drop(view);
    thread::scope(|scope| {
        scope.spawn(|| store.index_now().unwrap());
        let first = begun.recv_timeout(DEADLINE).unwrap();
        let (committed, done) = channel();
        let writer = &store;
        scope.spawn(move || committed.send(writer.commit(changes).unwrap()));
        permit.send(()).unwrap();
        assert!(begun.recv_timeout(DEADLINE).is_ok_and(|second| second > first));
        let head = done.recv_timeout(DEADLINE);
        // Opens the gate, so that a failed test ends.
        drop(permit);
        assert_eq!(head.map(|head| head.seq), Ok(1));
    });
    assert_eq!(crate::audit::verify(&*store.view().unwrap()).unwrap().problem, None);
}
