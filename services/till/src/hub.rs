//! Follows checkout and keeps what the pages show: the newest sale, the one before it, what waits, how devices are.
//!
//! It is a mirror: a new process asks checkout and shows the same.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{
    Event, GetStatusRequest, GetStatusResponse, ListSalesRequest, Sale, SaleState, WatchEventsRequest,
};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Status, Streaming};

use crate::far;
use crate::till::Till;

/// A restart of checkout takes half a second; nobody needs to see it.
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

/// A sale and the revision of its last change; the revision makes request ids that differ from change to change.
#[derive(Clone, Debug)]
pub struct Known {
    pub sale: Sale,
    pub revision: u64,
}

/// A scan that changed nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusedScan {
    /// Goods that the catalogue lacks.
    Goods(String),
    /// A payer's code, by checkout's reason.
    Payer(String),
}

/// What the pages show.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    events_up: bool,
    status_up: bool,
    /// Revision of the newest event that was seen.
    pub revision: u64,
    pub current: Option<Known>,
    /// The newest committed sale before the current one.
    pub previous: Option<Sale>,
    pub status: Option<GetStatusResponse>,
    /// What the handheld read and the sale did not take.
    pub refused_scan: Option<RefusedScan>,
    /// Sale whose receipt was scanned last, with a count that tells two scans of the same apart.
    pub scanned_receipt: Option<(u64, String)>,
}

impl Scene {
    /// True while checkout answers.
    pub fn up(&self) -> bool {
        self.events_up && self.status_up
    }

    fn take_event(&mut self, event: Event) {
        self.revision = event.revision;
        if let Some(Resource::Sale(sale)) = event.resource {
            self.take_sale(sale, event.revision);
        }
    }

    fn take_sale(&mut self, sale: Sale, revision: u64) {
        let newest = self.current.as_ref().map(|known| known.sale.sale_id.as_str()).unwrap_or_default();
        if sale.sale_id.as_str() >= newest {
            self.refused_scan = None;
            let before = self.current.replace(Known { sale, revision });
            if let Some(before) = before
                && self.current.as_ref().is_some_and(|now| now.sale.sale_id != before.sale.sale_id)
            {
                self.take_previous(before.sale);
            }
        } else {
            self.take_previous(sale);
        }
    }

    fn take_previous(&mut self, sale: Sale) {
        let known = self.previous.as_ref().map(|sale| sale.sale_id.as_str()).unwrap_or_default();
        if is_committed(&sale) && sale.sale_id.as_str() >= known {
            self.previous = Some(sale);
        }
    }
}

fn is_committed(sale: &Sale) -> bool {
    !matches!(sale.state(), SaleState::Unspecified | SaleState::Draft | SaleState::PayerOk)
        && !sale.receipt_no.is_empty()
}

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
    let status = far!(till.far.shop.get_status(GetStatusRequest {}), OPEN_MAX).await?;
    let request = ListSalesRequest { page_size: NEWEST_SALES, ..Default::default() };
    let sales = far!(till.far.sales.list_sales(request), OPEN_MAX).await?.sales;
    let request = WatchEventsRequest { after_revision: status.revision, subject_id: String::new() };
    let mut events = till.far.events.clone();
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
        match far!(till.far.shop.get_status(GetStatusRequest {}), OPEN_MAX).await {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(id: &str, state: SaleState, receipt_no: &str) -> Sale {
        Sale { sale_id: id.into(), state: state as i32, receipt_no: receipt_no.into(), ..Sale::default() }
    }

    #[test]
    fn the_newest_sale_is_shown_and_the_committed_one_before_it_is_remembered() {
        let mut scene = Scene::default();
        scene.take_sale(sale("A", SaleState::Printing, "1"), 1);
        scene.take_sale(sale("B", SaleState::Draft, ""), 2);
        scene.take_sale(sale("A", SaleState::Queued, "1"), 3);
        assert_eq!(scene.current.as_ref().map(|known| known.sale.sale_id.as_str()), Some("B"));
        assert_eq!(scene.previous.as_ref().map(Sale::state), Some(SaleState::Queued));
        scene.take_sale(sale("C", SaleState::Draft, ""), 4);
        assert_eq!(
            scene.previous.as_ref().map(|sale| sale.sale_id.as_str()),
            Some("A"),
            "B was never committed"
        );
    }
}
