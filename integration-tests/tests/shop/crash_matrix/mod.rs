//! Everything is killed (-9) everywhere, and nothing is lost or done twice.
//!
//! `moments`: each service at the dangerous moments of its device. `edges`: each service at each state of a sale.
//! `points`: checkout inside each of its outside effects. `just crash-sale` runs all of it, each death twice, and writes
//! docs/crash-matrix.md from the rows that the tests leave.

mod collected;
mod edges;
mod moments;
mod points;
mod stories;
mod table;
