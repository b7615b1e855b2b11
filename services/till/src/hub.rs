//! Follows checkout and keeps the scene up to date.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::{GetStatusRequest, GetStatusResponse, ListSalesRequest, WatchEventsRequest};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Status, Streaming};

use crate::peers::call;
use crate::scene::Scene;
use crate::till::Till;

/// A restart of checkout takes half a second and stays invisible.
const GRACE: Duration = Duration::from_millis(900);
const RETRY_PAUSE: Duration = Duration::from_millis(150);
/// A stream that does not open in this time never will: the connection waits in a dead service's socket.
const OPEN_MAX: Duration = Duration::from_secs(2);
const STATUS_EVERY: Duration = Duration::from_secs(3);
/// While there is no answer.
const STATUS_RETRY: Duration = Duration::from_millis(400);
/// Between two status calls, however much happens.
const STATUS_PAUSE: Duration = Duration::from_millis(250);
/// Enough to find the newest sale and the one before it that was committed.
const NEWEST_SALES: u32 = 12;

fn change(till: &Till, apply: impl FnOnce(&mut Scene)) {
    till.scene.send_modify(|scene| apply(Arc::make_mut(scene)));
}

/// Runs until shutdown. A lost stream is opened again from a fresh look at checkout.
pub async fn follow_events(till: Arc<Till>) {
    let mut lost_at = Instant::now();
    loop {
        let attempt = open(&till);
        tokio::pin!(attempt);
        let patience = tokio::time::sleep_until(lost_at + GRACE);
        tokio::pin!(patience);
        let mut told = false;
        let opened = loop {
            tokio::select! {
                opened = &mut attempt => break opened,
                () = &mut patience, if !told => {
                    told = true;
                    change(&till, |scene| scene.events_up = false);
                }
                () = till.shutdown.wait() => return,
            }
        };
        if let Ok(stream) = opened {
            tokio::select! {
                () = read(&till, stream) => {}
                () = till.shutdown.wait() => return,
            }
            lost_at = Instant::now();
        }
        sleep(RETRY_PAUSE).await;
    }
}

async fn open(till: &Till) -> Result<Streaming<chit_proto::checkout::v1::WatchEventsResponse>, Status> {
    let status = call!(till.peers.shop.get_status(GetStatusRequest {}), OPEN_MAX).await?;
    let request = ListSalesRequest { page_size: NEWEST_SALES, ..Default::default() };
    let sales = call!(till.peers.sales.list_sales(request), OPEN_MAX).await?.sales;
    let request = WatchEventsRequest { after_revision: status.revision, subject_id: String::new() };
    let mut events = till.peers.events.clone();
    let opening = events.watch_events(request);
    let stream =
        timeout(OPEN_MAX, opening).await.map_err(|_| Status::unavailable("no stream"))??.into_inner();
    change(till, |scene| {
        scene.revision = status.revision;
        scene.current = None;
        scene.previous = None;
        for sale in sales.into_iter().rev() {
            scene.take_sale(sale, status.revision);
        }
        scene.status = Some(status);
        (scene.events_up, scene.status_up) = (true, true);
    });
    Ok(stream)
}

async fn read(till: &Till, mut stream: Streaming<chit_proto::checkout::v1::WatchEventsResponse>) {
    while let Ok(Some(message)) = stream.message().await {
        if let Some(event) = message.event {
            change(till, |scene| scene.take_event(event));
            till.stale.notify_one();
        }
    }
}

/// Keeps the status fresh, and notices a checkout that holds its stream open and answers nothing.
pub async fn follow_status(till: Arc<Till>) {
    loop {
        tokio::select! {
            () = till.stale.notified() => {}
            () = sleep(if till.scene().status_up { STATUS_EVERY } else { STATUS_RETRY }) => {}
            () = till.shutdown.wait() => return,
        }
        match call!(till.peers.shop.get_status(GetStatusRequest {}), OPEN_MAX).await {
            Ok(status) => take_status(&till, status),
            Err(status) => {
                tracing::debug!(code = ?status.code(), "no status");
                change(&till, |scene| scene.status_up = false);
            }
        }
        sleep(STATUS_PAUSE).await;
    }
}

pub fn take_status(till: &Till, status: GetStatusResponse) {
    change(till, |scene| {
        scene.status = Some(status);
        scene.status_up = true;
    });
}
