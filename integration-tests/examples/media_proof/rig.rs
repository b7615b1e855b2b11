//! The real service with simulated devices at the far end of its wires.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chit_proto::media_capture::v1::evidence_service_client::EvidenceServiceClient;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::*;
use chit_runtime::{Channel, Shared};
use prost::Message as _;
use serde_json::json;
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOG_LINES: usize = 20;

#[derive(Clone, Copy)]
pub struct Format {
    pub width: u16,
    pub height: u16,
    pub fps: u16,
}

pub struct Rig {
    pub client: MediaCaptureServiceClient<Channel>,
    pub evidence: EvidenceServiceClient<Channel>,
    pub shared: Shared,
    service: Option<Child>,
    config: PathBuf,
    /// Last: it is removed when all else is gone.
    dir: tempfile::TempDir,
}

/// A program of this run: release for the bench, as the variable says; else where this one lies.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = || own.parent().and_then(Path::parent).map(Path::to_owned);
    let folder = std::env::var_os("CHIT_MEDIA_PROGRAMS").map(PathBuf::from).or_else(beside);
    let program = folder.context("no folder of programs")?.join(name);
    ensure!(program.exists(), "{} is not built", program.display());
    Ok(program)
}

impl Rig {
    /// `keys` are more lines of `[media-capture]`.
    pub async fn start(format: Format, keys: &str) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("media-").tempdir_in("/tmp")?;
        let shared = Shared::sandbox_in(dir.path());
        for folder in [&shared.run_dir, &shared.state_dir, &shared.keys_dir] {
            fs::create_dir_all(folder)?;
        }
        fs::write(shared.keys_dir.join("media-device.key"), [7; 32])?;
        fs::write(shared.keys_dir.join("evidence.key"), [8; 32])?;
        let camera = program("sim-camera")?;
        let state = dir.path().join("camera.json");
        let Format { width, height, fps } = format;
        let config = dir.path().join("chit.toml");
        let text = format!(
            "[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\n\
             [media-capture]\nshop_name = \"惠民便利小店\"\ntill = \"01\"\n\
             worker = [{camera:?}, \"--state\", {state:?}, \"--width\", \"{width}\", \"--height\", \"{height}\", \
             \"--fps\", \"{fps}\"]\n{keys}\n"
        );
        fs::write(&config, text)?;
        let to = || chit_runtime::channel(&shared, "media-capture");
        let (client, evidence) = (MediaCaptureServiceClient::new(to()), EvidenceServiceClient::new(to()));
        let mut rig = Self { client, evidence, shared, service: None, config, dir };
        rig.begin_service().await?;
        Ok(rig)
    }

    pub async fn begin_service(&mut self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.dir.path().join("service.log"))?;
        let mut command = Command::new(program("chit-media-capture")?);
        command.arg("--config").arg(&self.config).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.service = Some(command.spawn()?);
        let client = self.client.clone();
        until("the camera streams", || {
            let mut client = client.clone();
            async move {
                let status = client.get_device_status(GetDeviceStatusRequest {}).await.ok()?.into_inner();
                (status.camera() == CameraState::Streaming).then_some(())
            }
        })
        .await
        .with_context(|| self.said())
    }

    /// As by a power cut.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut service) = self.service.take() {
            service.kill()?;
            service.wait()?;
        }
        Ok(())
    }

    pub fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.service.as_ref().context("the service is not running")?.id())
    }

    /// The end of the service's log.
    pub fn said(&self) -> String {
        let log = fs::read_to_string(self.dir.path().join("service.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// What is held before the camera.
    pub fn hold(&self, png: Option<&Path>) -> anyhow::Result<()> {
        let fresh = self.dir.path().join("camera.new");
        fs::write(&fresh, json!({ "png": png }).to_string())?;
        Ok(fs::rename(fresh, self.dir.path().join("camera.json"))?)
    }

    pub fn scratch(&self) -> &Path {
        self.dir.path()
    }

    /// A sale's recording has the sale's id here.
    pub async fn start_recording(&self, id: &str) -> anyhow::Result<Recording> {
        let request = StartRecordingRequest { recording_id: id.into(), sale_id: id.into(), preroll_ms: None };
        let mut client = self.client.clone();
        client.start_recording(request).await?.into_inner().recording.context("no recording")
    }

    pub async fn goods(&self, id: &str) -> anyhow::Result<()> {
        let (goods, media_type) = (b"goods".to_vec(), "text/plain".to_owned());
        let request = AttachGoodsRequest { recording_id: id.into(), goods, media_type };
        self.client.clone().attach_goods(request).await?;
        Ok(())
    }

    pub async fn photo(&self, id: &str) -> anyhow::Result<()> {
        let request = TakePhotoRequest { recording_id: id.into(), kind: PhotoKind::PayerAndGoods.into() };
        self.client.clone().take_photo(request).await?;
        Ok(())
    }

    /// Stops at once; returns when it is sealed, and how long that took.
    pub async fn seal(&self, id: &str) -> anyhow::Result<(Recording, Duration)> {
        let mut client = self.client.clone();
        let watch = WatchRecordingRequest { recording_id: id.into(), after_revision: 0 };
        let mut events = client.watch_recording(watch).await?.into_inner();
        let asked = Instant::now();
        client.stop_recording(StopRecordingRequest { recording_id: id.into(), postroll_ms: Some(0) }).await?;
        while let Some(event) = events.message().await? {
            let recording = event.recording.context("no recording")?;
            if recording.state() >= RecordingState::Sealed {
                return Ok((recording, asked.elapsed()));
            }
        }
        bail!("the stream ended before the seal")
    }

    /// Returns when the first half second of film is durable.
    pub async fn until_fragment(&self, id: &str) -> anyhow::Result<()> {
        let watch = WatchRecordingRequest { recording_id: id.into(), after_revision: 0 };
        let mut events = self.client.clone().watch_recording(watch).await?.into_inner();
        while let Some(event) = events.message().await? {
            if event.recording.is_some_and(|recording| recording.fragments > 0) {
                return Ok(());
            }
        }
        bail!("the stream ended before a fragment")
    }

    pub async fn manifest(&self, sale: &str) -> anyhow::Result<Manifest> {
        let request = GetEvidenceRequest { sale_id: sale.into() };
        let evidence = self.client.clone().get_evidence(request).await?.into_inner();
        Ok(Manifest::decode(&evidence.manifest[..])?)
    }

    pub async fn read(&self, sale: &str, name: &str) -> anyhow::Result<Vec<u8>> {
        let request = ReadEvidenceFileRequest { sale_id: sale.into(), name: name.into(), offset_bytes: 0 };
        let mut pieces = self.client.clone().read_evidence_file(request).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.message().await? {
            bytes.extend_from_slice(&piece.data);
        }
        Ok(bytes)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.kill();
    }
}

pub fn new_id() -> String {
    ulid::Ulid::generate().to_string()
}

async fn until<F: Future<Output = Option<()>>>(what: &str, found: impl Fn() -> F) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while found().await.is_none() {
        ensure!(Instant::now() < deadline, "{} s passed without: {what}", PATIENCE.as_secs());
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
