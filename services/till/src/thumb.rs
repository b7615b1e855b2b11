//! The live picture while a sale is printed and recorded. Taken at most twice a second, however many pages ask.

use std::time::Duration;

use axum::body::Bytes;
use chit_proto::checkout::v1::{EvidenceState, Sale, SaleState};
use chit_proto::media_capture::v1::TakeSnapshotRequest;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::far;
use crate::till::Till;

const FRESH: Duration = Duration::from_millis(500);
const SNAPSHOT_MAX: Duration = Duration::from_millis(1500);

#[derive(Default)]
pub struct Thumb(Mutex<Option<(Instant, Option<Bytes>)>>);

/// Whether the camera is filming this sale: at other times nobody watches through it.
pub fn is_filmed(sale: &Sale) -> bool {
    let printing = matches!(sale.state(), SaleState::Committed | SaleState::Printing);
    printing || sale.evidence.as_ref().is_some_and(|evidence| evidence.state() == EvidenceState::Recording)
}

/// `None` when there is no picture; the page then says so in words.
pub async fn picture(till: &Till) -> Option<Bytes> {
    let mut kept = till.thumb.0.lock().await;
    if let Some((taken, picture)) = kept.as_ref()
        && taken.elapsed() < FRESH
    {
        return picture.clone();
    }
    let taken = far!(till.far.media.take_snapshot(TakeSnapshotRequest {}), SNAPSHOT_MAX).await;
    let picture = taken.ok().map(|snapshot| Bytes::from(snapshot.jpeg));
    *kept = Some((Instant::now(), picture.clone()));
    picture
}
