use chit_proto::media_capture::v1::{PauseCaptureRequest, PauseCaptureResponse, ResumeCaptureResponse};
use chit_runtime::error;
use tokio::sync::oneshot;
use tonic::{Code, Status};

use super::Api;
use crate::device::engine_queue::EngineInput;

const REASON_LEN_MAX: usize = 32;

impl Api {
    /// Answers when the camera is blind and its past erased, not before.
    pub(super) async fn pause(&self, request: PauseCaptureRequest) -> Result<PauseCaptureResponse, Status> {
        if request.reason.chars().count() > REASON_LEN_MAX {
            return Err(error::bad_field("reason", "INVALID_REASON", "use at most 32 characters"));
        }
        // At once, not when the encoder comes to it.
        self.0.eye.close();
        self.tell_engine(EngineInput::Pause).await?;
        tracing::info!(reason = ?request.reason, "camera blinded");
        Ok(PauseCaptureResponse { camera: self.camera_state().into() })
    }

    pub(super) async fn resume(&self) -> Result<ResumeCaptureResponse, Status> {
        self.tell_engine(EngineInput::Resume).await?;
        Ok(ResumeCaptureResponse { camera: self.camera_state().into() })
    }

    async fn tell_engine(
        &self,
        input: impl FnOnce(oneshot::Sender<()>) -> EngineInput,
    ) -> Result<(), Status> {
        let gone =
            || error::status(Code::Unavailable, "ENCODER_GONE", "the encoder stopped; restart the service");
        let (done, told) = oneshot::channel();
        if !self.0.engine.tell(input(done)) {
            return Err(gone());
        }
        told.await.map_err(|_| gone())
    }
}
