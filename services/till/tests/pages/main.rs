//! The pages over a checkout that is played on the sandbox's socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod batches;
mod exceptions;
mod fake_bank;
mod fake_checkout;
mod fake_media;
mod fake_payers;
mod house;
mod looks;
mod payers;
mod safety;
mod sales;
mod second_thoughts;
mod stream;
