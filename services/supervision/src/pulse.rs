//! The watchdog (systemd.service(5), WatchdogSec=) is fed by signs of life, never by a timer: the service answers a health
//! check of its own server, and what stands behind its calls, a writing thread or a device's, answers too.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::door::Door;
use crate::manager;

/// Several tries before the manager loses patience.
const TRIES_A_PERIOD: u32 = 4;

/// Something that answers while it lives. What it answers does not matter: a refusal is a sign of life.
pub struct Pulse {
    name: &'static str,
    beat: Box<dyn Fn() -> Beat + Send + Sync>,
}

type Beat = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Pulse {
    /// `name` completes the sentence "the … does not answer".
    pub fn new<F>(name: &'static str, beat: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name, beat: Box::new(move || Box::pin(beat())) }
    }

    /// The service's own server, asked as a caller asks it.
    fn server(door: Door) -> Self {
        Self::new("server", move || {
            let mut health = HealthClient::new(door.channel());
            async move {
                // An error may have been made on this side: it is no answer.
                if health.check(HealthCheckRequest::default()).await.is_err() {
                    std::future::pending().await
                }
            }
        })
    }
}

/// Tells the service manager as often as it asked for, each time after all of them have answered. Without a watchdog it only
/// waits.
pub async fn feed(door: Door, pulses: Vec<Pulse>) -> Infallible {
    let Some(period) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let pulses = std::iter::once(Pulse::server(door)).chain(pulses).collect();
    feed_with(period, pulses, manager::alive).await
}

async fn feed_with(period: Duration, pulses: Vec<Pulse>, alive: impl Fn()) -> Infallible {
    let every = period / TRIES_A_PERIOD;
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match silent(&pulses, every).await {
            None => alive(),
            Some(name) => tracing::warn!(
                name,
                "a part of this service does not answer; it is restarted if that goes on"
            ),
        }
    }
}

/// The first that does not answer in time; all of them have this time together.
async fn silent(pulses: &[Pulse], within: Duration) -> Option<&'static str> {
    let end = Instant::now() + within;
    for pulse in pulses {
        if timeout_at(end, (pulse.beat)()).await.is_err() {
            return Some(pulse.name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::door;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::time::timeout;

    const PERIOD: Duration = Duration::from_millis(200);
    const PATIENCE: Duration = Duration::from_secs(20);

    async fn told(heard: &mut UnboundedReceiver<()>, within: Duration) -> bool {
        timeout(within, heard.recv()).await.is_ok()
    }

    #[tokio::test]
    async fn a_service_whose_store_hangs_tells_nobody_that_it_is_alive_until_it_answers_again() {
        let stuck = Arc::new(AtomicBool::new(false));
        let store = Pulse::new("store", {
            let stuck = Arc::clone(&stuck);
            move || {
                let stuck = stuck.load(Ordering::Relaxed);
                async move {
                    if stuck {
                        std::future::pending().await
                    }
                }
            }
        });
        let (tell, mut heard) = unbounded_channel();
        let _feeding =
            tokio::spawn(feed_with(PERIOD, vec![store], move || tell.send(()).unwrap_or_default()));
        assert!(told(&mut heard, PATIENCE).await && told(&mut heard, PATIENCE).await);
        stuck.store(true, Ordering::Relaxed);
        while heard.try_recv().is_ok() {}
        // One may have been on its way.
        told(&mut heard, PERIOD).await;
        assert!(!told(&mut heard, 3 * PERIOD).await);
        stuck.store(false, Ordering::Relaxed);
        assert!(told(&mut heard, PATIENCE).await);
    }

    #[tokio::test]
    async fn a_server_that_takes_nobody_is_no_sign_of_life_and_one_that_answers_is() {
        let (door, callers) = door();
        let pulses = [Pulse::server(door.clone())];
        assert_eq!(silent(&pulses, PERIOD).await, Some("server"));
        let (_reporter, health) = tonic_health::server::health_reporter();
        let server = tonic::transport::Server::builder().add_service(health);
        let serving = tokio::spawn(server.serve_with_incoming(callers));
        assert_eq!(silent(&pulses, PATIENCE).await, None);
        serving.abort();
        assert!(serving.await.unwrap_err().is_cancelled());
        assert_eq!(silent(&pulses, PERIOD).await, Some("server"));
    }
}
