//! `GetStatus`.

use chit_proto::scanner::v1::{DeviceStatus, GetStatusResponse, SourceState};

use super::{Api, encode};
use crate::domain::scan::Source;
use crate::sources::Device;

pub async fn handle(api: &Api) -> GetStatusResponse {
    if let Some((camera, device)) = &api.camera {
        match camera.is_streaming().await {
            true => device.ready(),
            false => device.absent("no frames come from the camera; mend it (`chit doctor`)"),
        }
    }
    let devices = api.sources.devices();
    let state_of = |source: Source| {
        let health = devices.iter().find(|device| device.source == source).map(|device| device.health());
        health.map_or(SourceState::Off, |health| state(health.ready))
    };
    let garbage = devices.iter().filter(|device| device.source == Source::Serial);
    GetStatusResponse {
        serial: state_of(Source::Serial).into(),
        camera: state_of(Source::Camera).into(),
        garbage_lines: garbage.map(|device| device.health().refusals).sum(),
        decoder_panics: api.sources.decoder_restarts(),
        devices: devices.iter().map(|device| status(device)).collect(),
        enabled: api.scans.is_enabled(),
        claimed_by: api.scans.claimed_by(),
    }
}

fn state(ready: bool) -> SourceState {
    if ready { SourceState::Ready } else { SourceState::Absent }
}

fn status(device: &Device) -> DeviceStatus {
    let health = device.health();
    DeviceStatus {
        name: device.name.to_string(),
        source: encode::source(device.source).into(),
        state: state(health.ready).into(),
        remedy: health.remedy,
        scans: health.scans,
        refusals: health.refusals,
        suffix: health.suffix.to_owned(),
        remark: health.remark.to_owned(),
    }
}
