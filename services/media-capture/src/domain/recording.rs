//! The life of one recording: ARMED → RECORDING → FINALIZING → SEALED | PARTIAL | FAILED.
//! A recording never fails because of the camera; it ends PARTIAL and says why.

use std::collections::BTreeSet;

use thiserror::Error;

use super::clip::{Gap, GapReason};
use super::ids::{RecordingId, SaleId};
use super::mask::Mask;

/// Video files of one bundle: the first, and one more each crash or change of the camera's format.
pub const SEGMENTS_MAX: usize = 16;
/// More than the events of the longest clip: revisions that were given out but not stored stay unused.
const REVISIONS_LOST_IN_A_CRASH: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Armed,
    Recording,
    Finalizing,
    Sealed,
    Partial,
    Failed,
}

impl State {
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sealed | Self::Partial | Self::Failed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoKind {
    PayerAndGoods,
    Paper,
}

impl PhotoKind {
    pub fn index(self) -> usize {
        match self {
            Self::PayerAndGoods => 0,
            Self::Paper => 1,
        }
    }

    pub fn file_name(self) -> &'static str {
        ["photo-1.jpg", "photo-2.jpg"][self.index()]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    pub sha256: [u8; 32],
    /// Business time, microseconds since the Unix epoch.
    pub taken_us: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    pub sha256: [u8; 32],
    pub media_type: String,
}

/// One video file. How many frames it holds is read from the file when it is sealed, not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub number: u32,
    pub width: u32,
    pub height: u32,
    pub frame_rate_milli: u32,
    pub first_monotonic_ns: u64,
    pub first_us: i64,
    pub dropped: u64,
    pub camera_id: String,
}

/// A camera that delivered pictures of this recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmedBy {
    pub name: String,
    pub device_id: String,
    pub masks: Vec<Mask>,
}

/// What is known of the sound of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    pub microphone_id: String,
    /// Times samples were lost while it ran.
    pub xruns: u32,
    pub gaps: Vec<Gap>,
}

/// The receipt's code, read from photo 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperCode {
    pub text_sha256: [u8; 32],
    pub names_this_sale: bool,
}

impl Segment {
    pub fn file_name(number: u32) -> String {
        if number == 1 { "video.mp4".into() } else { format!("video-{number}.mp4") }
    }
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    #[error("the recording is sealed; nothing can be added to it")]
    Sealed,
    #[error("the recording already has other goods")]
    OtherGoods,
    #[error("the recording already has another receipt number")]
    OtherReceipt,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub id: RecordingId,
    pub sale_id: SaleId,
    /// As asked; `None` = configured. Part of the body a retry must repeat.
    pub preroll_ms: Option<u32>,
    pub state: State,
    pub missing: BTreeSet<String>,
    pub fragments: u32,
    pub photos: [Option<Photo>; 2],
    pub goods: Option<Goods>,
    pub segments: Vec<Segment>,
    pub gaps: Vec<Gap>,
    pub video_running: bool,
    pub stop_asked: bool,
    pub camera_id: String,
    pub cameras: Vec<FilmedBy>,
    pub receipt_no: String,
    pub paper_code: Option<PaperCode>,
    /// `None`: no sound was to be recorded.
    pub sound: Option<Sound>,
    pub revision: u64,
    pub started_us: i64,
    pub sealed_us: i64,
    pub manifest_sha256: Option<[u8; 32]>,
}

impl Recording {
    pub fn new(id: RecordingId, sale_id: SaleId, preroll_ms: Option<u32>, started_us: i64) -> Self {
        Self {
            id,
            sale_id,
            preroll_ms,
            state: State::Armed,
            missing: BTreeSet::new(),
            fragments: 0,
            photos: [None, None],
            goods: None,
            segments: Vec::new(),
            gaps: Vec::new(),
            video_running: false,
            stop_asked: false,
            camera_id: String::new(),
            cameras: Vec::new(),
            receipt_no: String::new(),
            paper_code: None,
            sound: None,
            revision: 1,
            started_us,
            sealed_us: 0,
            manifest_sha256: None,
        }
    }

    /// A retry of the start must repeat its body.
    pub fn same_start(&self, sale_id: &SaleId, preroll_ms: Option<u32>) -> bool {
        &self.sale_id == sale_id && self.preroll_ms == preroll_ms
    }

    /// True when a crash left it open and nobody has asked it to stop: the caller may start it again.
    pub fn can_resume(&self) -> bool {
        self.state == State::Armed && self.missing.contains(GapReason::Crash.word()) && !self.stop_asked
    }

    pub fn next_segment(&self) -> u32 {
        self.segments.last().map_or(1, |segment| segment.number + 1)
    }

