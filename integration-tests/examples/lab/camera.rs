//! The whole media-capture service with its real worker on the V4L2 driver.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chit_integration_tests::house::program;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::*;
use chit_runtime::Channel;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout};

use crate::report::Report;
use crate::running::{PATIENCE, Service, until};
use crate::vivid;

const SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2F";
const OTHER_SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2G";
/// Fragments of half a second.
const FRAGMENTS: u32 = 4;
const STALL_MS: u64 = 2_000;
/// From the last frame to STALLED: `stall_ms`, and what the machine takes to notice.
const STALL_WITHIN: Duration = Duration::from_millis(STALL_MS + 1_500);

pub async fn check(report: &mut Report) {
    let dir = match tempfile::Builder::new().prefix("cam-").tempdir_in("/tmp") {
        Ok(dir) => dir,
        Err(error) => return report.check("camera service: a folder", async { bail!(error) }).await,
    };
    let studio = match Studio::start(dir.path()) {
        Ok(studio) => studio,
        Err(error) => return report.check("camera service: starts", async { Err(error) }).await,
    };
    let name = "camera service: a sale is filmed, photographed and sealed; the clip has the frames its manifest says";
    report.check(name, studio.explain(studio.clip())).await;
    let name = "camera service: a camera pulled in mid-clip is found again and the manifest has the gap";
    report.check(name, studio.explain(studio.gap())).await;
    let name = "camera service: a camera that stands still is STALLED, its worker killed, and streams again";
    report.check(name, studio.explain(studio.stall())).await;
    let name = "camera service: a driver unloaded and loaded again is ABSENT, then streams";
    report.check(name, studio.explain(studio.absence())).await;
}

struct Studio {
    service: Service,
    client: MediaCaptureServiceClient<Channel>,
}

impl Studio {
    fn start(dir: &Path) -> anyhow::Result<Self> {
        let worker = program("cam-worker")?;
        // A small picture: emulation encodes thirty times slower than the machine.
        let keys = format!(
            "worker = [{worker:?}, \"--width\", \"320\", \"--height\", \"180\", \"--fps\", \"5\"]\nstall_ms = {STALL_MS}"
        );
        let service = Service::start("media-capture", dir, &keys)?;
        let client = MediaCaptureServiceClient::new(chit_runtime::channel(&service.shared, "media-capture"));
        Ok(Self { service, client })
    }

    async fn explain(&self, check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
        let outcome = check.await;
        self.service.explain(outcome)
    }

    async fn clip(&self) -> anyhow::Result<String> {
        self.until_camera(CameraState::Streaming).await?;
        let mut client = self.client.clone();
        self.begin(SALE).await?;
        for kind in [PhotoKind::PayerAndGoods, PhotoKind::Paper] {
            let request = TakePhotoRequest { recording_id: SALE.into(), kind: kind.into() };
            client.take_photo(request).await?;
        }
        self.goods(SALE).await?;
        self.until_recording(SALE, |recording| recording.fragments >= FRAGMENTS).await?;
        let sealed = self.stop(SALE).await?;
        ensure!(sealed.state() == RecordingState::Sealed, "{sealed:?}");
        let manifest = self.manifest(SALE).await?;
        ensure!(manifest.gaps.iter().all(|gap| gap.before_start), "{:?}", manifest.gaps);
        ensure!(!manifest.partial, "{:?}", manifest.partial_reasons);
        ensure!(manifest.camera_id.contains("vivid"), "{:?}", manifest.camera_id);
        let mut frames = 0;
        for file in &manifest.files {
            let bytes = self.read(SALE, &file.name).await?;
            ensure!(Sha256::digest(&bytes).as_slice() == file.sha256, "{} is not what was sealed", file.name);
            if let Some(video) = &file.video {
                ensure!(
                    (video.width, video.height, video.frame_rate_milli) == (320, 180, 5_000),
                    "{video:?}"
                );
                let counted = frames_in(&bytes)?;
                ensure!(counted == video.frame_count, "{counted} frames, {} sealed", video.frame_count);
                frames += counted;
            }
        }
        ensure!(frames >= 10, "{frames} frames");
        Ok(format!("{frames} frames, {} files", manifest.files.len()))
    }

    async fn gap(&self) -> anyhow::Result<String> {
        self.until_camera(CameraState::Streaming).await?;
        self.begin(OTHER_SALE).await?;
        self.until_recording(OTHER_SALE, |recording| recording.fragments >= 1).await?;
        vivid::disconnect()?;
        let (_, after) = self.until_left(CameraState::Streaming).await?;
        self.until_camera(CameraState::Streaming).await?;
        let before = self.recording(OTHER_SALE).await?.fragments;
        self.until_recording(OTHER_SALE, |recording| recording.fragments > before).await?;
        self.goods(OTHER_SALE).await?;
        let sealed = self.stop(OTHER_SALE).await?;
        let manifest = self.manifest(OTHER_SALE).await?;
        let lost: Vec<&Gap> = manifest.gaps.iter().filter(|gap| gap.reason == "camera_lost").collect();
        let [gap] = lost[..] else { bail!("{:?} {:?}", sealed.partial_reasons, manifest.gaps) };
        let gap_ms = gap.to_monotonic_ns.saturating_sub(gap.from_monotonic_ns) / 1_000_000;
        Ok(format!("seen after {} ms, gap of {gap_ms} ms", after.as_millis()))
    }

