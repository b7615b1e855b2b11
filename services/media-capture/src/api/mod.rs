//! The gRPC face: one file a call. Decode, one domain call, encode.

mod attach_goods;
mod calls;
mod capture_pause;
mod custody;
mod encode;
mod evidence;
mod export;
mod get_device_status;
mod photograph;
mod start_recording;
mod station;
mod stop_recording;
mod take_photo;
mod take_snapshot;
mod watch_frames;
mod watch_recording;

pub use calls::CALLS;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chit_proto::media_capture::v1::media_capture_service_server::MediaCaptureService;
use chit_proto::media_capture::v1::*;
use chit_runtime::Clock;
use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::device::camera::CamerasState;
use crate::device::captions::Captions;
use crate::device::engine::Views;
use crate::device::engine_queue::EngineQueue;
use crate::device::eye::Eye;
use crate::device::microphone::MicrophoneState;
use crate::device::sound::Sound;
use crate::evidence::film_keys::FilmKeys;
use crate::evidence::keys::Keepers;
use crate::studio::Studio;
pub use station::Speaker;

pub struct Parts {
    pub studio: Studio,
    pub engine: EngineQueue,
    pub eye: Eye,
    pub views: Views,
    pub camera: watch::Receiver<CamerasState>,
    pub microphone: watch::Receiver<MicrophoneState>,
    pub captions: Arc<Mutex<Captions>>,
    pub clock: Clock,
    pub evidence: PathBuf,
    pub keepers: Arc<Keepers>,
    pub film_keys: Arc<FilmKeys>,
    pub paper_wait: Duration,
    pub logged: watch::Sender<()>,
    /// One export at a time: it takes a processor.
    pub exporting: Arc<tokio::sync::Mutex<()>>,
    pub sound: Arc<OnceLock<Sound>>,
    pub speaker: Speaker,
    pub postroll: Duration,
    pub preroll_max_ms: u32,
}

#[derive(Clone)]
pub struct Api(Arc<Parts>);

impl Api {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

type Streaming<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl MediaCaptureService for Api {
    async fn start_recording(
        &self,
        request: Request<StartRecordingRequest>,
    ) -> Answer<StartRecordingResponse> {
        self.start(request.into_inner()).await.map(Response::new)
    }

    async fn take_photo(&self, request: Request<TakePhotoRequest>) -> Answer<TakePhotoResponse> {
        self.photo(request.into_inner()).await.map(Response::new)
    }

    async fn attach_goods(&self, request: Request<AttachGoodsRequest>) -> Answer<AttachGoodsResponse> {
        self.goods(request.into_inner()).await.map(Response::new)
    }

    async fn stop_recording(&self, request: Request<StopRecordingRequest>) -> Answer<StopRecordingResponse> {
        self.stop(request.into_inner()).await.map(Response::new)
    }

    async fn get_recording(&self, request: Request<GetRecordingRequest>) -> Answer<GetRecordingResponse> {
        self.recording(request.into_inner()).await.map(Response::new)
    }

    type WatchRecordingStream = Streaming<WatchRecordingResponse>;

    async fn watch_recording(
        &self,
        request: Request<WatchRecordingRequest>,
    ) -> Answer<Self::WatchRecordingStream> {
        self.watch(request.into_inner()).await.map(Response::new)
    }

    async fn take_snapshot(&self, _: Request<TakeSnapshotRequest>) -> Answer<TakeSnapshotResponse> {
        self.snapshot().await.map(Response::new)
    }

    type WatchFramesStream = Streaming<WatchFramesResponse>;

    async fn watch_frames(&self, request: Request<WatchFramesRequest>) -> Answer<Self::WatchFramesStream> {
        self.frames(request.into_inner()).map(Response::new)
    }

    async fn pause_capture(&self, request: Request<PauseCaptureRequest>) -> Answer<PauseCaptureResponse> {
        self.pause(request.into_inner()).await.map(Response::new)
    }

    async fn resume_capture(&self, _: Request<ResumeCaptureRequest>) -> Answer<ResumeCaptureResponse> {
        self.resume().await.map(Response::new)
    }

    async fn get_evidence(&self, request: Request<GetEvidenceRequest>) -> Answer<GetEvidenceResponse> {
        self.evidence(request.into_inner()).await.map(Response::new)
    }

    type ReadEvidenceFileStream = Streaming<ReadEvidenceFileResponse>;

    async fn read_evidence_file(
        &self,
        request: Request<ReadEvidenceFileRequest>,
    ) -> Answer<Self::ReadEvidenceFileStream> {
        self.read_file(request.into_inner()).await.map(Response::new)
    }

    async fn get_device_status(&self, _: Request<GetDeviceStatusRequest>) -> Answer<GetDeviceStatusResponse> {
        self.device_status().await.map(Response::new)
    }
}
