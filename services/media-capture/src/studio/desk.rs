//! The thread that owns the recordings: takes orders and reports, keeps their deadlines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::feed::{EventKind, Feed};
use super::{Equipment, Order, Studio, StudioError};
use crate::device::clip_writer::{CLIP_QUEUE_MAX, ClipEvent, ClipWriter};
use crate::device::engine::EngineInput;
use crate::device::time::monotonic_ns;
use crate::domain::clip::{ClipLog, Gap, GapReason};
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::recording::{Goods, Photo, PhotoKind, Recording, Segment, State};
use crate::evidence::{Bundle, GOODS_FILE};

/// Sales that may be open at one till at a time, with room; each costs a thread and a file.
const RECORDINGS_MAX: usize = 16;
/// Room for the clips that run and the store's next commits.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

pub struct Desk {
    pub(super) with: Equipment,
    pub(super) live: BTreeMap<RecordingId, Live>,
    studio: Studio,
}

/// A recording that is not final yet.
pub(super) struct Live {
    pub recording: Recording,
    pub bundle: Bundle,
    pub feed: Arc<Feed>,
    /// Gaps of earlier runs of this service.
    pub earlier_gaps: Vec<Gap>,
    /// Where a crash cut the clip; `None` when it did not.
    pub cut_at_ns: Option<u64>,
    pub filming: bool,
    pub stop_at: Option<Instant>,
    pub cap_at: Instant,
    /// The engine was told to give it no more pictures; its writer is closing the file.
    leaving: bool,
    /// It was closed because it ran too long.
    capped: bool,
    /// When to seal: at once, again after a failure, or without goods.
    pub seal_at: Option<Instant>,
}

impl Live {
    pub fn new(recording: Recording, bundle: Bundle, cap_at: Instant) -> Self {
        let feed = Arc::new(Feed::new(&recording));
        Self {
            recording,
            bundle,
            feed,
            earlier_gaps: Vec::new(),
            cut_at_ns: None,
            filming: false,
            stop_at: None,
            cap_at,
            leaving: false,
            capped: false,
            seal_at: None,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if self.recording.state == State::Finalizing {
            return self.seal_at;
        }
        let ends = [self.stop_at, Some(self.cap_at)].into_iter().flatten().min();
        ends.filter(|_| !self.leaving)
    }
}

impl Desk {
    pub fn new(with: Equipment, studio: Studio) -> Self {
        Self { with, live: BTreeMap::new(), studio }
    }

