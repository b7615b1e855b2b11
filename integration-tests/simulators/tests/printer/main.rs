//! The printer from outside: bytes over TCP, paper in files.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up fails its test")]

mod bench;
mod link;
mod paper;
mod status;
