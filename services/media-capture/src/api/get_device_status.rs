use chit_proto::media_capture::v1::{
    AudioState, CameraState, CameraStatus, DiskBudget, GetDeviceStatusResponse,
};
use tonic::Status;

use super::{Api, encode};
use crate::device::camera::CameraState as WorkerState;
use crate::device::time::monotonic_ns;
use crate::domain::budget::Budget;
use crate::studio::{Order, free_bytes};

impl Api {
    pub(super) async fn device_status(&self) -> Result<GetDeviceStatusResponse, Status> {
        let running = self.0.studio.ask(|reply| Order::Running { reply }).await.map_err(encode::status)?;
        let budget = self.0.studio.ask(|reply| Order::Budget { reply }).await.map_err(encode::status)?;
        let (microphone, speaker) = self.audio();
        let since_ns = *self.0.views.preroll_since_ns.borrow();
        let preroll_ms = if since_ns == 0 { 0 } else { monotonic_ns().saturating_sub(since_ns) / 1_000_000 };
        let cameras = self.0.camera.borrow().clone();
        let status = |(number, (name, state)): (usize, &(String, WorkerState))| CameraStatus {
            name: name.clone(),
            state: wire(*state).into(),
            active: number == cameras.active,
        };
        Ok(GetDeviceStatusResponse {
            camera: self.camera_state().into(),
            camera_id: self.0.views.camera_id.borrow().clone(),
            microphone: microphone.into(),
            speaker: speaker.into(),
            recordings_running: running as u32,
            free_bytes: free_bytes(&self.0.evidence),
            preroll_ready_ms: preroll_ms.min(self.0.preroll_max_ms.into()) as u32,
            cameras: cameras.cameras.iter().enumerate().map(status).collect(),
            disk_budget: wire_budget(budget).into(),
            xruns: self.0.microphone.borrow().xruns,
        })
    }

    /// What flows is there, whatever was found at the start.
    fn audio(&self) -> (AudioState, AudioState) {
        let Some(found) = self.0.sound.get() else {
            return (AudioState::Unspecified, AudioState::Unspecified);
        };
        let microphone = match found.microphone {
            _ if self.0.microphone.borrow().flows => AudioState::MicOn,
            true => AudioState::MicOff,
            false => AudioState::MicAbsent,
        };
        let speaker = if found.speaker { AudioState::SpeakerPresent } else { AudioState::SpeakerAbsent };
        (microphone, speaker)
    }

    pub(super) fn camera_state(&self) -> CameraState {
        if self.0.eye.is_closed() {
            return CameraState::Paused;
        }
        wire(self.0.camera.borrow().active_state())
    }
}

fn wire(state: WorkerState) -> CameraState {
    match state {
        WorkerState::Absent => CameraState::Absent,
        WorkerState::Opening => CameraState::Opening,
        WorkerState::Streaming => CameraState::Streaming,
        WorkerState::Stalled => CameraState::Stalled,
        WorkerState::Backoff => CameraState::Backoff,
    }
}

fn wire_budget(budget: Budget) -> DiskBudget {
    match budget {
        Budget::Ample => DiskBudget::Ample,
        Budget::Prune => DiskBudget::Pruning,
        Budget::PhotoOnly => DiskBudget::PhotoOnly,
        Budget::Refuse => DiskBudget::Refusing,
    }
}
