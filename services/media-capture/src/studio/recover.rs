//! After a crash: keep every whole fragment, say that time is missing, and let the caller go on.

use std::path::Path;
use std::time::{Duration, Instant};

use super::StudioError;
use super::desk::{Desk, Live};
use crate::domain::clip::{Gap, GapReason, NEVER};
use crate::domain::fmp4;
use crate::domain::recording::{Recording, State};
use crate::evidence::Bundle;
use crate::evidence::keys::FilmKey;

impl Desk {
    pub(super) fn recover(&mut self) {
        if let Err(error) = self.lock_the_last_seal() {
            tracing::warn!(%error, "the last sealed bundle may be writable");
        }
        self.used_bytes = bytes_below(&self.with.settings.evidence);
        let unfinished = self.with.store.unfinished().unwrap_or_else(|error| {
            tracing::error!(%error, cause = ?std::error::Error::source(&error), "cannot recover recordings");
            Vec::new()
        });
        for recording in unfinished {
            let id = recording.id.clone();
            match self.recover_one(recording) {
                Ok(live) => {
                    self.live.insert(id.clone(), live);
                    self.store_or_complain(&id);
                    self.seal_when_ready(&id);
                }
                Err(error) => {
                    tracing::error!(recording = %id, %error, cause = ?std::error::Error::source(&error), "not recovered");
                }
            }
        }
    }

    /// A crash may have come between the seal and its lock; seals come one after the other.
    fn lock_the_last_seal(&self) -> Result<(), StudioError> {
        let Some((id, _)) = self.with.store.chain_head()? else { return Ok(()) };
        if let Some(recording) = self.with.store.recording(&id)? {
            Bundle::of(&self.with.settings.evidence, &recording.sale_id).lock()?;
        }
        Ok(())
    }

    /// Without its key the film is lost: a backup leaves the keys out. Photos that nobody can open are not sealed as if
    /// somebody could. (A crash may have come before the key was written, too; then nothing was sealed with it.)
    fn film_key_of(&self, recording: &mut Recording) -> Result<FilmKey, StudioError> {
        if let Some(key) = self.with.film_keys.load(&recording.sale_id, &self.with.keepers)? {
            return Ok(key);
        }
        recording.photos = Default::default();
        Ok(self.with.film_keys.create(&recording.sale_id, &self.with.keepers)?)
    }

    fn recover_one(&self, mut recording: Recording) -> Result<Live, StudioError> {
        let bundle = Bundle::of(&self.with.settings.evidence, &recording.sale_id);
        let film = self.film_key_of(&mut recording)?;
        let was_closed = recording.state == State::Finalizing;
        let mut fragments = 0;
        let mut kept = Vec::new();
        let mut last_ns = None;
        for segment in recording.segments.drain(..) {
            if let Some(whole) = bundle.repair(segment.number, &film)? {
                fragments += whole.fragments;
                last_ns = Some(segment.first_monotonic_ns + fmp4::nanoseconds(whole.last_frame_ticks));
                kept.push(segment);
            }
        }
        recording.segments = kept;
        bundle.remove_unknown_video(recording.next_segment())?;
        let age_us = self.now_us().saturating_sub(recording.started_us).max(0);
        let left = self.with.settings.clip_max.saturating_sub(Duration::from_micros(age_us as u64));
        recording.recovered(fragments, left.is_zero());

        // What was lost with the torn end began after the last whole fragment; the crash's own gap covers it.
        recording.gaps.retain(|gap| last_ns.is_none_or(|last_ns| gap.from_ns < last_ns));
        let earlier_gaps = recording.gaps.clone();
        if let Some(from_ns) = last_ns.filter(|_| !was_closed) {
            let crash = Gap { from_ns, to_ns: NEVER, reason: GapReason::Crash, before_start: false };
            recording.gaps.push(crash);
        }
        tracing::warn!(recording = %recording.id, state = ?recording.state, fragments, "recovered");
        let mut live = Live::new(recording, bundle, film, Instant::now() + left);
        live.earlier_gaps = earlier_gaps;
        // Without a single picture the gap begins where the recording is taken up again.
        live.cut_at_ns = Some(last_ns.unwrap_or(u64::MAX));
        if live.recording.state == State::Finalizing {
            live.seal_at = Some(Instant::now() + self.with.settings.goods_wait);
        }
        Ok(live)
    }
}

/// What the bundles take, looked up once; from then on it is counted.
fn bytes_below(evidence: &Path) -> u64 {
    let folders = std::fs::read_dir(evidence).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
    files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
}
