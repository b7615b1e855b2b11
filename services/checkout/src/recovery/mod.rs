//! What was not answered: the notice, the bad record, its end.

pub mod again;
mod bad_record;
mod bank_list;
mod house_due;
mod notice;

pub use bad_record::{end, list, remove_from_deny_list};
pub use bank_list::{Head, bank_list};
pub use house_due::remind;
pub use notice::{Outcome, is_due, noticed, notify, tells};
