//! SMS through the shop's own modem: a durable outbox and inbox around an AT driver.

pub mod config;
pub mod domain;
pub mod store;
