//! Follows one resource through checkout's events, over restarts of checkout, until a deadline.

use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::event_service_client::EventServiceClient;
use chit_proto::checkout::v1::{WatchEventsRequest, WatchEventsResponse};
use chit_runtime::Channel;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Code, Status, Streaming};

use crate::failure::Failure;
use crate::shop::Shop;

/// Reason of the failure at the deadline.
pub const TIMEOUT: &str = "TIMEOUT";
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

pub struct Follower {
    client: EventServiceClient<Channel>,
    subject_id: String,
    after_revision: u64,
    deadline: Instant,
    stream: Option<Streaming<WatchEventsResponse>>,
}

impl Follower {
    /// All kept events of the resource come first.
    pub fn new(shop: &Shop, subject_id: &str, time: Duration) -> Self {
        Self {
            client: shop.events(),
            subject_id: subject_id.to_owned(),
            after_revision: 0,
            deadline: Instant::now() + time,
            stream: None,
        }
    }

    /// The resource after its next change; a failure TIMEOUT at the deadline.
    pub async fn next(&mut self) -> Result<Resource, Failure> {
        loop {
            let next = timeout_at(self.deadline, self.response()).await.map_err(|_elapsed| {
                Failure::other("TIMEOUT", "the time is up; the work continues by itself, see `chit status`")
            })?;
            match next {
                Ok(Some(WatchEventsResponse { event: Some(event) })) => {
                    self.after_revision = event.revision;
                    if let Some(resource) = event.resource {
                        return Ok(resource);
                    }
                }
                Ok(Some(_empty)) => {}
                Ok(None) => self.reconnect().await,
                Err(status) if is_restart(&status) => self.reconnect().await,
                Err(status) => return Err(status.into()),
            }
        }
    }

    async fn response(&mut self) -> Result<Option<WatchEventsResponse>, Status> {
        if self.stream.is_none() {
            let request = WatchEventsRequest {
                after_revision: self.after_revision,
                subject_id: self.subject_id.clone(),
            };
            self.stream = Some(self.client.watch_events(request).await?.into_inner());
        }
        match &mut self.stream {
            Some(stream) => stream.message().await,
            None => Ok(None),
        }
    }

    async fn reconnect(&mut self) {
        self.stream = None;
        sleep(RECONNECT_PAUSE).await;
    }
}

/// As the runtime's retry sees it: tonic says CANCELLED, UNKNOWN or INTERNAL for a lost connection.
fn is_restart(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        Code::Cancelled | Code::Unknown | Code::Internal => chit_runtime::error::reason_of(status).is_none(),
        _ => false,
    }
}
