//! The serial simulators, driven through their ptys.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails here")]

mod line;
mod modem;
mod scanner;
