//! From a closed clip to a sealed bundle.

use std::io;
use std::time::{Duration, Instant};

use chit_proto::media_capture::v1::Policy;

use super::StudioError;
use super::desk::{Desk, Live};
use super::feed::EventKind;
use crate::domain::ids::RecordingId;
use crate::evidence::manifest::{self, Circumstances};
use crate::evidence::stored_size;

/// A full or failing disk gets this long before the seal is tried again.
const RETRY: Duration = Duration::from_secs(5);
const SOFTWARE: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

impl Desk {
    pub(super) fn seal_when_ready(&mut self, id: &RecordingId) {
        // A photo that never comes is given up with goods that never come.
        let ready = |live: &Live| live.recording.ready_to_seal() && live.photos_under_way == 0;
        if self.live.get(id).is_some_and(ready) {
            self.seal_or_retry(id);
        }
    }

    pub(super) fn seal_or_retry(&mut self, id: &RecordingId) {
        match self.seal(id) {
            Ok(()) => drop(self.live.remove(id)),
            Err(StudioError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                tracing::error!(recording = %id, "its evidence was taken away; it cannot be sealed");
                self.fail(id);
            }
            Err(error) => {
                tracing::error!(recording = %id, %error, cause = ?std::error::Error::source(&error), "not sealed yet");
                if let Some(live) = self.live.get_mut(id) {
                    live.seal_at = Some(Instant::now() + RETRY);
                }
            }
        }
    }

    fn seal(&mut self, id: &RecordingId) -> Result<(), StudioError> {
        let Some(live) = self.live.get(id) else { return Ok(()) };
        let mut recording = live.recording.clone();
        if recording.goods.is_none() {
            recording.give_up_on_goods();
        }
        recording.note_missing_pieces();
        let sealed_us = self.now_us();
        let files = live.bundle.entries(&recording, &self.with.keepers, &live.film)?;
        let stored_bytes: u64 = files.iter().map(stored_size).sum();
        let around = Circumstances {
            files,
            software: SOFTWARE,
            clock_source: self.with.settings.clock_source,
            sealed_us,
            previous: self.with.store.chain_head()?.map(|(_, hash)| hash),
            policy: Policy {
                retention: self.with.settings.retention.word().to_owned(),
                sound: self.with.settings.sound,
                recipients: self.with.keepers.names(),
            },
        };
        let signed = manifest::seal(&recording, around, &self.with.key);
        live.bundle.write_manifest(&signed)?;
        recording.sealed(signed.sha256, sealed_us);
        // Only from here on it is sealed: a crash before leaves a manifest that is simply written again.
        self.with.store.put_sealed(&recording, &signed.sha256)?;
        if let Err(error) = live.bundle.lock() {
            tracing::warn!(recording = %id, %error, "a sealed bundle stays writable until the next start");
        }
        self.used_bytes += stored_bytes;
        tracing::info!(recording = %id, state = ?recording.state, "sealed");
        self.changed(recording, EventKind::State);
        Ok(())
    }

    fn fail(&mut self, id: &RecordingId) {
        let Some(live) = self.live.get(id) else { return };
        let mut recording = live.recording.clone();
        recording.failed();
        self.changed(recording, EventKind::State);
        self.store_or_complain(id);
        self.live.remove(id);
    }
}