    pub fn segment_started(&mut self, segment: Segment, by: FilmedBy) {
        self.camera_id.clone_from(&by.device_id);
        if !self.cameras.contains(&by) {
            self.cameras.push(by);
        }
        self.segments.push(segment);
        self.picture_back();
    }

    /// The receipt's number is told once; `false`: it was known.
    pub fn note_receipt(&mut self, receipt_no: &str) -> Result<bool, Refused> {
        if receipt_no.is_empty() || self.receipt_no == receipt_no {
            return Ok(false);
        }
        if !self.receipt_no.is_empty() {
            return Err(Refused::OtherReceipt);
        }
        self.still_open()?;
        receipt_no.clone_into(&mut self.receipt_no);
        Ok(true)
    }

    pub fn picture_back(&mut self) {
        self.revision += 1;
        self.video_running = true;
        if self.state == State::Armed {
            self.state = State::Recording;
        }
    }

    pub fn picture_lost(&mut self, reason: GapReason) {
        self.revision += 1;
        self.video_running = false;
        self.missing.insert(reason.word().to_owned());
    }

    pub fn fragment_durable(&mut self) {
        self.revision += 1;
        self.fragments += 1;
    }

    /// Gaps of this run of the service replace those told before; gaps of earlier runs stay in front.
    pub fn set_gaps(&mut self, earlier: &[Gap], current: &[Gap]) {
        self.gaps = [earlier, current].concat();
        let of_the_sale = current.iter().filter(|gap| !gap.before_start);
        self.missing.extend(of_the_sale.map(|gap| gap.reason.word().to_owned()));
    }

    pub fn set_dropped(&mut self, segment: u32, dropped: u64) {
        if let Some(found) = self.segments.iter_mut().find(|known| known.number == segment) {
            found.dropped = dropped;
        }
    }

    pub fn photo_taken(&mut self, kind: PhotoKind, photo: Photo) -> Result<(), Refused> {
        self.still_open()?;
        self.photos[kind.index()] = Some(photo);
        self.revision += 1;
        Ok(())
    }

    /// `false`: the same goods were there already.
    pub fn attach_goods(&mut self, goods: Goods) -> Result<bool, Refused> {
        match &self.goods {
            Some(known) if *known == goods => Ok(false),
            Some(_) => Err(Refused::OtherGoods),
            None => {
                self.still_open()?;
                self.goods = Some(goods);
                self.revision += 1;
                Ok(true)
            }
        }
    }

    /// `false`: a stop had been asked for already, or the clip is closed.
    pub fn ask_stop(&mut self) -> bool {
        if self.stop_asked || !matches!(self.state, State::Armed | State::Recording) {
            return false;
        }
        self.stop_asked = true;
        self.revision += 1;
        true
    }

    /// The clip's files are closed and durable.
    pub fn clip_closed(&mut self, why: Option<&str>) {
        self.missing.extend(why.map(str::to_owned));
        self.state = State::Finalizing;
        self.video_running = false;
        self.stop_asked = true;
        self.revision += 1;
    }

    pub fn ready_to_seal(&self) -> bool {
        self.state == State::Finalizing && self.goods.is_some()
    }

    /// Seal without goods: nobody brought them in time.
    pub fn give_up_on_goods(&mut self) {
        self.missing.insert("goods_missing".to_owned());
    }

    /// What the manifest will say is missing.
    pub fn note_missing_pieces(&mut self) {
        if self.segments.is_empty() && self.missing.is_empty() {
            self.missing.insert("video_missing".to_owned());
        }
        if self.photos[0].is_none() {
            self.missing.insert("photo_1_missing".to_owned());
        }
    }

    pub fn sealed(&mut self, manifest_sha256: [u8; 32], at_us: i64) {
        self.state = if self.missing.is_empty() { State::Sealed } else { State::Partial };
        self.manifest_sha256 = Some(manifest_sha256);
        self.sealed_us = at_us;
        self.revision += 1;
    }

    pub fn failed(&mut self) {
        self.state = State::Failed;
        self.revision += 1;
    }

    /// The service died under it. Stopped ones go straight on to their seal, others wait to be started again.
    pub fn recovered(&mut self, fragments: u32, too_old: bool) {
        self.revision += REVISIONS_LOST_IN_A_CRASH;
        self.video_running = false;
        self.fragments = fragments;
        if self.state != State::Finalizing {
            self.missing.insert(GapReason::Crash.word().to_owned());
            let over = self.stop_asked || too_old || self.segments.len() >= SEGMENTS_MAX;
            self.state = if over { State::Finalizing } else { State::Armed };
        }
    }

    fn still_open(&self) -> Result<(), Refused> {
        if self.state.is_final() { Err(Refused::Sealed) } else { Ok(()) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
