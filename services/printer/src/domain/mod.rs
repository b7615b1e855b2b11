//! Pure and sync: what goes on paper, what the printer says about itself, and the life of a print job.

pub mod bitmap;
pub mod condition;
pub mod document;
pub mod job;
pub mod layout;
pub mod operation;
pub mod template;
pub mod text;
pub mod words;
