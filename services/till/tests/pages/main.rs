//! The pages over a checkout that is played on the sandbox's socket.

mod fake_checkout;
mod fake_media;
mod house;
mod looks;
mod safety;
mod sales;
mod stream;
