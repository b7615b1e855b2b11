//! The serial simulators, driven through their ptys.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod line;
mod modem;
mod scanner;
