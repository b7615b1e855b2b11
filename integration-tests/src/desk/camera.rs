//! What a cashier knows of the camera.

use std::time::Duration;

use anyhow::bail;
use chit_proto::media_capture::v1::GetDeviceStatusRequest;
use tokio::time::{Instant, sleep};

use super::Desk;
use crate::ask;

/// The ring holds ten seconds; a camera that was blinded fills it as fast as time passes.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Desk {
    /// Waits until a clip that starts now would show so much of the past.
    pub async fn until_preroll(&self, at_least_ms: u32) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = ask!(self.media, get_device_status, GetDeviceStatusRequest {})?;
            if status.preroll_ready_ms >= at_least_ms {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!(
                    "the camera has {} ms of pre-roll only; it is {:?}",
                    status.preroll_ready_ms,
                    status.camera()
                );
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}