    async fn stall(&self) -> anyhow::Result<String> {
        self.until_camera(CameraState::Streaming).await?;
        vivid::drop_frames(100)?;
        let left = timeout(STALL_WITHIN + PATIENCE, self.until_left(CameraState::Streaming)).await;
        vivid::drop_frames(0)?;
        let (state, after) = left??;
        ensure!(state != CameraState::Absent, "{state:?}");
        ensure!(after < STALL_WITHIN, "{state:?} after {} ms", after.as_millis());
        self.until_camera(CameraState::Streaming).await?;
        Ok(format!("{} ms", after.as_millis()))
    }

    async fn absence(&self) -> anyhow::Result<String> {
        vivid::disconnect()?;
        let begun = Instant::now();
        until("vivid goes", async || vivid::unload("vivid").ok()).await?;
        self.until_camera(CameraState::Absent).await?;
        let absent = begun.elapsed();
        vivid::load()?;
        let begun = Instant::now();
        self.until_camera(CameraState::Streaming).await?;
        Ok(format!("absent after {} ms, back after {} ms", absent.as_millis(), begun.elapsed().as_millis()))
    }

    async fn camera(&self) -> Option<CameraState> {
        let status = self.client.clone().get_device_status(GetDeviceStatusRequest {}).await.ok()?;
        Some(status.get_ref().camera())
    }

    async fn until_camera(&self, wanted: CameraState) -> anyhow::Result<()> {
        let is = async || (self.camera().await == Some(wanted)).then_some(());
        until(&format!("the camera is {wanted:?}"), is).await
    }

    async fn until_left(&self, old: CameraState) -> anyhow::Result<(CameraState, Duration)> {
        let begun = Instant::now();
        let other = async || self.camera().await.filter(|state| *state != old);
        Ok((until(&format!("the camera is no longer {old:?}"), other).await?, begun.elapsed()))
    }

    /// A sale's recording has the sale's id here.
    async fn begin(&self, id: &str) -> anyhow::Result<()> {
        let request = StartRecordingRequest { recording_id: id.into(), sale_id: id.into(), preroll_ms: None };
        let begun =
            self.client.clone().start_recording(request).await?.into_inner().recording.context("none")?;
        ensure!(begun.video_running, "{begun:?}");
        Ok(())
    }

    async fn goods(&self, id: &str) -> anyhow::Result<()> {
        let (goods, media_type) = (b"goods".to_vec(), "text/plain".to_owned());
        let request = AttachGoodsRequest { recording_id: id.into(), goods, media_type };
        self.client.clone().attach_goods(request).await?;
        Ok(())
    }

    async fn recording(&self, id: &str) -> anyhow::Result<Recording> {
        let request = GetRecordingRequest { recording_id: id.into() };
        self.client.clone().get_recording(request).await?.into_inner().recording.context("no recording")
    }

    async fn until_recording(&self, id: &str, is: impl Fn(&Recording) -> bool) -> anyhow::Result<Recording> {
        let fits = async || self.recording(id).await.ok().filter(|recording| is(recording));
        let found = until("the recording is so far", fits).await;
        match found {
            Ok(recording) => Ok(recording),
            Err(error) => Err(error.context(format!("{:?}", self.recording(id).await?))),
        }
    }

    async fn stop(&self, id: &str) -> anyhow::Result<Recording> {
        let request = StopRecordingRequest { recording_id: id.into(), postroll_ms: Some(200) };
        self.client.clone().stop_recording(request).await?;
        self.until_recording(id, |recording| recording.state() >= RecordingState::Sealed).await
    }

    async fn read(&self, sale: &str, name: &str) -> anyhow::Result<Vec<u8>> {
        let request = ReadEvidenceFileRequest { sale_id: sale.into(), name: name.into(), offset_bytes: 0 };
        let mut pieces = self.client.clone().read_evidence_file(request).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.message().await? {
            bytes.extend_from_slice(&piece.data);
        }
        Ok(bytes)
    }

    async fn manifest(&self, sale: &str) -> anyhow::Result<Manifest> {
        let request = GetEvidenceRequest { sale_id: sale.into() };
        let evidence = self.client.clone().get_evidence(request).await?.into_inner();
        ensure!(Sha256::digest(&evidence.manifest).as_slice() == evidence.manifest_sha256);
        Ok(Manifest::decode(&evidence.manifest[..])?)
    }
}

/// Samples of a fragmented MP4, from the `trun` boxes of its fragments (ISO/IEC 14496-12, 8.8.8).
fn frames_in(mp4: &[u8]) -> anyhow::Result<u32> {
    let (mut frames, mut at) = (0, 0);
    while let Some(head) = mp4.get(at..at + 8) {
        let size = u32::from_be_bytes(head[..4].try_into()?) as usize;
        ensure!(size >= 8 && at + size <= mp4.len(), "a box of {size} bytes at {at}");
        match &head[4..] {
            b"moof" | b"traf" => at += 8,
            b"trun" => {
                let count = mp4.get(at + 12..at + 16).context("a short trun")?;
                frames += u32::from_be_bytes(count.try_into()?);
                at += size;
            }
            _ => at += size,
        }
    }
    Ok(frames)
}
