//! The real service process in a folder of its own, and a camera at the far end of the frame pipe.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use chit_media_capture::device::time::monotonic_ns;
use chit_media_capture::domain::frame_pipe::{Hello, encode_frame_header};
use chit_proto::media_capture::v1::evidence_service_client::EvidenceServiceClient;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::station_service_client::StationServiceClient;
use chit_proto::media_capture::v1::*;
use chit_runtime::Channel;
use chit_runtime::config::Shared;
use tokio::time::timeout;

pub const DEADLINE: Duration = Duration::from_secs(20);
pub const SEED: [u8; 32] = [42; 32];
pub const EVIDENCE_SEED: [u8; 32] = [43; 32];
pub const SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2F";
pub const RECORDING: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2E";

const WIDTH: u16 = 160;
const HEIGHT: u16 = 120;
const FRAME_EVERY: Duration = Duration::from_millis(66);

pub type Client = MediaCaptureServiceClient<Channel>;

pub struct Rig {
    pub shared: Shared,
    pub client: Client,
    pub evidence: EvidenceServiceClient<Channel>,
    pub station: StationServiceClient<Channel>,
    service: Child,
    // Last: it is removed when all else is gone.
    pub dir: tempfile::TempDir,
}

impl Rig {
    /// With a camera that streams; see `Camera` for its faults.
    pub async fn with_camera() -> (Self, Camera) {
        Self::with_camera_and("").await
    }

    /// `keys` are more lines of `[media-capture]`.
    pub async fn with_camera_and(keys: &str) -> (Self, Camera) {
        let dir = tempfile::tempdir().unwrap();
        let (camera, worker) = Camera::at(&dir.path().join("camera"), "test camera");
        let mut rig = Self::start(dir, &format!("worker = {worker}\n{keys}")).await;
        rig.wait_for_camera(CameraState::Streaming).await;
        (rig, camera)
    }

    pub async fn without_camera() -> Self {
        Self::start(tempfile::tempdir().unwrap(), r#"worker = ["sh", "-c", "exit 3"]"#).await
    }

    pub async fn start(dir: tempfile::TempDir, keys: &str) -> Self {
        let shared = Shared::sandbox_in(dir.path());
        fs::create_dir_all(&shared.keys_dir).unwrap();
        fs::write(shared.keys_dir.join("media-device.key"), SEED).unwrap();
        fs::write(shared.keys_dir.join("evidence.key"), EVIDENCE_SEED).unwrap();
        let paper_wait = if keys.contains("paper_wait_ms") { "" } else { "paper_wait_ms = 50\n" };
        let config = format!(
            "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = true\n\
             [media-capture]\nstall_ms = 400\nbackoff_ms_min = 20\nbackoff_ms_max = 100\n\
             {paper_wait}{keys}\n"
        );
        fs::write(dir.path().join("chit.toml"), config).unwrap();
        let service = spawn(dir.path());
        let to = || chit_runtime::channel(&shared, "media-capture");
        let (client, evidence) = (Client::new(to()), EvidenceServiceClient::new(to()));
        let station = StationServiceClient::new(to());
        let mut rig = Self { shared, client, evidence, station, service, dir };
        rig.wait_until_serving().await;
        rig
    }

    /// Killed as by a power cut.
    pub fn kill(&mut self) {
        self.service.kill().unwrap();
        self.service.wait().unwrap();
    }

    /// Another value of a key of `[media-capture]`, for the next start.
    pub fn set(&self, key: &str, value: &str) {
        let path = self.dir.path().join("chit.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{key} = {value}\n")).unwrap();
    }

    /// Killed, then started again on the same state.
    pub async fn kill_and_restart(&mut self) {
        self.kill();
        self.service = spawn(self.dir.path());
        self.wait_until_serving().await;
    }

    async fn wait_until_serving(&mut self) {
        let mut tries = tokio::time::interval(Duration::from_millis(20));
        let serving = async {
            while self.client.get_device_status(GetDeviceStatusRequest {}).await.is_err() {
                tries.tick().await;
            }
        };
        timeout(DEADLINE, serving).await.expect("the service serves in time");
    }

    pub async fn wait_for_camera(&mut self, wanted: CameraState) {
        let mut tries = tokio::time::interval(Duration::from_millis(20));
        let reached = async {
            loop {
                let status = self.client.get_device_status(GetDeviceStatusRequest {}).await.unwrap();
                if status.get_ref().camera() == wanted {
                    break;
                }
                tries.tick().await;
            }
        };
        timeout(DEADLINE, reached).await.unwrap_or_else(|_| panic!("the camera becomes {wanted:?}"));
    }

    pub async fn begin(&mut self, recording_id: &str, sale_id: &str) -> Recording {
        let request = StartRecordingRequest {
            recording_id: recording_id.into(),
            sale_id: sale_id.into(),
            preroll_ms: None,
        };
        self.client.start_recording(request).await.unwrap().into_inner().recording.unwrap()
    }

