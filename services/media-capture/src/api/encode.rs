//! Domain to wire, errors included; and the few decodings several calls share.

use chit_proto::media_capture::v1 as proto;
use chit_runtime::{clock, error};
use tonic::{Code, Status};

use crate::domain::custody::CustodyRefused;
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::recording::{Recording, Refused, State};
use crate::evidence::Tampered;
use crate::studio::{EventKind, StudioError};

pub fn recording_id(text: &str) -> Result<RecordingId, Status> {
    RecordingId::parse(text)
        .map_err(|not| error::bad_field("recording_id", "INVALID_RECORDING_ID", not.to_string()))
}

pub fn sale_id(text: &str) -> Result<SaleId, Status> {
    SaleId::parse(text).map_err(|not| error::bad_field("sale_id", "INVALID_SALE_ID", not.to_string()))
}

pub fn recording(recording: &Recording) -> proto::Recording {
    let photo =
        |at: usize| recording.photos[at].as_ref().map(|photo| photo.sha256.to_vec()).unwrap_or_default();
    proto::Recording {
        recording_id: recording.id.to_string(),
        sale_id: recording.sale_id.to_string(),
        state: state(recording.state).into(),
        partial_reasons: recording.missing.iter().cloned().collect(),
        fragments: recording.fragments,
        photo_1_sha256: photo(0),
        photo_2_sha256: photo(1),
        manifest_sha256: recording.manifest_sha256.map(Vec::from).unwrap_or_default(),
        video_running: recording.video_running,
        revision: recording.revision,
        start_time: time(recording.started_us),
        seal_time: if recording.sealed_us == 0 { None } else { time(recording.sealed_us) },
    }
}

fn state(state: State) -> proto::RecordingState {
    match state {
        State::Armed => proto::RecordingState::Armed,
        State::Recording => proto::RecordingState::Recording,
        State::Finalizing => proto::RecordingState::Finalizing,
        State::Sealed => proto::RecordingState::Sealed,
        State::Partial => proto::RecordingState::Partial,
        State::Failed => proto::RecordingState::Failed,
    }
}

pub fn event_kind(kind: EventKind) -> proto::RecordingEventKind {
    match kind {
        EventKind::State => proto::RecordingEventKind::State,
        EventKind::Fragment => proto::RecordingEventKind::Fragment,
        EventKind::Photo => proto::RecordingEventKind::Photo,
        EventKind::Gap => proto::RecordingEventKind::Gap,
    }
}

pub fn time(us: i64) -> Option<prost_types::Timestamp> {
    jiff::Timestamp::from_microsecond(us).ok().map(clock::to_proto)
}

pub fn status(failed: StudioError) -> Status {
    let (code, reason) = match &failed {
        StudioError::NotFound => (Code::NotFound, "RECORDING_NOT_FOUND"),
        StudioError::DifferentBody => (Code::AlreadyExists, "RECORDING_EXISTS_WITH_DIFFERENT_BODY"),
        StudioError::Refused(Refused::Sealed) => (Code::FailedPrecondition, "RECORDING_ALREADY_SEALED"),
        StudioError::Refused(Refused::OtherGoods) => (Code::AlreadyExists, "GOODS_EXIST_WITH_DIFFERENT_BODY"),
        StudioError::Refused(Refused::OtherReceipt) => (Code::AlreadyExists, "RECEIPT_NO_DIFFERS"),
        StudioError::Custody(refused) => custody(refused),
        StudioError::DiskFull => (Code::ResourceExhausted, "DISK_FULL"),
        StudioError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            (Code::ResourceExhausted, "DISK_FULL")
        }
        StudioError::Io(error) if is_tampered(error) => (Code::DataLoss, "EVIDENCE_TAMPERED"),
        StudioError::Store(error) if error.is_disk_full() => (Code::ResourceExhausted, "DISK_FULL"),
        StudioError::TooMany => (Code::ResourceExhausted, "TOO_MANY_RECORDINGS"),
        StudioError::Busy => (Code::Unavailable, "RECORDINGS_BUSY"),
        StudioError::Io(_) | StudioError::Store(_) => (Code::Internal, "EVIDENCE_NOT_STORED"),
    };
    if matches!(code, Code::Internal | Code::DataLoss) {
        tracing::error!(error = %failed, cause = ?std::error::Error::source(&failed), "call failed");
    }
    let text = match &failed {
        StudioError::Io(error) if is_tampered(error) => error.to_string(),
        failed => failed.to_string(),
    };
    error::status(code, reason, text)
}

pub fn is_tampered(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Tampered>())
}

fn custody(refused: &CustodyRefused) -> (Code, &'static str) {
    match refused {
        CustodyRefused::OtherHold => (Code::AlreadyExists, "HOLD_EXISTS_WITH_DIFFERENT_BODY"),
        CustodyRefused::TooManyHolds => (Code::ResourceExhausted, "TOO_MANY_HOLDS"),
        CustodyRefused::Held => (Code::FailedPrecondition, "EVIDENCE_HELD"),
        CustodyRefused::StillNeeded => (Code::FailedPrecondition, "FILM_STILL_NEEDED"),
        CustodyRefused::FilmErased => (Code::NotFound, "FILM_ERASED"),
    }
}
