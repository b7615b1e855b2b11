//! A disk and a folder in memory that lose power, fill up, fail and lie, as a test says. Every service's store runs on
//! them in its tests; no service links this.

#![allow(clippy::unwrap_used, reason = "a lock that a failed test poisoned ends the others too")]

mod dice;
mod disk;
mod folder;
mod moments;
mod power;

pub use dice::Dice;
pub use disk::{SECTOR, SimulatedDisk};
pub use folder::SimulatedFolder;
pub use moments::{Found, at_every_moment};
pub use power::Power;