    pub async fn photo(&mut self, recording_id: &str, kind: PhotoKind) -> TakePhotoResponse {
        let request = TakePhotoRequest { recording_id: recording_id.into(), kind: kind.into() };
        self.client.take_photo(request).await.unwrap().into_inner()
    }

    pub async fn goods(&mut self, recording_id: &str, goods: &[u8]) -> Result<Recording, tonic::Status> {
        let request = AttachGoodsRequest {
            recording_id: recording_id.into(),
            goods: goods.into(),
            media_type: "application/protobuf".into(),
        };
        Ok(self.client.attach_goods(request).await?.into_inner().recording.unwrap())
    }

    pub async fn stop(&mut self, recording_id: &str, postroll_ms: u32) -> Recording {
        let request =
            StopRecordingRequest { recording_id: recording_id.into(), postroll_ms: Some(postroll_ms) };
        self.client.stop_recording(request).await.unwrap().into_inner().recording.unwrap()
    }

    /// Watches until an event fits.
    pub async fn watch_until(&mut self, recording_id: &str, fits: impl Fn(&Recording) -> bool) -> Recording {
        let request = WatchRecordingRequest { recording_id: recording_id.into(), after_revision: 0 };
        let mut events = self.client.watch_recording(request).await.unwrap().into_inner();
        let found = async {
            loop {
                let event = events.message().await.unwrap().expect("the stream goes on until the end");
                let recording = event.recording.unwrap();
                if fits(&recording) {
                    return recording;
                }
            }
        };
        timeout(DEADLINE, found).await.expect("the event comes in time")
    }

    pub async fn until_sealed(&mut self, recording_id: &str) -> Recording {
        let is_final = |recording: &Recording| recording.state() >= RecordingState::Sealed;
        self.watch_until(recording_id, is_final).await
    }

    pub async fn file(
        &mut self,
        sale_id: &str,
        name: &str,
        offset_bytes: u64,
    ) -> Result<Vec<u8>, tonic::Status> {
        let request = ReadEvidenceFileRequest { sale_id: sale_id.into(), name: name.into(), offset_bytes };
        let mut pieces = self.client.read_evidence_file(request).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.message().await? {
            assert!(piece.data.len() <= 64 * 1024);
            bytes.extend_from_slice(&piece.data);
        }
        Ok(bytes)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

fn spawn(dir: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chit-media-capture"))
        .arg("--config")
        .arg(dir.join("chit.toml"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Feeds a FIFO that the service's "worker" (`cat`) reads.
pub struct Camera {
    orders: Sender<Fault>,
}

pub enum Fault {
    /// Closes the pipe, as a worker that died; the next worker gets frames again.
    Unplug,
    /// Keeps the pipe open and says nothing until it is closed at the other end.
    Freeze,
}

impl Camera {
    /// The camera, and the worker of the configuration that shows it.
    pub fn at(fifo: &Path, device_id: &'static str) -> (Self, String) {
        rustix::fs::mkfifoat(rustix::fs::CWD, fifo, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let (orders, inbox) = channel();
        let worker = format!(r#"["sh", "-c", "exec cat {}"]"#, fifo.display());
        let fifo = fifo.to_owned();
        std::thread::spawn(move || while feed(&fifo, device_id, &inbox).is_some() {});
        (Self { orders }, worker)
    }

    pub fn fault(&self, fault: Fault) {
        self.orders.send(fault).unwrap();
    }
}

/// One worker's life; `None` when the test is over.
fn feed(fifo: &Path, device_id: &str, inbox: &Receiver<Fault>) -> Option<()> {
    // Blocks until the worker opens the other end.
    let mut pipe = fs::OpenOptions::new().write(true).open(fifo).ok()?;
    let hello = Hello { width: WIDTH, height: HEIGHT, fps_num: 15, fps_den: 1, device_id: device_id.into() };
    let mut written = pipe.write_all(&hello.encode());
    let mut frozen = false;
    for seq in 0u32.. {
        if written.is_err() {
            return Some(());
        }
        if !frozen {
            let luma = usize::from(WIDTH) * usize::from(HEIGHT);
            let mut i420: Vec<u8> = (0..luma).map(|at| (at as u32 + seq * 3) as u8).collect();
            i420.resize(luma * 3 / 2, 128);
            let header = encode_frame_header(seq, monotonic_ns(), i420.len());
            written = pipe.write_all(&header).and_then(|()| pipe.write_all(&i420));
        }
        match inbox.recv_timeout(FRAME_EVERY) {
            Err(RecvTimeoutError::Timeout) if frozen => written = pipe.write_all(&[]),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
            Ok(Fault::Unplug) => return Some(()),
            Ok(Fault::Freeze) => frozen = true,
        }
    }
    None
}
