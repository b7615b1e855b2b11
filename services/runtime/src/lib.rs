//! What makes a Chit service a good process: one config file, one clock, one way to serve and to call,
//! traces and logs, known peers, and a stop that no caller notices. No domain types.
//!
//! A service adds its gRPC services to a [`Server`] and runs it until shutdown; callers reach it over its socket:
//!
//! ```
//! use std::time::Duration;
//!
//! use chit_runtime::{Context, Server, call, channel};
//! use tonic_health::pb::health_check_response::ServingStatus;
//! use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let dir = tempfile::tempdir()?;
//! let ctx = Context::sandbox_in("example", dir.path());
//! let serving = tokio::spawn(Server::new(&ctx, &[]).run());
//!
//! let health = HealthClient::new(channel(&ctx.shared, "example"));
//! let answer = call(Duration::from_secs(2), HealthCheckRequest::default(), |request| {
//!     let mut health = health.clone();
//!     async move { health.check(request).await }
//! });
//! assert_eq!(answer.await?.status(), ServingStatus::Serving);
//!
//! ctx.shutdown.trigger();
//! serving.await??;
//! # Ok(())
//! # }
//! ```

mod allowed;
pub mod call;
pub mod caller;
pub mod channel;
pub mod clock;
pub mod config;
mod entry;
pub mod error;
mod failpoint;
pub mod neighbour;
mod observe;
pub mod peer;
mod record;
pub mod request_id;
pub mod serve;
pub mod session;
pub mod shutdown;
mod telemetry;
pub mod tls;
pub mod trace;

pub use call::call;
pub use channel::{Channel, channel, channel_to};
pub use chit_supervision::Pulse;
pub use chit_trouble as trouble;
pub use clock::Clock;
pub use config::{ConfigError, Section, Shared, load};
pub use entry::{Context, main, main_with};
pub use failpoint::failpoint;
pub use serve::{HealthHandle, Server};
pub use shutdown::Shutdown;
pub use tls::{Tcp, TlsFiles};
