//! The files that a shop and its bank exchange about direct debits.
//!
//! [`pain008`] writes collections; [`read`] takes a status report (pain.002), a statement or notification (camt.053,
//! camt.054) or returns (pacs.004) and hands out one [`Record`] at a time, so that a file of any length needs little
//! memory. [`csv_profile`] does the same for banks that take tables. Nothing here opens a file, and whatever is read is
//! taken for a stranger's: sizes and depth are capped, there are no DTDs and no entities, and a file that does not
//! follow its schema is refused with its line and the reason.

pub mod account;
mod amount;
pub mod csv_profile;
mod kind;
pub mod pain008;
mod reader;
mod record;
mod refused;
mod schema;
mod source;
pub mod text;
mod walk;

pub use amount::Money;
pub use reader::{Summary, check, read};
pub use record::{Booking, Level, Message, Record, Returned, Status};
pub use refused::Refused;
pub use source::Limits;
