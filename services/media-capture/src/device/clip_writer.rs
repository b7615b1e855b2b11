//! One thread a recording: takes coded pictures and sound, writes video files, tells what happened to them.
//! The encoder never waits for a disk.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::coded_sound::CodedSound;
use super::encoder::{CodedFrame, StreamFormat};
use super::mux::{MuxError, SegmentFile};
use super::time::monotonic_ns;
use crate::domain::clip::{ClipLog, Gap, GapReason, Place, Wanted};
use crate::domain::recording::SEGMENTS_MAX;
use crate::domain::sound_log::SoundLog;
use crate::evidence::Bundle;
use crate::evidence::keys::FilmKey;

/// Pictures and packets of sound one clip may be behind: ten seconds of pre-roll at 30 fps, twice over.
pub const CLIP_QUEUE_MAX: usize = 2048;

pub enum ClipInput {
    Preroll(Wanted),
    Frame(Arc<CodedFrame>),
    Interrupted(GapReason),
    Sound(Arc<CodedSound>),
    SoundInterrupted(GapReason),
}

/// What a writer reports, in order.
#[derive(Debug)]
pub enum ClipEvent {
    SegmentStarted { number: u32, format: Arc<StreamFormat>, first_ns: u64, gaps: Vec<Gap> },
    Fragment,
    PictureLost(GapReason),
    PictureBack { gaps: Vec<Gap> },
    Dropped { number: u32, dropped: u64 },
    Closed { gaps: Vec<Gap>, sound_gaps: Vec<Gap>, disk_failed: bool },
}

pub struct ClipWriter<R> {
    pub bundle: Bundle,
    pub key: FilmKey,
    /// Number of the first video file this writer makes.
    pub next_segment: u32,
    pub log: ClipLog,
    /// `None`: no sound is recorded.
    pub sound: Option<SoundLog>,
    pub report: R,
}

impl<R: Fn(ClipEvent)> ClipWriter<R> {
    /// Runs until the sender is gone, then closes the file.
    pub fn run(mut self, inputs: Receiver<ClipInput>) {
        let mut current = None;
        let mut disk_failed = false;
        for input in inputs {
            if let Err(error) = self.take(input, &mut current, disk_failed) {
                disk_failed = self.give_up(&error);
            }
        }
        if let Some(open) = current.filter(|_| !disk_failed) {
            self.report_dropped(&open);
            match open.file.finish() {
                Ok(durable) => self.flushed(durable),
                Err(error) => disk_failed = self.give_up(&error),
            }
        }
        self.log.close(monotonic_ns());
        let sound_gaps = self.sound.map(|sound| sound.close(monotonic_ns())).unwrap_or_default();
        (self.report)(ClipEvent::Closed { gaps: self.log.gaps, sound_gaps, disk_failed });
    }

    fn take(
        &mut self,
        input: ClipInput,
        current: &mut Option<Open>,
        disk_failed: bool,
    ) -> Result<(), MuxError> {
        match input {
            ClipInput::Preroll(wanted) => self.log.wants(wanted),
            ClipInput::Interrupted(reason) => {
                if self.log.interrupted(reason) {
                    (self.report)(ClipEvent::PictureLost(reason));
                }
            }
            ClipInput::SoundInterrupted(reason) => {
                if let Some(sound) = &mut self.sound {
                    sound.interrupted(reason);
                }
            }
            ClipInput::Frame(_) | ClipInput::Sound(_) if disk_failed => {}
            ClipInput::Frame(frame) => self.append(current, &frame)?,
            ClipInput::Sound(packet) => {
                if let (Some(sound), Some(open)) = (&mut self.sound, current) {
                    let flushed = open.file.hear(&packet)?;
                    if open.has_sound {
                        sound.heard(packet.monotonic_ns);
                    }
                    self.flushed(flushed);
                }
            }
        }
        Ok(())
    }

    fn append(&mut self, current: &mut Option<Open>, frame: &CodedFrame) -> Result<(), MuxError> {
        let place = self.log.place(frame.stamp);
        if place == Place::Skip {
            return Ok(());
        }
        if place == Place::AppendAfterGap
            && let Some(open) = current
        {
            self.flushed(open.file.flush()?);
        }
        let other_format = current.as_ref().is_some_and(|open| *open.format != *frame.format);
        if current.is_none() || other_format {
            if let Some(open) = current.take() {
                self.report_dropped(&open);
                self.flushed(open.file.finish()?);
            }
            *current = Some(self.next_file(frame)?);
        }
        if place == Place::AppendAfterGap {
            (self.report)(ClipEvent::PictureBack { gaps: self.log.gaps.clone() });
        }
        if let Some(open) = current {
            let flushed = open.file.append(frame)?;
            if flushed {
                self.report_dropped(open);
                open.dropped_told = self.log.dropped;
            }
            self.flushed(flushed);
        }
        Ok(())
    }

    fn next_file(&mut self, frame: &CodedFrame) -> Result<Open, MuxError> {
        let number = self.next_segment;
        if number as usize > SEGMENTS_MAX {
            return Err(MuxError::Io(std::io::Error::other("too many video files in one bundle")));
        }
        let first_ns = frame.stamp.monotonic_ns;
        // A track that would stay empty holds up players; sound that comes later goes into the next file.
        let has_sound = self.sound.as_ref().is_some_and(SoundLog::flows);
        let path = self.bundle.spool(number);
        let file = SegmentFile::create(&path, &self.key, &frame.format, first_ns, has_sound)?;
        self.next_segment += 1;
        let (format, gaps) = (frame.format.clone(), self.log.gaps.clone());
        (self.report)(ClipEvent::SegmentStarted { number, format, first_ns, gaps });
        let (dropped_before, dropped_told) = (self.log.dropped, self.log.dropped);
        let format = frame.format.clone();
        Ok(Open { file, format, has_sound, number, dropped_before, dropped_told })
    }

    fn report_dropped(&self, open: &Open) {
        if self.log.dropped > open.dropped_told {
            let dropped = self.log.dropped - open.dropped_before;
            (self.report)(ClipEvent::Dropped { number: open.number, dropped });
        }
    }

    fn flushed(&self, durable: bool) {
        if durable {
            (self.report)(ClipEvent::Fragment);
        }
    }

    fn give_up(&mut self, error: &MuxError) -> bool {
        tracing::error!(error = %error, cause = ?std::error::Error::source(error), "the clip ends here");
        self.log.interrupted(GapReason::Disk);
        (self.report)(ClipEvent::PictureLost(GapReason::Disk));
        true
    }
}

struct Open {
    file: SegmentFile,
    format: Arc<StreamFormat>,
    has_sound: bool,
    number: u32,
    dropped_before: u64,
    dropped_told: u64,
}
