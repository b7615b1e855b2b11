//! Delivers to nobody and says that it did. For a sandbox without even a simulated modem.

use super::courier::{Courier, NotNow};
use super::{ModemState, Transport};
use crate::domain::outbox::Outgoing;
use crate::domain::pdu::DeliveryOutcome;
use crate::store::Result;
use std::error::Error;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::sleep;

/// The caps of a minute may have room again, a message of another modem may be free.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub struct Loopback {
    pub courier: Courier,
}

impl Transport for Loopback {
    fn run(mut self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let shutdown = self.courier.shutdown.clone();
            let mut changes = self.courier.store.watch_revision();
            self.courier.set_state(ModemState::Ready);
            loop {
                match self.deliver_next().await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(error = &error as &dyn Error, "the loopback waits for the disk");
                    }
                }
                tokio::select! {
                    () = shutdown.wait() => return,
                    changed = changes.changed() => if changed.is_err() { return },
                    () = sleep(LOOK_EVERY) => {}
                }
            }
        })
    }
}

impl Loopback {
    /// False when nothing waits.
    async fn deliver_next(&mut self) -> Result<bool> {
        self.courier.close_open().await?;
        let Some(task) = self.courier.next().await? else { return Ok(false) };
        match self.courier.hand_over(&task).await {
            Ok(()) => {}
            Err(NotNow::Withdrawn) => return Ok(true),
            Err(NotNow::Store(error)) => return Err(error),
        }
        let (id, part, now) =
            (task.row.message.id.clone(), task.row.message.accepted_parts, self.courier.clock.now());
        self.courier.accept(&id, None).await?;
        self.courier.settle().await?;
        let rule = move |message: &mut Outgoing| {
            message.report(part, DeliveryOutcome::Delivered, now);
            Ok(())
        };
        self.courier.store.enqueue_change(&id, rule).await?.done().await?;
        Ok(true)
    }
}
