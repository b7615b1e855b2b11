//! The thread that owns the recordings: takes orders and reports, keeps their deadlines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::feed::{EventKind, Feed};
use super::{Equipment, Note, Order, Studio, StudioError};
use crate::device::clip_writer::ClipEvent;
use crate::device::engine_queue::EngineInput;
use crate::device::time::monotonic_ns;
use crate::domain::budget::{self, Budget};
use crate::domain::clip::Gap;
use crate::domain::ids::RecordingId;
use crate::domain::recording::{FilmedBy, Recording, Segment, State};
use crate::evidence::Bundle;
use crate::evidence::keys::FilmKey;

const LOG_ENTRIES_AT_ONCE: usize = 256;

pub struct Desk {
    pub(super) with: Equipment,
    pub(super) live: BTreeMap<RecordingId, Live>,
    pub(super) studio: Studio,
    /// What the pictures are to say; told with a sale and kept for the next.
    pub(super) note: Note,
    /// CLOCK_MONOTONIC of the newest release: no clip begins before the sale before it was over.
    pub(super) released_ns: u64,
    /// What sealed bundles take of the disk.
    pub(super) used_bytes: u64,
    /// When to look next at what is due.
    pub(super) look_at: Instant,
    /// Rings when the evidence's log grows.
    pub(super) logged: watch::Sender<()>,
}

/// A recording that is not final yet.
pub(super) struct Live {
    pub recording: Recording,
    pub bundle: Bundle,
    pub film: FilmKey,
    pub feed: Arc<Feed>,
    /// Gaps of earlier runs of this service.
    pub earlier_gaps: Vec<Gap>,
    /// Where a crash cut the clip; `None` when it did not.
    pub cut_at_ns: Option<u64>,
    pub filming: bool,
    /// Photos that are being taken.
    pub photos_under_way: u32,
    /// The sound card's count when it began.
    pub xruns_before: u32,
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
    pub fn new(recording: Recording, bundle: Bundle, film: FilmKey, cap_at: Instant) -> Self {
        let feed = Arc::new(Feed::new(&recording));
        Self {
            recording,
            bundle,
            film,
            feed,
            earlier_gaps: Vec::new(),
            cut_at_ns: None,
            filming: false,
            photos_under_way: 0,
            xruns_before: 0,
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
    pub fn new(with: Equipment, studio: Studio, logged: watch::Sender<()>) -> Self {
        let look_every = with.settings.look_every;
        Self {
            with,
            live: BTreeMap::new(),
            studio,
            note: Note::default(),
            released_ns: 0,
            used_bytes: 0,
            // A hold that waited while this service was away comes first.
            look_at: Instant::now() + look_every,
            logged,
        }
    }

    /// Recovers what the last run left, then works until every sender is gone.
    pub fn run(mut self, inbox: Receiver<Order>) {
        self.recover();
        loop {
            let next = self.live.values().filter_map(Live::deadline).chain([self.look_at]).min();
            let wait = next.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
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
            self.look_at_what_is_due();
        }
    }

    fn take(&mut self, order: Order) {
        // A caller that hung up does not want its answer; what it ordered is done all the same.
        match order {
            Order::Start { id, sale, preroll_ms, reply } => {
                drop(reply.send(self.start(id, sale, preroll_ms)))
            }
            Order::Photo { id, kind, shot, reply } => drop(reply.send(self.photo(&id, kind, shot))),
            Order::PhotoBegins { id, reply } => drop(reply.send(self.photo_begins(&id))),
            Order::PhotoOver { id } => self.photo_over(&id),
            Order::Note { sale, note, told, reply } => {
                let noted = self.note(&sale, note).and_then(|()| self.note_facts(&sale, told));
                drop(reply.send(noted));
            }
            Order::Keeping { sale, reply } => drop(reply.send(self.keeping(&sale))),
            Order::Hold { sale, hold, reply } => drop(reply.send(self.hold(&sale, hold))),
            Order::ReleaseHold { sale, hold_id, actor, reply } => {
                drop(reply.send(self.release(&sale, &hold_id, actor)));
            }
            Order::Purge { sale, asked, reply } => drop(reply.send(self.purge(&sale, asked))),
            Order::Exported { sale, kind, asked, reply } => {
                drop(reply.send(self.exported(&sale, kind, asked)));
            }
            Order::LogAfter { position, reply } => {
                let entries = self.with.store.log_after(position, LOG_ENTRIES_AT_ONCE);
                drop(reply.send(entries.map_err(StudioError::from)));
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
            Order::Budget { reply } => drop(reply.send(Ok(self.budget()))),
            Order::Clip { id, event } => self.clip_event(&id, event),
        }
    }

    pub(super) fn budget(&self) -> Budget {
        let folder = &self.with.settings.evidence;
        let (free, total) = (free_bytes(folder), total_bytes(folder));
        budget::of(free, total, self.used_bytes, self.with.settings.disk_cap_bytes)
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
        self.released_ns = monotonic_ns();
        // So that the next sale's clip can begin right here.
        self.with.engine.tell(EngineInput::StartHere);
        let nothing_to_wait_for = !live.filming;
        live.stop_at = Some(Instant::now() + if nothing_to_wait_for { Duration::ZERO } else { postroll });
        Ok(self.changed(changed, EventKind::State))
    }

    pub(super) fn get(&self, id: &RecordingId) -> Result<(Recording, Option<Arc<Feed>>), StudioError> {
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
                    camera_id: format.camera_id.clone(),
                };
                let masks = self.with.settings.masks.iter().find(|(name, _)| *name == format.camera);
                let masks = masks.map(|(_, masks)| masks.clone()).unwrap_or_default();
                let (name, device_id) = (format.camera.clone(), format.camera_id.clone());
                recording.set_gaps(&live.earlier_gaps, &gaps);
                recording.segment_started(segment, FilmedBy { name, device_id, masks });
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
            ClipEvent::Closed { gaps, sound_gaps, disk_failed } => {
                recording.set_gaps(&live.earlier_gaps, &gaps);
                if let Some(sound) = &mut recording.sound {
                    let microphone = self.with.microphone.borrow();
                    sound.microphone_id.clone_from(&microphone.device_id);
                    sound.xruns += microphone.xruns.saturating_sub(live.xruns_before);
                    sound.gaps.extend(sound_gaps);
                }
                self.closed(id, disk_failed);
                return;
            }
        };
        self.store_and_tell(id, kind);
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
        if live.filming {
            self.with.engine.tell(EngineInput::Leave(id.clone()));
        } else {
            self.closed(id, false);
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
        self.store_and_tell(id, EventKind::State);
        self.seal_when_ready(id);
    }

    pub(super) fn changed(&mut self, recording: Recording, kind: EventKind) -> Recording {
        if let Some(live) = self.live.get_mut(&recording.id) {
            live.feed.push(kind, &recording);
            live.recording = recording.clone();
        }
        recording
    }

    /// Told when it is durable: after a death nobody may have heard more than the store knows.
    pub(super) fn store_and_tell(&mut self, id: &RecordingId, kind: EventKind) {
        self.store_or_complain(id);
        if let Some(live) = self.live.get_mut(id) {
            live.feed.push(kind, &live.recording);
        }
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

/// As `df` counts: blocks that are kept for root, or for others, are no part of it.
fn total_bytes(folder: &Path) -> u64 {
    let usable = |stat: rustix::fs::StatVfs| {
        let used = stat.f_blocks.saturating_sub(stat.f_bfree);
        (used + stat.f_bavail) * stat.f_frsize
    };
    rustix::fs::statvfs(folder).map_or(0, usable)
}
