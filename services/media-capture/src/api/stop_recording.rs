use std::time::Duration;

use chit_proto::media_capture::v1::{StopRecordingRequest, StopRecordingResponse};
use chit_runtime::error;
use tonic::Status;

use super::{Api, encode};
use crate::studio::Order;

const POSTROLL_MS_MAX: u32 = 30_000;

impl Api {
    pub(super) async fn stop(&self, request: StopRecordingRequest) -> Result<StopRecordingResponse, Status> {
        let id = encode::recording_id(&request.recording_id)?;
        if request.postroll_ms.is_some_and(|asked| asked > POSTROLL_MS_MAX) {
            return Err(error::bad_field("postroll_ms", "INVALID_POSTROLL", "use at most 30000"));
        }
        let asked = request.postroll_ms.map(|asked| Duration::from_millis(asked.into()));
        let postroll = asked.unwrap_or(self.0.postroll);
        let order = |reply| Order::Stop { id, postroll, reply };
        let recording = self.0.studio.ask(order).await.map_err(encode::status)?;
        Ok(StopRecordingResponse { recording: Some(encode::recording(&recording)) })
    }
}
