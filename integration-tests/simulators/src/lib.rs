//! The far ends of the real wires. Nothing here is shared with the drivers: each simulator is written
//! from the standard of its device, so that a misreading in a driver is not repeated by its test partner.

pub mod camera;
pub mod client;
pub mod control;
mod hex;
pub mod microphone;
pub mod modem;
pub mod printer;
mod pty;
pub mod scanner;
