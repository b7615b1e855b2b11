//! What checkout hears from the other services, each in its own task that reconnects for ever.

pub mod bank_file;
pub mod evidence_log;
mod message_states;
pub mod modem;
pub mod printer;
pub mod replies;
pub mod room;
pub mod scans;

use std::time::Duration;

use crate::context::Shop;
use crate::peers::Fault;

pub use message_states::{report_of, run as follow_messages};

/// A restarted service is back within half a second; ask a little faster than that.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);

/// Runs `listen` again and again until shutdown: a stream ends whenever the far side restarts.
async fn for_ever<F, Fut>(shop: &Shop, name: &str, mut listen: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<(), Fault>>,
{
    let mut told = String::new();
    loop {
        tokio::select! {
            () = shop.shutdown.wait() => return,
            ended = listen() => match ended {
                Ok(()) | Err(Fault::Away(_)) => told.clear(),
                // Refused again and again, nothing of it is heard; once is enough to say so.
                Err(fault) => {
                    let fault = fault.to_string();
                    if fault != told {
                        tracing::error!(stream = name, fault, "another service refuses to be listened to");
                        told = fault;
                    }
                }
            }
        }
        tokio::select! {
            () = shop.shutdown.wait() => return,
            () = tokio::time::sleep(RECONNECT_PAUSE) => {}
        }
    }
}
