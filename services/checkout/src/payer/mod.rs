//! Payers: their record, payer code and code card.

pub mod code_picture;
pub mod enrolment;
pub mod record;
mod stored;

pub use chit_code_card as code_card;
pub use enrolment::{expose_code, renew_code};
pub use record::{Payer, PayerState};
