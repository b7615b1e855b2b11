//! The SMS dialogue with payers: asking, hearing, and what follows. Each step is one transaction.

pub mod answers;
pub mod asking;
pub mod disputes;
pub mod facts;
pub mod in_person;
pub mod outcome;
pub mod payment;
pub mod rounds;
pub mod settling;
pub mod warning;
pub mod witness;
