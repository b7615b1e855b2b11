//! A media-capture that has one video of a hundred bytes.

use std::pin::Pin;

use chit_proto::media_capture::v1::media_capture_service_server::{
    MediaCaptureService, MediaCaptureServiceServer,
};
use chit_proto::media_capture::v1::*;
use chit_runtime::{Context, Server};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

pub const VIDEO_BYTES: u8 = 100;
/// As media-capture cuts a file, only smaller.
const PIECE: usize = 7;

struct FakeMedia;

pub fn serve(ctx: &Context) {
    let media = MediaCaptureServiceServer::new(FakeMedia);
    tokio::spawn(Server::new(ctx, chit_proto::FILE_DESCRIPTOR_SET).add(media).run());
}

type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

macro_rules! media {
    ($($method:ident($request:ident) -> $response:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl MediaCaptureService for FakeMedia {
            type WatchRecordingStream = Streamed<WatchRecordingResponse>;
            type WatchFramesStream = Streamed<WatchFramesResponse>;
            type ReadEvidenceFileStream = Streamed<ReadEvidenceFileResponse>;

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Ok(Response::new($response::default()))
            })*

            async fn watch_recording(
                &self,
                _: Request<WatchRecordingRequest>,
            ) -> Result<Response<Self::WatchRecordingStream>, Status> {
                Err(Status::unimplemented("not played"))
            }

            async fn watch_frames(
                &self,
                _: Request<WatchFramesRequest>,
            ) -> Result<Response<Self::WatchFramesStream>, Status> {
                Err(Status::unimplemented("not played"))
            }

            async fn read_evidence_file(
                &self,
                request: Request<ReadEvidenceFileRequest>,
            ) -> Result<Response<Self::ReadEvidenceFileStream>, Status> {
                let from = usize::try_from(request.into_inner().offset_bytes).unwrap();
                let bytes: Vec<u8> = (0..VIDEO_BYTES).skip(from).collect();
                let pieces: Vec<_> =
                    bytes.chunks(PIECE).map(|piece| Ok(ReadEvidenceFileResponse { data: piece.to_vec() })).collect();
                Ok(Response::new(Box::pin(tokio_stream::iter(pieces))))
            }
        }
    };
}

media! {
    start_recording(StartRecordingRequest) -> StartRecordingResponse,
    take_photo(TakePhotoRequest) -> TakePhotoResponse,
    attach_goods(AttachGoodsRequest) -> AttachGoodsResponse,
    stop_recording(StopRecordingRequest) -> StopRecordingResponse,
    get_recording(GetRecordingRequest) -> GetRecordingResponse,
    take_snapshot(TakeSnapshotRequest) -> TakeSnapshotResponse,
    pause_capture(PauseCaptureRequest) -> PauseCaptureResponse,
    resume_capture(ResumeCaptureRequest) -> ResumeCaptureResponse,
    get_evidence(GetEvidenceRequest) -> GetEvidenceResponse,
    get_device_status(GetDeviceStatusRequest) -> GetDeviceStatusResponse,
}
