use std::time::Duration;

use chit_proto::media_capture::v1::{
    GetRecordingRequest, GetRecordingResponse, StartRecordingRequest, StartRecordingResponse,
};
use chit_runtime::error;
use tokio::time::timeout;
use tonic::Status;

use super::{Api, encode};
use crate::device::camera::CameraState;
use crate::domain::recording::{Recording, State};
use crate::studio::Order;

/// How long the answer waits to say that pictures are being stored; the pre-roll usually does it in 20 ms.
const FIRST_PICTURE_MAX: Duration = Duration::from_millis(300);

impl Api {
    pub(super) async fn start(
        &self,
        request: StartRecordingRequest,
    ) -> Result<StartRecordingResponse, Status> {
        let id = encode::recording_id(&request.recording_id)?;
        let sale = encode::sale_id(&request.sale_id)?;
        let max = self.0.preroll_max_ms;
        if request.preroll_ms.is_some_and(|asked| asked > max) {
            return Err(error::bad_field("preroll_ms", "INVALID_PREROLL", format!("use at most {max}")));
        }
        let preroll_ms = request.preroll_ms;
        let order = |reply| Order::Start { id: id.clone(), sale, preroll_ms, reply };
        let mut recording = self.0.studio.ask(order).await.map_err(encode::status)?;
        let picture_due =
            self.0.camera.borrow().active_state() == CameraState::Streaming && !self.0.eye.is_closed();
        if recording.state == State::Armed && picture_due {
            recording = self.after_first_picture(recording).await?;
        }
        Ok(StartRecordingResponse { recording: Some(encode::recording(&recording)) })
    }

    async fn after_first_picture(&self, armed: Recording) -> Result<Recording, Status> {
        let get = |reply| Order::Get { id: armed.id.clone(), reply };
        let (recording, feed) = self.0.studio.ask(get).await.map_err(encode::status)?;
        let Some(feed) = feed.filter(|_| recording.state == State::Armed) else { return Ok(recording) };
        let mut changes = feed.changes();
        let moved = async {
            while feed.after(armed.revision).iter().all(|event| event.recording.state == State::Armed) {
                if changes.changed().await.is_err() {
                    break;
                }
            }
        };
        // Late is no error: the answer then says ARMED and the caller watches.
        let _ = timeout(FIRST_PICTURE_MAX, moved).await;
        Ok(feed.after(0).pop().map_or(recording, |event| event.recording))
    }

    pub(super) async fn recording(
        &self,
        request: GetRecordingRequest,
    ) -> Result<GetRecordingResponse, Status> {
        let id = encode::recording_id(&request.recording_id)?;
        let get = |reply| Order::Get { id, reply };
        let (recording, _) = self.0.studio.ask(get).await.map_err(encode::status)?;
        Ok(GetRecordingResponse { recording: Some(encode::recording(&recording)) })
    }
}
