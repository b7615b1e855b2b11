use chit_proto::media_capture::v1::{AudioState, CameraState, GetDeviceStatusResponse};
use tonic::Status;

use super::{Api, encode};
use crate::device::camera::CameraState as WorkerState;
use crate::studio::{Order, free_bytes};

impl Api {
    pub(super) async fn device_status(&self) -> Result<GetDeviceStatusResponse, Status> {
        let running = self.0.studio.ask(|reply| Order::Running { reply }).await.map_err(encode::status)?;
        let (microphone, speaker) = match self.0.sound.get() {
            None => (AudioState::Unspecified, AudioState::Unspecified),
            Some(sound) => (
                if sound.microphone { AudioState::MicOff } else { AudioState::MicAbsent },
                if sound.speaker { AudioState::SpeakerPresent } else { AudioState::SpeakerAbsent },
            ),
        };
        Ok(GetDeviceStatusResponse {
            camera: self.camera_state().into(),
            camera_id: self.0.views.camera_id.borrow().clone(),
            microphone: microphone.into(),
            speaker: speaker.into(),
            recordings_running: running as u32,
            free_bytes: free_bytes(&self.0.evidence),
        })
    }

    pub(super) fn camera_state(&self) -> CameraState {
        if self.0.views.is_paused() {
            return CameraState::Paused;
        }
        match *self.0.camera.borrow() {
            WorkerState::Absent => CameraState::Absent,
            WorkerState::Opening => CameraState::Opening,
            WorkerState::Streaming => CameraState::Streaming,
            WorkerState::Stalled => CameraState::Stalled,
            WorkerState::Backoff => CameraState::Backoff,
        }
    }
}
