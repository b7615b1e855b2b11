//! Payers: their record, payer code and code card.

pub mod code_card;
pub mod enrolment;
pub mod hotp;
pub mod payer_code;
pub mod payer_code_digits;
pub mod record;
mod stored;

pub use record::{Payer, PayerState};
