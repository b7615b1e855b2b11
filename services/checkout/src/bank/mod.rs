//! What the bank says: its files, applied record by record. A record that does not agree changes nothing but the list of
//! exceptions, and one that is known already changes nothing at all.

mod course;
mod ending;
mod matching;
pub mod paper;
mod refusing;
mod statement;
mod teller;

pub use statement::{Begun, Statement, Tally, apply, begin};
pub use teller::{BANK, Desk};
