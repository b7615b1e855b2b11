//! A recording as stored: one version byte, then a protobuf message that no other process reads.

use prost::Message;

use super::StoreError;
use crate::domain::clip::{Gap, GapReason};
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::mask::Mask;
use crate::domain::recording::{FilmedBy, Goods, PaperCode, Photo, Recording, Segment, Sound, State};

const VERSION: u8 = 1;

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    sale_id: String,
    #[prost(uint32, optional, tag = "3")]
    preroll_ms: Option<u32>,
    #[prost(uint32, tag = "4")]
    state: u32,
    #[prost(string, repeated, tag = "5")]
    missing: Vec<String>,
    #[prost(uint32, tag = "6")]
    fragments: u32,
    #[prost(message, optional, tag = "7")]
    photo_1: Option<PhotoRecord>,
    #[prost(message, optional, tag = "8")]
    photo_2: Option<PhotoRecord>,
    #[prost(bytes = "vec", optional, tag = "9")]
    goods_sha256: Option<Vec<u8>>,
    #[prost(string, tag = "10")]
    goods_media_type: String,
    #[prost(message, repeated, tag = "11")]
    segments: Vec<SegmentRecord>,
    #[prost(message, repeated, tag = "12")]
    gaps: Vec<GapRecord>,
    #[prost(bool, tag = "13")]
    video_running: bool,
    #[prost(bool, tag = "14")]
    stop_asked: bool,
    #[prost(string, tag = "15")]
    camera_id: String,
    #[prost(uint64, tag = "16")]
    revision: u64,
    #[prost(int64, tag = "17")]
    started_us: i64,
    #[prost(int64, tag = "18")]
    sealed_us: i64,
    #[prost(bytes = "vec", optional, tag = "19")]
    manifest_sha256: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "20")]
    cameras: Vec<CameraRecord>,
    #[prost(string, tag = "21")]
    receipt_no: String,
    #[prost(message, optional, tag = "22")]
    paper_code: Option<PaperCodeRecord>,
    #[prost(message, optional, tag = "23")]
    sound: Option<SoundRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct CameraRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    device_id: String,
    /// Four numbers a mask.
    #[prost(uint32, repeated, tag = "3")]
    masks: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct PaperCodeRecord {
    #[prost(bytes = "vec", tag = "1")]
    text_sha256: Vec<u8>,
    #[prost(bool, tag = "2")]
    names_this_sale: bool,
}

