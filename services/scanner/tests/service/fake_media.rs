//! A media-capture that shows one picture for ever.

use std::time::Duration;

use chit_proto::media_capture::v1 as pb;
use chit_proto::media_capture::v1::media_capture_service_server::{
    MediaCaptureService, MediaCaptureServiceServer,
};
use chit_runtime::{Context, Server};
use qrcode::{Color, QrCode};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
const MODULE_PX: usize = 6;

#[derive(Clone)]
pub struct Picture {
    grey: Vec<u8>,
    old: bool,
}

impl Picture {
    pub fn empty() -> Self {
        Self { grey: vec![180; WIDTH * HEIGHT], old: false }
    }

    pub fn of_code(payload: &[u8]) -> Self {
        let code = QrCode::new(payload).unwrap();
        let mut picture = Self::empty();
        let side = code.width() * MODULE_PX;
        for at in 0..side * side {
            let (x, y) = (at % side, at / side);
            if code[(x / MODULE_PX, y / MODULE_PX)] == Color::Dark {
                picture.grey[(y + 60) * WIDTH + x + 100] = 30;
            }
        }
        picture
    }

    pub fn plane(self) -> (u32, u32, Vec<u8>) {
        (WIDTH as u32, HEIGHT as u32, self.grey)
    }

    pub fn taken_long_ago(self) -> Self {
        Self { old: true, ..self }
    }

    fn frame(&self, seq: u32) -> pb::WatchFramesResponse {
        let now = clock_gettime(ClockId::Monotonic);
        let now_ns = now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64;
        pb::WatchFramesResponse {
            seq,
            width: WIDTH as u32,
            height: HEIGHT as u32,
            grey: self.grey.clone(),
            monotonic_ns: if self.old { 1 } else { now_ns },
        }
    }
}

pub struct FakeMedia {
    picture: Picture,
}

impl FakeMedia {
    pub async fn serve(ctx: Context, picture: Picture) -> anyhow::Result<()> {
        let service = MediaCaptureServiceServer::new(Self { picture });
        Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).add(service).run().await
    }
}

type Stream<T> = ReceiverStream<Result<T, Status>>;

fn pictures_only<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("this fake shows pictures only"))
}

macro_rules! fake {
    ($($not_needed:ident($request:ident) -> $response:ident;)+) => {
        #[tonic::async_trait]
        impl MediaCaptureService for FakeMedia {
            type WatchFramesStream = Stream<pb::WatchFramesResponse>;
            type WatchRecordingStream = Stream<pb::WatchRecordingResponse>;
            type ReadEvidenceFileStream = Stream<pb::ReadEvidenceFileResponse>;

            async fn watch_frames(
                &self,
                _: Request<pb::WatchFramesRequest>,
            ) -> Result<Response<Self::WatchFramesStream>, Status> {
                let (frames, stream) = mpsc::channel(1);
                let picture = self.picture.clone();
                tokio::spawn(async move {
                    let mut pace = tokio::time::interval(Duration::from_millis(66));
                    for seq in 0.. {
                        pace.tick().await;
                        if frames.send(Ok(picture.frame(seq))).await.is_err() {
                            return;
                        }
                    }
                });
                Ok(Response::new(ReceiverStream::new(stream)))
            }

            async fn get_device_status(
                &self,
                _: Request<pb::GetDeviceStatusRequest>,
            ) -> Result<Response<pb::GetDeviceStatusResponse>, Status> {
                let camera = pb::CameraState::Streaming.into();
                Ok(Response::new(pb::GetDeviceStatusResponse { camera, ..Default::default() }))
            }

            async fn watch_recording(
                &self,
                _: Request<pb::WatchRecordingRequest>,
            ) -> Result<Response<Self::WatchRecordingStream>, Status> {
                pictures_only()
            }

            async fn read_evidence_file(
                &self,
                _: Request<pb::ReadEvidenceFileRequest>,
            ) -> Result<Response<Self::ReadEvidenceFileStream>, Status> {
                pictures_only()
            }

            $(async fn $not_needed(
                &self,
                _: Request<pb::$request>,
            ) -> Result<Response<pb::$response>, Status> {
                pictures_only()
            })+
        }
    };
}

fake! {
    start_recording(StartRecordingRequest) -> StartRecordingResponse;
    take_photo(TakePhotoRequest) -> TakePhotoResponse;
    attach_goods(AttachGoodsRequest) -> AttachGoodsResponse;
    stop_recording(StopRecordingRequest) -> StopRecordingResponse;
    get_recording(GetRecordingRequest) -> GetRecordingResponse;
    take_snapshot(TakeSnapshotRequest) -> TakeSnapshotResponse;
    pause_capture(PauseCaptureRequest) -> PauseCaptureResponse;
    resume_capture(ResumeCaptureRequest) -> ResumeCaptureResponse;
    get_evidence(GetEvidenceRequest) -> GetEvidenceResponse;
}
