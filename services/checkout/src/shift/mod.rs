//! Reports of the till: over the sales of a day as they stand now, and over what happened between two Z reports.

mod report;
mod steps;

pub use report::{Report, of_day, of_shift};
pub use steps::{Shift, close};
