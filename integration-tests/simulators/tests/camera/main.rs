//! The camera worker as media-capture meets it: a process with a pipe.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up fails its test")]

mod bench;
mod faults;
mod frames;
