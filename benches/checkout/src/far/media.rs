//! A camera that has every photo at once, and seals a clip as soon as it is asked to stop.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chit_proto::media_capture::v1 as proto;
use proto::RecordingState::{Recording as Running, Sealed};
use tokio::sync::mpsc::UnboundedSender;
use tonic::Status;

use super::plumbing::{Answer, Call, stream, unary, unimplemented};

type Watcher = UnboundedSender<Result<proto::WatchRecordingResponse, Status>>;

#[derive(Clone, Default)]
pub struct Media(Arc<Mutex<Clips>>);

#[derive(Default)]
struct Clips {
    recordings: HashMap<String, proto::Recording>,
    watchers: HashMap<String, Vec<Watcher>>,
}

impl Media {
    fn lock(&self) -> std::sync::MutexGuard<'_, Clips> {
        self.0.lock().expect("the clips are whole")
    }

    fn start(&self, request: proto::StartRecordingRequest) -> Option<proto::Recording> {
        let fresh = proto::Recording {
            recording_id: request.recording_id.clone(),
            sale_id: request.sale_id,
            state: Running as i32,
            video_running: true,
            revision: 1,
            ..proto::Recording::default()
        };
        Some(self.lock().recordings.entry(request.recording_id).or_insert(fresh).clone())
    }

    fn stop(&self, id: &str) -> Option<proto::Recording> {
        let mut clips = self.lock();
        let recording = clips.recordings.get_mut(id)?;
        if recording.state() != Sealed {
            recording.state = Sealed as i32;
            recording.manifest_sha256 = vec![9; 32];
            recording.photo_1_sha256 = vec![1; 32];
            recording.revision += 1;
        }
        let sealed = recording.clone();
        for watcher in clips.watchers.remove(id).unwrap_or_default() {
            let _gone = watcher.send(Ok(event(&sealed)));
        }
        Some(sealed)
    }

    pub async fn answer(self, method: &str, call: Call) -> Answer {
        match method {
            "StartRecording" => {
                unary(call, move |request| {
                    Ok(proto::StartRecordingResponse { recording: self.start(request) })
                })
                .await
            }
            "TakePhoto" => {
                unary(call, |request: proto::TakePhotoRequest| {
                    let sha256 = vec![request.kind as u8; 32];
                    Ok(proto::TakePhotoResponse { sha256, recording: None })
                })
                .await
            }
            "AttachGoods" => {
                unary(call, |_: proto::AttachGoodsRequest| Ok(proto::AttachGoodsResponse::default())).await
            }
            "StopRecording" => {
                unary(call, move |request: proto::StopRecordingRequest| {
                    let recording = self.stop(&request.recording_id);
                    Ok(proto::StopRecordingResponse { recording })
                })
                .await
            }
            "WatchRecording" => {
                stream(call, move |request: proto::WatchRecordingRequest| {
                    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
                    let mut clips = self.lock();
                    match clips.recordings.get(&request.recording_id) {
                        Some(known) if known.state() == Sealed => {
                            let _gone = sender.send(Ok(event(known)));
                        }
                        _ => clips.watchers.entry(request.recording_id).or_default().push(sender),
                    }
                    receiver
                })
                .await
            }
            "TakeSnapshot" => {
                unary(call, |_: proto::TakeSnapshotRequest| {
                    Ok(proto::TakeSnapshotResponse { jpeg: vec![0xff; 8_000], sha256: vec![1; 32] })
                })
                .await
            }
            "PauseCapture" => {
                unary(call, |_: proto::PauseCaptureRequest| Ok(proto::PauseCaptureResponse::default())).await
            }
            "ResumeCapture" => {
                unary(call, |_: proto::ResumeCaptureRequest| Ok(proto::ResumeCaptureResponse::default()))
                    .await
            }
            "GetDeviceStatus" => {
                unary(call, |_: proto::GetDeviceStatusRequest| {
                    let camera = proto::CameraState::Streaming as i32;
                    Ok(proto::GetDeviceStatusResponse { camera, ..Default::default() })
                })
                .await
            }
            "NoteSale" => {
                unary(call, |_: proto::NoteSaleRequest| Ok(proto::NoteSaleResponse::default())).await
            }
            "HoldEvidence" => {
                unary(call, |_: proto::HoldEvidenceRequest| Ok(proto::HoldEvidenceResponse::default())).await
            }
            "ReleaseHold" => {
                unary(call, |_: proto::ReleaseHoldRequest| Ok(proto::ReleaseHoldResponse::default())).await
            }
            "Announce" => {
                unary(call, |_: proto::AnnounceRequest| Ok(proto::AnnounceResponse::default())).await
            }
            "WatchEvidenceLog" => {
                stream(call, |_: proto::WatchEvidenceLogRequest| {
                    super::open_with(Vec::<proto::WatchEvidenceLogResponse>::new())
                })
                .await
            }
            _ => unimplemented(),
        }
    }
}

fn event(recording: &proto::Recording) -> proto::WatchRecordingResponse {
    proto::WatchRecordingResponse { kind: 1, recording: Some(recording.clone()) }
}