    /// Recovers what the last run left, then works until every sender is gone.
    pub fn run(mut self, inbox: Receiver<Order>) {
        self.recover();
        loop {
            let next = self.live.values().filter_map(Live::deadline).min();
            let wait =
                next.map_or(Duration::from_secs(3600), |at| at.saturating_duration_since(Instant::now()));
            match inbox.recv_timeout(wait) {
                Ok(order) => {
                    self.with.store.heal();
                    self.take(order);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.with.store.heal();
            self.keep_deadlines(Instant::now());
        }
    }

    fn take(&mut self, order: Order) {
        // A caller that hung up does not want its answer; what it ordered is done all the same.
        match order {
            Order::Start { id, sale, preroll_ms, reply } => {
                drop(reply.send(self.start(id, sale, preroll_ms)))
            }
            Order::Photo { id, kind, jpeg, taken_us, reply } => {
                drop(reply.send(self.photo(&id, kind, &jpeg, taken_us)));
            }
            Order::Goods { id, goods, media_type, reply } => {
                drop(reply.send(self.goods(&id, &goods, media_type)))
            }
            Order::Stop { id, postroll, reply } => drop(reply.send(self.stop(&id, postroll))),
            Order::Get { id, reply } => drop(reply.send(self.get(&id))),
            Order::OfSale { sale, reply } => {
                drop(reply.send(self.with.store.recording_of_sale(&sale).map_err(StudioError::from)));
            }
            Order::Running { reply } => {
                drop(reply.send(Ok(self.live.values().filter(|live| live.filming).count())))
            }
            Order::Clip { id, event } => self.clip_event(&id, event),
        }
    }

    fn start(
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
        if free_bytes(&self.with.settings.evidence) < FREE_BYTES_MIN {
            return Err(StudioError::DiskFull);
        }
        let bundle = Bundle::of(&self.with.settings.evidence, &sale);
        bundle.create()?;
        let recording = Recording::new(id.clone(), sale, preroll_ms, self.now_us());
        self.with.store.put(&recording)?;
        let live = Live::new(recording.clone(), bundle, Instant::now() + self.with.settings.clip_max);
        self.live.insert(id.clone(), live);
        let preroll_ms = preroll_ms.unwrap_or(self.with.settings.preroll_ms);
        self.film(&id, monotonic_ns().saturating_sub(u64::from(preroll_ms) * 1_000_000));
        Ok(recording)
    }

    /// Gives the recording a writer and asks the engine for pictures since then.
    fn film(&mut self, id: &RecordingId, since_ns: u64) {
        let Some(live) = self.live.get_mut(id) else { return };
        let log = match live.cut_at_ns.take() {
            None => ClipLog::new(monotonic_ns()),
            Some(cut_at_ns) => {
                let mut log = ClipLog::new(cut_at_ns.min(since_ns));
                log.interrupted(GapReason::Crash);
                log
            }
        };
        let (sink, inputs) = sync_channel(CLIP_QUEUE_MAX);
        let (studio, owner) = (self.studio.clone(), id.clone());
        let writer = ClipWriter {
            folder: live.bundle.folder().to_owned(),
            next_segment: live.recording.next_segment(),
            log,
            report: move |event| studio.report(&owner, event),
        };
        let thread = std::thread::Builder::new().name("clip-writer".into());
        if let Err(error) = thread.spawn(move || writer.run(inputs)) {
            tracing::error!(recording = %id, %error, "no thread for the clip");
            return;
        }
        live.filming = true;
        let join = EngineInput::Join { id: id.clone(), since_ns, sink };
        if self.with.engine.blocking_send(join).is_err() {
            tracing::error!(recording = %id, "the encoder is gone");
        }
    }

    fn photo(
        &mut self,
        id: &RecordingId,
        kind: PhotoKind,
        jpeg: &[u8],
        taken_us: i64,
    ) -> Result<Recording, StudioError> {
        let live = self.live.get_mut(id).ok_or(StudioError::NotFound)?;
        if live.recording.photos[kind.index()].is_some() {
            return Ok(live.recording.clone());
        }
        let mut changed = live.recording.clone();
        changed.photo_taken(kind, Photo { sha256: Sha256::digest(jpeg).into(), taken_us })?;
        live.bundle.write(kind.file_name(), jpeg)?;
        self.with.store.put(&changed)?;
        Ok(self.changed(changed, EventKind::Photo))
    }

    fn goods(
        &mut self,
        id: &RecordingId,
        goods: &[u8],
        media_type: String,
    ) -> Result<Recording, StudioError> {
        let attached = Goods { sha256: Sha256::digest(goods).into(), media_type };
        let Some(live) = self.live.get_mut(id) else {
            let mut known = self.with.store.recording(id)?.ok_or(StudioError::NotFound)?;
            known.attach_goods(attached)?;
            return Ok(known);
        };
        let mut changed = live.recording.clone();
        if !changed.attach_goods(attached)? {
            return Ok(changed);
        }
        live.bundle.write(GOODS_FILE, goods)?;
        self.with.store.put(&changed)?;
        let id = changed.id.clone();
        self.changed(changed, EventKind::State);
        self.seal_when_ready(&id);
        self.get(&id).map(|(recording, _)| recording)
    }

    fn stop(&mut self, id: &RecordingId, postroll: Duration) -> Result<Recording, StudioError> {
        let Some(live) = self.live.get_mut(id) else {
            return self.with.store.recording(id)?.ok_or(StudioError::NotFound);
        };
        let mut changed = live.recording.clone();
        if !changed.ask_stop() {
            return Ok(changed);
        }
        self.with.store.put(&changed)?;
        let nothing_to_wait_for = !live.filming;
        live.stop_at = Some(Instant::now() + if nothing_to_wait_for { Duration::ZERO } else { postroll });
        Ok(self.changed(changed, EventKind::State))
    }

    fn get(&self, id: &RecordingId) -> Result<(Recording, Option<Arc<Feed>>), StudioError> {
        if let Some(live) = self.live.get(id) {
            return Ok((live.recording.clone(), Some(live.feed.clone())));
        }
        Ok((self.with.store.recording(id)?.ok_or(StudioError::NotFound)?, None))
    }

    fn clip_event(&mut self, id: &RecordingId, event: ClipEvent) {
        let now_us = self.now_us();
        let Some(live) = self.live.get_mut(id) else { return };
        let recording = &mut live.recording;
        let kind = match event {
            ClipEvent::Fragment => {
                recording.fragment_durable();
                live.feed.push(EventKind::Fragment, recording);
                return;
            }
            ClipEvent::SegmentStarted { number, format, first_ns, gaps } => {
                let age_us = monotonic_ns().saturating_sub(first_ns) / 1000;
                let segment = Segment {
                    number,
                    width: format.width.into(),
                    height: format.height.into(),
                    frame_rate_milli: format.frame_rate_milli,
                    first_monotonic_ns: first_ns,
                    first_us: now_us - age_us as i64,
                    dropped: 0,
                };
                recording.set_gaps(&live.earlier_gaps, &gaps);
                recording.segment_started(segment, &format.camera_id);
                EventKind::State
            }
            ClipEvent::PictureLost(reason) => {
                recording.picture_lost(reason);
                EventKind::Gap
            }
            ClipEvent::PictureBack { gaps } => {
                recording.set_gaps(&live.earlier_gaps, &gaps);
                recording.picture_back();
                EventKind::Gap
            }
            ClipEvent::Dropped { number, dropped } => {
                recording.set_dropped(number, dropped);
                self.store_or_complain(id);
                return;
            }
            ClipEvent::Closed { gaps, disk_failed } => {
                recording.set_gaps(&live.earlier_gaps, &gaps);
                self.closed(id, disk_failed);
                return;
            }
        };
        live.feed.push(kind, &live.recording);
        self.store_or_complain(id);
    }

    fn keep_deadlines(&mut self, now: Instant) {
        let due: Vec<RecordingId> = self
            .live
            .iter()
            .filter(|(_, live)| live.deadline().is_some_and(|at| at <= now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.deadline_of(&id, now);
        }
    }

    fn deadline_of(&mut self, id: &RecordingId, now: Instant) {
        let Some(live) = self.live.get_mut(id) else { return };
        if live.recording.state == State::Finalizing {
            self.seal_or_retry(id);
            return;
        }
        live.capped = live.stop_at.is_none_or(|at| at > now);
        live.leaving = true;
        if !live.filming {
            self.closed(id, false);
        } else if self.with.engine.blocking_send(EngineInput::Leave(id.clone())).is_err() {
            tracing::error!(recording = %id, "the encoder is gone");
        }
    }

    /// The clip's files are closed; what remains is the goods and the seal.
    fn closed(&mut self, id: &RecordingId, disk_failed: bool) {
        let Some(live) = self.live.get_mut(id) else { return };
        live.filming = false;
        live.seal_at = Some(Instant::now() + self.with.settings.goods_wait);
        live.recording.clip_closed(if live.capped {
            Some("max_length")
        } else {
            disk_failed.then_some("disk")
        });
        live.feed.push(EventKind::State, &live.recording);
        self.store_or_complain(id);
        self.seal_when_ready(id);
    }

    pub(super) fn changed(&mut self, recording: Recording, kind: EventKind) -> Recording {
        if let Some(live) = self.live.get_mut(&recording.id) {
            live.feed.push(kind, &recording);
            live.recording = recording.clone();
        }
        recording
    }

    pub(super) fn store_or_complain(&self, id: &RecordingId) {
        let stored = self.live.get(id).map(|live| self.with.store.put(&live.recording));
        if let Some(Err(error)) = stored {
            tracing::error!(recording = %id, %error, cause = ?std::error::Error::source(&error), "not stored");
        }
    }

    pub(super) fn now_us(&self) -> i64 {
        self.with.clock.now().as_microsecond()
    }
}

pub fn free_bytes(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(0, |stat| stat.f_bavail * stat.f_frsize)
}
