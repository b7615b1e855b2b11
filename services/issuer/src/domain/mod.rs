//! Cards, who may ask for which of their rows, what a code is worth, what the payer says to the sum, what the issuer's people did
//! with cards, and how a ledger may grow.

mod ask;
mod ask_text;
mod card;
mod custody;
mod growth;
mod holder;
mod judge;
mod refusal;

pub use ask::{Ask, Number, Reply, hear};
pub use ask_text::{AskText, NAME_CHARS_MAX, ask_text};
pub use card::{Assigned, Card};
pub use custody::{Act, Custody};
pub use growth::{Seen, grown};
pub use holder::{Holder, Language};
pub use judge::judge;
pub use refusal::Refusal;
