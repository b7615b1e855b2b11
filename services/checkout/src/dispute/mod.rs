//! Disputes: opened by the payer's reply or in person, resolved by somebody who did not make the sale.

mod case;
pub mod own_judgement;
mod steps;
mod stored;

pub use case::{Cause, Dispute, DisputeState};
pub use steps::{hold_while_open, open, resolve, withdraw};