#[derive(Clone, PartialEq, Message)]
struct SoundRecord {
    #[prost(string, tag = "1")]
    microphone_id: String,
    #[prost(uint32, tag = "2")]
    xruns: u32,
    #[prost(message, repeated, tag = "3")]
    gaps: Vec<GapRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct PhotoRecord {
    #[prost(bytes = "vec", tag = "1")]
    sha256: Vec<u8>,
    #[prost(int64, tag = "2")]
    taken_us: i64,
}

#[derive(Clone, PartialEq, Message)]
struct SegmentRecord {
    #[prost(uint32, tag = "1")]
    number: u32,
    #[prost(uint32, tag = "2")]
    width: u32,
    #[prost(uint32, tag = "3")]
    height: u32,
    #[prost(uint32, tag = "4")]
    frame_rate_milli: u32,
    #[prost(uint64, tag = "5")]
    first_monotonic_ns: u64,
    #[prost(int64, tag = "6")]
    first_us: i64,
    #[prost(uint64, tag = "7")]
    dropped: u64,
    #[prost(string, tag = "8")]
    camera_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct GapRecord {
    #[prost(uint64, tag = "1")]
    from_ns: u64,
    #[prost(uint64, tag = "2")]
    to_ns: u64,
    #[prost(uint32, tag = "3")]
    reason: u32,
    #[prost(bool, tag = "4")]
    before_start: bool,
}

const STATES: [State; 6] =
    [State::Armed, State::Recording, State::Finalizing, State::Sealed, State::Partial, State::Failed];
const REASONS: [GapReason; 10] = [
    GapReason::CameraAbsent,
    GapReason::CameraLost,
    GapReason::CameraStalled,
    GapReason::Privacy,
    GapReason::Crash,
    GapReason::Disk,
    GapReason::PreviousSale,
    GapReason::PhotoOnly,
    GapReason::MicrophoneAbsent,
    GapReason::MicrophoneLost,
];

/// Stored numbers count from 1; 0 would be what an absent field decodes to.
pub(super) fn number_of<T: PartialEq>(all: &[T], wanted: &T) -> u32 {
    all.iter().position(|known| known == wanted).map_or(0, |at| at as u32 + 1)
}

pub(super) fn from_number<T: Copy>(all: &[T], number: u32) -> Result<T, StoreError> {
    let at = (number as usize).checked_sub(1).and_then(|at| all.get(at));
    at.copied().ok_or(StoreError::Damaged("an unknown state or reason"))
}

pub fn encode(recording: &Recording) -> Vec<u8> {
    let photo = |at: usize| {
        let photo = recording.photos[at].as_ref()?;
        Some(PhotoRecord { sha256: photo.sha256.to_vec(), taken_us: photo.taken_us })
    };
    let goods = recording.goods.as_ref();
    let record = Record {
        id: recording.id.to_string(),
        sale_id: recording.sale_id.to_string(),
        preroll_ms: recording.preroll_ms,
        state: number_of(&STATES, &recording.state),
        missing: recording.missing.iter().cloned().collect(),
        fragments: recording.fragments,
        photo_1: photo(0),
        photo_2: photo(1),
        goods_sha256: goods.map(|goods| goods.sha256.to_vec()),
        goods_media_type: goods.map(|goods| goods.media_type.clone()).unwrap_or_default(),
        segments: recording.segments.iter().map(segment_record).collect(),
        gaps: recording.gaps.iter().map(gap_record).collect(),
        video_running: recording.video_running,
        stop_asked: recording.stop_asked,
        camera_id: recording.camera_id.clone(),
        revision: recording.revision,
        started_us: recording.started_us,
        sealed_us: recording.sealed_us,
        manifest_sha256: recording.manifest_sha256.map(Vec::from),
        cameras: recording.cameras.iter().map(camera_record).collect(),
        receipt_no: recording.receipt_no.clone(),
        paper_code: recording.paper_code.as_ref().map(|code| PaperCodeRecord {
            text_sha256: code.text_sha256.to_vec(),
            names_this_sale: code.names_this_sale,
        }),
        sound: recording.sound.as_ref().map(|sound| SoundRecord {
            microphone_id: sound.microphone_id.clone(),
            xruns: sound.xruns,
            gaps: sound.gaps.iter().map(gap_record).collect(),
        }),
    };
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&record.encode_to_vec());
    bytes
}

pub fn decode(bytes: &[u8]) -> Result<Recording, StoreError> {
    let Some((&VERSION, body)) = bytes.split_first() else {
        return Err(StoreError::Damaged("a version nobody wrote"));
    };
    let record = Record::decode(body).map_err(|_| StoreError::Damaged("not a record"))?;
    let goods = record.goods_sha256.map(|hash| {
        Ok::<_, StoreError>(Goods { sha256: hash32(&hash)?, media_type: record.goods_media_type.clone() })
    });
    Ok(Recording {
        id: RecordingId::parse(&record.id).map_err(|_| StoreError::Damaged("its id"))?,
        sale_id: SaleId::parse(&record.sale_id).map_err(|_| StoreError::Damaged("its sale"))?,
        preroll_ms: record.preroll_ms,
        state: from_number(&STATES, record.state)?,
        missing: record.missing.into_iter().collect(),
        fragments: record.fragments,
        photos: [photo(record.photo_1)?, photo(record.photo_2)?],
        goods: goods.transpose()?,
        segments: record.segments.into_iter().map(segment).collect(),
        gaps: record.gaps.iter().map(gap).collect::<Result<_, _>>()?,
        video_running: record.video_running,
        stop_asked: record.stop_asked,
        camera_id: record.camera_id,
        revision: record.revision,
        started_us: record.started_us,
        sealed_us: record.sealed_us,
        manifest_sha256: record.manifest_sha256.map(|hash| hash32(&hash)).transpose()?,
        cameras: record.cameras.into_iter().map(camera).collect(),
        receipt_no: record.receipt_no,
        paper_code: record.paper_code.map(paper_code).transpose()?,
        sound: record.sound.map(sound).transpose()?,
    })
}

fn camera_record(by: &FilmedBy) -> CameraRecord {
    let numbers = |mask: &Mask| [mask.left, mask.top, mask.width, mask.height].map(u32::from);
    let masks = by.masks.iter().flat_map(numbers).collect();
    CameraRecord { name: by.name.clone(), device_id: by.device_id.clone(), masks }
}

fn camera(record: CameraRecord) -> FilmedBy {
    let mask = |four: &[u32]| {
        let number = |at: usize| four[at] as u16;
        Mask { left: number(0), top: number(1), width: number(2), height: number(3) }
    };
    let masks = record.masks.chunks_exact(4).map(mask).collect();
    FilmedBy { name: record.name, device_id: record.device_id, masks }
}

fn paper_code(record: PaperCodeRecord) -> Result<PaperCode, StoreError> {
    let text_sha256 = hash32(&record.text_sha256)?;
    Ok(PaperCode { text_sha256, names_this_sale: record.names_this_sale })
}

fn sound(record: SoundRecord) -> Result<Sound, StoreError> {
    let gaps = record.gaps.iter().map(gap).collect::<Result<_, _>>()?;
    Ok(Sound { microphone_id: record.microphone_id, xruns: record.xruns, gaps })
}

fn hash32(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("a hash"))
}

fn photo(record: Option<PhotoRecord>) -> Result<Option<Photo>, StoreError> {
    record.map(|photo| Ok(Photo { sha256: hash32(&photo.sha256)?, taken_us: photo.taken_us })).transpose()
}

fn segment_record(segment: &Segment) -> SegmentRecord {
    let segment = segment.clone();
    SegmentRecord {
        number: segment.number,
        width: segment.width,
        height: segment.height,
        frame_rate_milli: segment.frame_rate_milli,
        first_monotonic_ns: segment.first_monotonic_ns,
        first_us: segment.first_us,
        dropped: segment.dropped,
        camera_id: segment.camera_id,
    }
}

fn segment(record: SegmentRecord) -> Segment {
    Segment {
        number: record.number,
        width: record.width,
        height: record.height,
        frame_rate_milli: record.frame_rate_milli,
        first_monotonic_ns: record.first_monotonic_ns,
        first_us: record.first_us,
        dropped: record.dropped,
        camera_id: record.camera_id,
    }
}

fn gap_record(gap: &Gap) -> GapRecord {
    let Gap { from_ns, to_ns, reason, before_start } = *gap;
    GapRecord { from_ns, to_ns, reason: number_of(&REASONS, &reason), before_start }
}

fn gap(record: &GapRecord) -> Result<Gap, StoreError> {
    let reason = from_number(&REASONS, record.reason)?;
    let GapRecord { from_ns, to_ns, before_start, .. } = *record;
    Ok(Gap { from_ns, to_ns, reason, before_start })
}
