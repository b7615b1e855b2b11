//! Cards, who may ask for which of their rows, and what a code is worth.

mod card;
mod judge;
mod refusal;

pub use card::{Assigned, Card};
pub use judge::judge;
pub use refusal::Refusal;
