//! The SMS gateway alone, with simulated modems: what a crash, a full SIM, a foreign modem and a hurry do to it.
//! `just crash-sms` and `just bench-sms` run the long forms.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod bench;
mod crash;
mod figures;
mod flood;
mod foreign;
mod foreign_modems;
mod hang;
mod lab;
mod modem_profiles;
mod peers;
mod several_modems;
mod smpp;
