//! Between the interface's messages and the domain's types.

mod document;
mod job;

pub use document::{DocumentReader, Invalid};
pub use job::{condition, confidence, event, job};
