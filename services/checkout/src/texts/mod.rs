//! What payers read: challenges, answers, notices, warnings; each fits one SMS part.

pub mod challenge_text;
pub mod payer_texts;
mod voice;

pub use voice::{Voice, sale_line, to, unwritable};
