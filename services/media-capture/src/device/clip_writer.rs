//! One thread a recording: takes coded pictures, writes video files, tells what happened to them.
//! The encoder never waits for a disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::encoder::{CodedFrame, StreamFormat};
use super::mux::{MuxError, SegmentFile};
use super::time::monotonic_ns;
use crate::domain::clip::{ClipLog, Gap, GapReason, Place};
use crate::domain::recording::{SEGMENTS_MAX, Segment};

/// Pictures one clip may be behind: ten seconds of pre-roll at 30 fps, three times over.
pub const CLIP_QUEUE_MAX: usize = 1024;

pub enum ClipInput {
    Frame(Arc<CodedFrame>),
    Interrupted(GapReason),
}

/// What a writer reports, in order.
#[derive(Debug)]
pub enum ClipEvent {
    SegmentStarted { number: u32, format: Arc<StreamFormat>, first_ns: u64, gaps: Vec<Gap> },
    Fragment,
    PictureLost(GapReason),
    PictureBack { gaps: Vec<Gap> },
    Dropped { number: u32, dropped: u64 },
    Closed { gaps: Vec<Gap>, disk_failed: bool },
}

pub struct ClipWriter<R> {
    pub folder: PathBuf,
    /// Number of the first video file this writer makes.
    pub next_segment: u32,
    pub log: ClipLog,
    pub report: R,
}

impl<R: Fn(ClipEvent)> ClipWriter<R> {
    /// Runs until the sender is gone, then closes the file.
    pub fn run(mut self, inputs: Receiver<ClipInput>) {
        let mut current = None;
        let mut disk_failed = false;
        for input in inputs {
            match input {
                ClipInput::Interrupted(reason) => {
                    if self.log.interrupted(reason) {
                        (self.report)(ClipEvent::PictureLost(reason));
                    }
                }
                ClipInput::Frame(_) if disk_failed => {}
                ClipInput::Frame(frame) => {
                    if let Err(error) = self.append(&mut current, &frame) {
                        disk_failed = self.give_up(&error);
                    }
                }
            }
        }
        if let Some(open) = current.filter(|_| !disk_failed) {
            self.report_dropped(&open);
            match open.file.finish() {
                Ok(true) => (self.report)(ClipEvent::Fragment),
                Ok(false) => {}
                Err(error) => disk_failed = self.give_up(&error),
            }
        }
        self.log.close(monotonic_ns());
        (self.report)(ClipEvent::Closed { gaps: self.log.gaps.clone(), disk_failed });
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
        let file =
            SegmentFile::create(&self.folder.join(Segment::file_name(number)), &frame.format, first_ns)?;
        self.next_segment += 1;
        let (format, gaps) = (frame.format.clone(), self.log.gaps.clone());
        (self.report)(ClipEvent::SegmentStarted { number, format, first_ns, gaps });
        let before = self.log.dropped;
        Ok(Open { file, format: frame.format.clone(), number, dropped_before: before, dropped_told: before })
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
    number: u32,
    dropped_before: u64,
    dropped_told: u64,
}
