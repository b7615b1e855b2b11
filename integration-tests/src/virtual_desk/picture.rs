//! The camera's picture, taken at most twice a second, however many pages ask.

use std::time::Duration;

use axum::body::Bytes;
use chit_proto::media_capture::v1::TakeSnapshotRequest;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::VirtualDesk;

const FRESH: Duration = Duration::from_millis(500);
const SNAPSHOT_MAX: Duration = Duration::from_millis(1500);

#[derive(Default)]
pub struct Camera(Mutex<Option<(Instant, Option<Bytes>)>>);

/// `None` when the camera gives none.
pub async fn now(desk: &VirtualDesk) -> Option<Bytes> {
    let mut kept = desk.view.0.lock().await;
    if let Some((taken, picture)) = kept.as_ref()
        && taken.elapsed() < FRESH
    {
        return picture.clone();
    }
    let mut media = desk.desk.media.clone();
    let taken = timeout(SNAPSHOT_MAX, media.take_snapshot(TakeSnapshotRequest {})).await;
    let picture = match taken {
        Ok(Ok(answer)) => Some(Bytes::from(answer.into_inner().jpeg)),
        _ => None,
    };
    *kept = Some((Instant::now(), picture.clone()));
    picture
}
