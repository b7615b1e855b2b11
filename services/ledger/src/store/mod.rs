//! Durable storage behind two traits: a journal file that is committed to, and an index on redb that trails behind it
//! and can be rebuilt from it (docs/adr: journal first).

mod compaction;
mod disk;
mod index;
mod index_place;
mod index_thread;
mod journal_file;
mod journal_store;
mod keys;
mod memtable;
mod migrations;
mod open_error;
mod open_mark;
mod recovery;
mod rows;
mod shared;
mod spent_rows;
mod storage;
mod tables;
mod view;

#[cfg(test)]
mod compaction_power_tests;
#[cfg(test)]
mod compaction_tests;
#[cfg(test)]
mod extension_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod migration_tests;
#[cfg(test)]
mod power_loss_tests;
#[cfg(test)]
mod simulated_disk;
#[cfg(test)]
mod store_tests;

pub use journal_store::JournalStore;
#[cfg(test)]
pub use storage::Compacted;
pub use storage::{CompactionFault, Head, JournalEntry, Storage, TouchKind, View};
