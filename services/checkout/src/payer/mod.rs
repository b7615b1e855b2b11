//! Payers: their record, payer code and code card.

pub mod code_card;
pub mod code_picture;
pub mod enrolment;
pub mod hotp;
pub mod record;
mod stored;

pub use enrolment::{expose_code, renew_code};
pub use record::{Payer, PayerState};
