//! The ways out: a modem on a serial port, an SMPP server, or nobody. Each is a transport with one task of its own.

pub mod actor;
mod asking;
mod care;
pub mod courier;
mod drain;
mod failure;
pub mod fleet;
mod identity;
mod ladder;
mod link;
pub mod loopback;
mod opening;
mod pin;
mod radio_link;
pub mod serial;
mod setup;
pub mod smpp;
mod status;
mod storage;
mod submit;

pub use status::{ClockSource, ModemState, ModemStatus};

use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// Takes messages from the outbox and brings what comes to the inbox, until the service stops.
pub trait Transport: Send + 'static {
    fn run(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The wire to a modem.
pub trait ModemPort: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ModemPort for T {}
