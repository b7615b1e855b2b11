//! The live picture while a sale is printed and recorded. Taken at most twice a second, however many pages ask.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Bytes;
use chit_proto::checkout::v1::{EvidenceState, Sale, SaleState};
use chit_proto::media_capture::v1::TakeSnapshotRequest;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::peers::{Peers, call};

const FRESH: Duration = Duration::from_millis(500);
const SNAPSHOT_MAX: Duration = Duration::from_millis(1500);

/// A page looks every second; the log gets one line a minute for each person.
const LOOK: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Thumb {
    kept: Mutex<Option<(Instant, Option<Bytes>)>>,
    /// Staff names, and when the log last had them.
    looks: std::sync::Mutex<HashMap<String, Instant>>,
}

impl Thumb {
    /// Whether a look through the camera outside a recording must be logged now.
    pub fn begins_to_look(&self, name: &str, now: Instant) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = looks.get(name).is_some_and(|logged| now.duration_since(*logged) < LOOK);
        if !known {
            looks.insert(name.to_owned(), now);
        }
        !known
    }

    /// `None` when there is no picture; the page then says so in words.
    pub async fn picture(&self, peers: &Peers) -> Option<Bytes> {
        let mut kept = self.kept.lock().await;
        if let Some((taken, picture)) = kept.as_ref()
            && taken.elapsed() < FRESH
        {
            return picture.clone();
        }
        let taken = call!(peers.media.take_snapshot(TakeSnapshotRequest {}), SNAPSHOT_MAX).await;
        let picture = taken.ok().map(|snapshot| Bytes::from(snapshot.jpeg));
        *kept = Some((Instant::now(), picture.clone()));
        picture
    }
}

/// Whether the camera is filming this sale: at other times only an enrolment's page looks, and that is logged.
pub fn is_filmed(sale: &Sale) -> bool {
    let printing = matches!(sale.state(), SaleState::Committed | SaleState::Printing);
    printing || sale.evidence.as_ref().is_some_and(|evidence| evidence.state() == EvidenceState::Recording)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_who_looks_through_the_camera_is_logged_once_a_minute() {
        let (thumb, start) = (Thumb::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(thumb.begins_to_look("li", at(0)) && thumb.begins_to_look("wang", at(1)));
        assert!(!thumb.begins_to_look("li", at(59)));
        assert!(thumb.begins_to_look("li", at(60)), "a person who keeps looking is logged again");
    }
}
