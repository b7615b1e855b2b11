//! Asking the payer by SMS, and deciding what they answer. Each step is one transaction.

pub mod asking;
pub mod attending;
pub mod calling_off;
pub mod challenge;
pub mod decide;
mod dossier;
pub mod forward;
mod forwarding;
pub mod hearing;
pub mod in_person;
pub mod judged;
mod outcome;
pub mod progress;
pub mod renewal;
pub mod reply;
mod report;
pub mod restored;
mod rounds;
mod stored;
pub mod verifier;
mod warning;

pub use challenge::{Asks, Challenge, ChallengeState};
pub use outcome::Fresh;
pub use report::Report;
pub use rounds::expire;
pub use verifier::PayerVerifier;
