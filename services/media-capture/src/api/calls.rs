//! Which calls other services of this machine may make.

use chit_runtime::neighbour::{CHECKOUT, Calls, LOOK, Neighbour, OPERATOR};

/// The camera is checkout's to start, stop and blind; the till shows what it sees; erasing and exporting are an operator's.
pub const CALLS: Calls = &[
    ("MediaCaptureService/StartRecording", CHECKOUT),
    ("MediaCaptureService/TakePhoto", CHECKOUT),
    ("MediaCaptureService/AttachGoods", CHECKOUT),
    ("MediaCaptureService/StopRecording", CHECKOUT),
    ("MediaCaptureService/GetRecording", CHECKOUT),
    ("MediaCaptureService/WatchRecording", CHECKOUT),
    ("MediaCaptureService/TakeSnapshot", &[Neighbour::Checkout, Neighbour::Till]),
    ("MediaCaptureService/WatchFrames", &[Neighbour::Till, Neighbour::Scanner]),
    ("MediaCaptureService/PauseCapture", CHECKOUT),
    ("MediaCaptureService/ResumeCapture", CHECKOUT),
    ("MediaCaptureService/GetEvidence", CHECKOUT),
    ("MediaCaptureService/ReadEvidenceFile", &[Neighbour::Checkout, Neighbour::Till]),
    ("MediaCaptureService/GetDeviceStatus", LOOK),
    ("EvidenceService/NoteSale", CHECKOUT),
    ("EvidenceService/GetRetention", CHECKOUT),
    ("EvidenceService/HoldEvidence", CHECKOUT),
    ("EvidenceService/ReleaseHold", CHECKOUT),
    ("EvidenceService/PurgeEvidence", OPERATOR),
    ("EvidenceService/WatchEvidenceLog", CHECKOUT),
    ("EvidenceService/ExportEvidence", OPERATOR),
    ("StationService/TestCamera", OPERATOR),
    ("StationService/Announce", &[Neighbour::Checkout, Neighbour::Till]),
];

#[cfg(test)]
mod tests {
    use super::CALLS;

    #[test]
    fn every_call_says_who_may_make_it() {
        let differs =
            chit_runtime::neighbour::differs(CALLS, chit_proto::FILE_DESCRIPTOR_SET, "chit.media_capture.v1");
        assert!(differs.is_empty(), "{differs:?}");
    }
}
