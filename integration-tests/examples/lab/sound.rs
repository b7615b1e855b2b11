//! Does the service see a sound card where there is one, and none where there is none?

use std::path::Path;

use anyhow::ensure;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::{AudioState, GetDeviceStatusRequest};

use crate::report::Report;
use crate::running::{Service, until};
use crate::vivid;

pub async fn check(report: &mut Report) {
    let there = sound(AudioState::MicOff, AudioState::SpeakerPresent);
    report.check("sound: a card (snd-aloop) is a microphone, off, and a speaker", there).await;
    let gone = async {
        vivid::unload("snd-aloop")?;
        sound(AudioState::MicAbsent, AudioState::SpeakerAbsent).await
    };
    report.check("sound: without a card both are absent", gone).await;
}

async fn sound(microphone: AudioState, speaker: AudioState) -> anyhow::Result<String> {
    let dir = tempfile::Builder::new().prefix("snd-").tempdir_in("/tmp")?;
    let service =
        Service::start("media-capture", dir.path(), &format!("worker = [{:?}]", Path::new("/bin/false")))?;
    let client = MediaCaptureServiceClient::new(chit_runtime::channel(&service.shared, "media-capture"));
    let found = async || {
        let status = client.clone().get_device_status(GetDeviceStatusRequest {}).await.ok()?.into_inner();
        (status.speaker() != AudioState::Unspecified).then_some(status)
    };
    let status = service.explain(until("the probe ends", found).await)?;
    ensure!(
        (status.microphone(), status.speaker()) == (microphone, speaker),
        "{:?} {:?}",
        status.microphone(),
        status.speaker()
    );
    Ok(String::new())
}
