//! The whole service over its socket, its far sides played by small fakes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bank;
mod bank_exports;
mod bank_silence;
mod bank_vectors;
mod change;
mod custody;
mod devices;
mod far;
mod far_issuer;
mod house;
mod house_account;
mod issuer;
mod own_data;
mod people;
mod refusals;
mod requests;
mod restored;
mod sale;
mod voids;
mod world;
