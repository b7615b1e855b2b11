//! What makes a Chit service a good process: one config file, one clock, one way to serve and to call,
//! traces and logs, peers that are known, and an end that nobody notices. No domain types.

pub mod call;
pub mod channel;
pub mod clock;
pub mod config;
mod entry;
pub mod error;
mod failpoint;
mod held;
mod inherited;
mod observe;
pub mod peer;
mod record;
pub mod request_id;
pub mod serve;
pub mod shutdown;
mod telemetry;
pub mod tls;
pub mod trace;

pub use call::call;
pub use channel::{Channel, channel, channel_to};
pub use clock::Clock;
pub use config::{ConfigError, Shared, load};
pub use entry::{Context, main, main_with};
pub use failpoint::failpoint;
pub use serve::{HealthHandle, Server};
pub use shutdown::Shutdown;
pub use tls::{Tcp, TlsFiles};
