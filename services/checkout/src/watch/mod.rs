//! What checkout hears from the other services, each in its own task that reconnects for ever.

pub mod inbox;
pub mod modem;
pub mod scans;
pub mod sms_states;

use std::time::Duration;

use crate::saga::Fault;
use crate::shop::Shop;

/// A restarted service is back within half a second; ask a little faster than that.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);

/// Runs `listen` again and again until shutdown: a stream ends whenever the far side restarts.
async fn for_ever<F, Fut>(shop: &Shop, name: &str, mut listen: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<(), Fault>>,
{
    loop {
        tokio::select! {
            () = shop.shutdown.wait() => return,
            ended = listen() => match ended {
                Ok(()) | Err(Fault::Away(_)) => {}
                Err(fault) => tracing::warn!(stream = name, %fault, "listening again"),
            }
        }
        tokio::select! {
            () = shop.shutdown.wait() => return,
            () = tokio::time::sleep(RECONNECT_PAUSE) => {}
        }
    }
}
