//! The modem: a port, a dialogue on it, and the one task that owns both.

pub mod actor;
mod drain;
mod link;
mod pin;
pub mod serial;
mod setup;
mod status;
mod submit;

pub use status::{ModemState, ModemStatus};

use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// The wire to a modem.
pub trait ModemPort: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ModemPort for T {}

/// Opens the wire, again and again as the device comes and goes.
pub trait OpenPort: Send + Sync + 'static {
    fn open(&self) -> io::Result<Box<dyn ModemPort>>;
    /// What the port is called; a status report is paired with the modem it came from.
    fn name(&self) -> &str;
}
