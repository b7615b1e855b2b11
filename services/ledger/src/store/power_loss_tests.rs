//! The power goes at any moment, again and again: nothing that was acknowledged may be missing, and the books balance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tlog_tiles::{Hash, HashReader, tree_hash};

use super::journal_file::JournalFile;
use super::simulated_disk::{Dice, Power, SimulatedDisk, database};
use super::{Head, JournalStore, Storage, View};
use crate::audit;
use crate::domain::memory_books::{clerk, hold, hold_for, post, post_pending, terms, void_pending};
use crate::domain::{Draft, LedgerError, StorageError, TransferRequest, UnixMicros};

/// Power failures of every fourth story; the others end with the first.
const FAILURES: u64 = 3;
/// Commits of one story between two failures, if the power lasts.
const COMMITS: u64 = 8;
const ACCOUNTS: u64 = 3;

/// What the world outside knows.
#[derive(Default)]
struct Acknowledged {
    head: Option<Head>,
    commits: u64,
}

#[derive(Debug)]
enum Verdict {
    Good,
    Lost(String),
}

struct Story {
    dice: Dice,
    power: Power,
    journal: SimulatedDisk,
    index: SimulatedDisk,
    acknowledged: Acknowledged,
    now: i64,
    next_id: u128,
}

impl Story {
    fn new(seed: u64, lies: bool) -> Self {
        let power = Power::default();
        let (journal, index) = (SimulatedDisk::new(&power), SimulatedDisk::new(&power));
        if lies {
            journal.lies();
        }
        Self {
            dice: Dice::new(seed),
            power,
            journal,
            index,
            acknowledged: Acknowledged::default(),
            now: 1,
            next_id: 1000,
        }
    }

    fn open(&self) -> Result<JournalStore, String> {
        let journal = JournalFile::open(Arc::new(self.journal.clone())).map_err(|error| error.to_string())?;
        let database = |anew| database(&self.index, anew);
        JournalStore::still(journal, database).map_err(|error| error.to_string())
    }

    /// Commits until the power goes.
    fn live(&mut self) {
        let moment = self.dice.below(100);
        self.power.goes_after(moment);
        let Ok(store) = self.open() else { return };
        for _ in 0..COMMITS {
            let index = self.dice.below(4) == 0;
            if self.commit(&store).is_err() || (index && store.index_now().is_err()) {
                return;
            }
        }
    }

    fn commit(&mut self, store: &JournalStore) -> Result<(), StorageError> {
        let view = store.view()?;
        // Business time jumps, backwards too.
        self.now += self.dice.below(400) as i64 - 100;
        let mut draft = Draft::new(&*view, UnixMicros(self.now))?;
        for overdue in view.due(draft.now(), 100)? {
            draft.expire(overdue)?;
        }
        for n in 1..=ACCOUNTS {
            accepted(draft.create_account(&clerk(), terms(n as u8)))?;
        }
        for _ in 0..=self.dice.below(6) {
            let asked = self.request();
            accepted(draft.accept(&clerk(), &asked))?;
        }
        let changes = draft.into_changes();
        drop(view);
        let head = store.commit(changes)?;
        self.acknowledged = Acknowledged { head: Some(head), commits: self.acknowledged.commits + 1 };
        Ok(())
    }

    fn request(&mut self) -> TransferRequest {
        let old = self.next_id - u128::from(self.dice.below(20));
        self.next_id += u128::from(self.dice.below(3));
        let (debit, credit) = (1 + self.dice.below(ACCOUNTS) as u8, 1 + self.dice.below(ACCOUNTS) as u8);
        let (debit, credit) = (terms(debit).id, terms(credit).id);
        let amount = 1 + self.dice.below(50) as i64;
        match self.dice.below(5) {
            0 => post(self.next_id, debit, credit, amount),
            1 => hold(self.next_id, debit, credit, amount),
            2 => hold_for(amount * 10, self.next_id, debit, credit, amount),
            3 => post_pending(self.next_id + 500_000, old, None),
            _ => void_pending(self.next_id + 500_000, old),
        }
    }

    fn lose_power(&mut self) {
        let power = Power::default();
        self.journal = self.journal.after_power_loss(&mut self.dice, &power);
        self.index = self.index.after_power_loss(&mut self.dice, &power);
        self.power = power;
    }

    fn check(&self) -> Verdict {
        let store = match self.open() {
            Ok(store) => store,
            Err(error) => return Verdict::Lost(format!("it does not open: {error}")),
        };
        let view = store.view().unwrap();
        let audit = audit::verify(&*view).unwrap();
        if let Some(problem) = audit.problem {
            return Verdict::Lost(problem.what);
        }
        match self.acknowledged.head {
            Some(head) if audit.head.seq < head.seq => {
                Verdict::Lost(format!("{} records are gone", head.seq - audit.head.seq))
            }
            Some(head) if root_at(&*view, head.seq) != head.root => {
                Verdict::Lost("an acknowledged record is another one now".to_owned())
            }
            _ => Verdict::Good,
        }
    }
}

fn accepted<T>(outcome: Result<T, LedgerError>) -> Result<(), StorageError> {
    match outcome {
        Ok(_) | Err(LedgerError::Refused(_)) => Ok(()),
        Err(LedgerError::Storage(error)) => Err(error),
    }
}

struct Stored<'v>(&'v dyn View);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(self.0.stored_hashes(indexes).unwrap())
    }
}

fn root_at(view: &dyn View, seq: u64) -> [u8; 32] {
    tree_hash(seq, &Stored(view)).unwrap().0
}

/// Plays stories on all cores; returns how many commits were acknowledged, and the seeds that lost something.
fn tell(seeds: std::ops::Range<u64>, lies: bool) -> (u64, Vec<(u64, String)>) {
    let next = AtomicU64::new(seeds.start);
    let story = || {
        let (mut commits, mut lost) = (0, Vec::new());
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end {
                return (commits, lost);
            }
            let mut story = Story::new(seed, lies);
            for _ in 0..if seed.is_multiple_of(4) { FAILURES } else { 1 } {
                story.live();
                story.lose_power();
                if let Verdict::Lost(what) = story.check() {
                    lost.push((seed, what));
                    break;
                }
            }
            commits += story.acknowledged.commits;
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(story)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).fold((0, Vec::new()), |mut all, one| {
            all.1.extend(one.1);
            (all.0 + one.0, all.1)
        })
    })
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes_at_any_moment() {
    let seeds = std::env::var("CHIT_LEDGER_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5000);
    let (commits, lost) = tell(0..seeds, false);
    println!("power-loss: seeds {seeds} commits {commits} lost {}", lost.len());
    if let Ok(report) = std::env::var("CHIT_LEDGER_REPORT") {
        let file = std::path::Path::new(&report).with_extension("seeds");
        std::fs::write(file, format!("{seeds} {}", lost.len())).unwrap();
    }
    assert!(lost.is_empty(), "{} seeds, first {:?}", lost.len(), lost.first());
    assert!(commits > seeds, "the stories are too short to prove anything: {commits} commits");
}

#[test]
fn a_disk_that_lies_about_syncing_is_found_out() {
    let (_, lost) = tell(0..300, true);
    println!("power-loss: a lying disk was caught in {} of 300 seeds", lost.len());
    assert!(lost.len() > 150, "only {} of 300 seeds noticed", lost.len());
}
