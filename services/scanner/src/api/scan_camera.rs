//! `ScanCamera`.

use std::time::Duration;

use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{ScanCameraRequest, ScanCameraResponse};
use chit_runtime::error::{bad_field, status};
use tonic::{Code, Status};

use super::{Api, encode};
use crate::device::camera::LookError;

const TIMEOUT_MIN: Duration = Duration::from_millis(100);
const TIMEOUT_MAX: Duration = Duration::from_secs(30);

pub async fn handle(api: &Api, request: ScanCameraRequest) -> Result<ScanCameraResponse, Status> {
    let timeout = timeout(request.timeout)?;
    let (camera, device) = api.camera.as_ref().ok_or_else(|| {
        let text =
            "the camera is switched off for reading; set camera = true in [scanner], or use the handheld";
        status(Code::FailedPrecondition, "CAMERA_UNAVAILABLE", text)
    })?;
    let sight = camera.look(timeout).await.map_err(|error| match error {
        // Not UNAVAILABLE: callers would try again at once, and the person at the till would only wait longer.
        LookError::Unavailable { .. } => {
            status(Code::FailedPrecondition, "CAMERA_UNAVAILABLE", error.to_string())
        }
        LookError::NothingSeen { .. } => status(Code::NotFound, "NO_CODE_SEEN", error.to_string()),
    })?;
    device.change(|health| health.scans += 1);
    let event = api.scans.number(&device.name, sight.scan);
    let scan = match encode::event(api.scans.epoch(), event) {
        Event::Scan(scan) => Some(scan),
        _ => None,
    };
    Ok(ScanCameraResponse { scan, frames: sight.frames })
}

fn timeout(asked: Option<prost_types::Duration>) -> Result<Duration, Status> {
    asked
        .and_then(|asked| Duration::try_from(asked).ok())
        .filter(|asked| (TIMEOUT_MIN..=TIMEOUT_MAX).contains(asked))
        .ok_or_else(|| bad_field("timeout", "TIMEOUT_INVALID", "must be 0.1 to 30 s"))
}
