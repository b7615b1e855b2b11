//! From a start to a clip that grows.

use std::sync::mpsc::sync_channel;
use std::time::Instant;

use super::StudioError;
use super::desk::{Desk, Live};
use super::feed::EventKind;
use crate::device::clip_writer::{CLIP_QUEUE_MAX, ClipWriter};
use crate::device::engine_queue::{EngineInput, Join};
use crate::device::time::monotonic_ns;
use crate::domain::budget::Budget;
use crate::domain::caption::Running;
use crate::domain::clip::{ClipLog, Gap, GapReason, NEVER};
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::recording::{Recording, Sound};
use crate::domain::sound_log::SoundLog;
use crate::evidence::Bundle;

/// Sales that may be open at one till at a time, with room; each costs a thread and a file.
const RECORDINGS_MAX: usize = 16;

impl Desk {
    pub(super) fn start(
        &mut self,
        id: RecordingId,
        sale: SaleId,
        preroll_ms: Option<u32>,
    ) -> Result<Recording, StudioError> {
        if let Some(live) = self.live.get(&id) {
            if !live.recording.same_start(&sale, preroll_ms) {
                return Err(StudioError::DifferentBody);
            }
            if live.recording.can_resume() && !live.filming {
                self.film(&id, monotonic_ns());
            }
            return self.get(&id).map(|(recording, _)| recording);
        }
        if let Some(known) = self.with.store.recording(&id)? {
            return if known.same_start(&sale, preroll_ms) {
                Ok(known)
            } else {
                Err(StudioError::DifferentBody)
            };
        }
        if self.with.store.recording_of_sale(&sale)?.is_some() {
            return Err(StudioError::DifferentBody);
        }
        if self.live.len() >= RECORDINGS_MAX {
            return Err(StudioError::TooMany);
        }
        let budget = self.budget();
        if budget == Budget::Refuse {
            return Err(StudioError::DiskFull);
        }
        let bundle = Bundle::of(&self.with.settings.evidence, &sale);
        bundle.create()?;
        let film = self.with.film_keys.create(&sale, &self.with.keepers)?;
        let mut recording = Recording::new(id.clone(), sale, preroll_ms, self.now_us());
        recording.sound = self.with.settings.sound.then(Sound::default);
        self.with.store.put(&recording)?;
        let live = Live::new(recording.clone(), bundle, film, Instant::now() + self.with.settings.clip_max);
        self.live.insert(id.clone(), live);
        if budget == Budget::PhotoOnly {
            return self.without_film(&id);
        }
        let preroll_ms = preroll_ms.unwrap_or(self.with.settings.preroll_ms);
        self.film(&id, monotonic_ns().saturating_sub(u64::from(preroll_ms) * 1_000_000));
        Ok(recording)
    }

    /// The disk has room for photos only.
    fn without_film(&mut self, id: &RecordingId) -> Result<Recording, StudioError> {
        let live = self.live.get_mut(id).ok_or(StudioError::NotFound)?;
        let (from_ns, reason) = (monotonic_ns(), GapReason::PhotoOnly);
        live.recording.gaps.push(Gap { from_ns, to_ns: NEVER, reason, before_start: false });
        live.earlier_gaps.clone_from(&live.recording.gaps);
        live.recording.picture_lost(reason);
        let recording = live.recording.clone();
        self.store_and_tell(id, EventKind::Gap);
        Ok(recording)
    }

    /// Gives the recording a writer and asks the engine for pictures since then.
    fn film(&mut self, id: &RecordingId, since_ns: u64) {
        let Some(live) = self.live.get_mut(id) else { return };
        let started_ns = monotonic_ns();
        let log = match live.cut_at_ns.take() {
            None => ClipLog::new(started_ns),
            Some(cut_at_ns) => {
                let mut log = ClipLog::new(cut_at_ns.min(since_ns));
                log.interrupted(GapReason::Crash);
                log
            }
        };
        let (sink, inputs) = sync_channel(CLIP_QUEUE_MAX);
        let (studio, owner) = (self.studio.clone(), id.clone());
        let sale = &live.recording.sale_id;
        let writer = ClipWriter {
            bundle: Bundle::of(&self.with.settings.evidence, sale),
            key: live.film.clone(),
            next_segment: live.recording.next_segment(),
            log,
            sound: live.recording.sound.is_some().then(|| SoundLog::new(started_ns)),
            report: move |event| studio.report(&owner, event),
        };
        let thread = std::thread::Builder::new().name("clip-writer".into());
        if let Err(error) = thread.spawn(move || writer.run(inputs)) {
            tracing::error!(recording = %id, %error, "no thread for the clip");
            return;
        }
        live.filming = true;
        live.xruns_before = self.with.microphone.borrow().xruns;
        self.with.engine.tell(EngineInput::Join(Join {
            id: id.clone(),
            short: Running::new(sale.as_str(), started_ns),
            shop: self.note.shop.clone(),
            till: self.note.till.clone(),
            since_ns,
            not_before_ns: self.released_ns,
            sink,
        }));
    }
}
