//! Coordinates a sale from basket to settlement, dispute and bad record.

pub mod domain;
