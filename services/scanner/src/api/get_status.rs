//! `GetStatus`.

use chit_proto::scanner::v1::{GetStatusResponse, SourceState};

use super::Api;

pub async fn handle(api: &Api) -> GetStatusResponse {
    let state = |ready| if ready { SourceState::Ready } else { SourceState::Absent };
    let serial = if api.handheld { state(api.sources.is_handheld_ready()) } else { SourceState::Off };
    let camera = match &api.camera {
        Some(camera) => state(camera.is_streaming().await),
        None => SourceState::Off,
    };
    GetStatusResponse {
        serial: serial.into(),
        camera: camera.into(),
        garbage_lines: api.sources.garbage_lines(),
        decoder_panics: api.sources.decoder_panics(),
    }
}
