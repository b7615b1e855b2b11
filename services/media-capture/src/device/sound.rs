//! Is there a microphone, is there a speaker?

use std::sync::mpsc;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};

/// A wedged sound server must not hold up the camera.
const PROBE_MAX: Duration = Duration::from_secs(3);
/// ALSA offers these without any sound card, as devices that record silence or swallow it.
const NOT_REAL: [&str; 4] = ["null", "samplerate", "speexrate", "jack"];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    pub microphone: bool,
    pub speaker: bool,
}

/// Asks once, on a thread of its own. `None`: no answer in time.
pub fn probe() -> Option<Sound> {
    let (tell, told) = mpsc::channel();
    let asking = std::thread::Builder::new().name("sound-probe".into()).spawn(move || {
        let host = cpal::default_host();
        let microphone = host.input_devices().is_ok_and(|mut devices| devices.any(|device| is_real(&device)));
        let speaker = host.output_devices().is_ok_and(|mut devices| devices.any(|device| is_real(&device)));
        // The asker may have stopped waiting.
        let _ = tell.send(Sound { microphone, speaker });
    });
    asking.ok().and_then(|_| told.recv_timeout(PROBE_MAX).ok())
}

pub fn is_real(device: &cpal::Device) -> bool {
    device.id().is_ok_and(|id| {
        let name = id.to_string();
        let plain = name.rsplit(':').next().unwrap_or(&name).to_owned();
        !NOT_REAL.iter().any(|fake| plain == *fake || name.contains("alsa:null"))
    })
}
