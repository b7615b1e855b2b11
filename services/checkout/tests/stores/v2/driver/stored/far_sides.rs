//! The other services, as far as the store needs them: each answers at once, or holds what a knob says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use chit_proto::ledger::v1 as ledger;
use chit_proto::media_capture::v1 as media;
use chit_proto::printer::v1 as printer;
use chit_proto::sms_gateway::v1 as sms;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Code, Status};

use super::far::{Answer, Call, FarSide, stream, unary, unknown};

/// What becomes of the next receipt.
#[derive(Clone, Copy, Default)]
pub enum Paper {
    #[default]
    Whole,
    Blocked,
    Sending,
    InDoubt,
    Failed,
    /// The job is taken and nothing more is heard.
    Waiting,
}

#[derive(Default)]
pub struct Knobs {
    pub paper: Paper,
    /// Photos are not answered: the sale stays COMMITTED for 300 ms.
    pub hold_photos: bool,
    /// Clips do not end: the sale stays RELEASED.
    pub hold_clips: bool,
    /// Facts are not answered: the sale stays SEALED.
    pub hold_facts: bool,
    pub no_camera: bool,
    /// Transfers about these sales are refused.
    pub refuse: BTreeSet<String>,
    pub refuse_all: bool,
    /// Batches are not answered: their sales stay SUBMITTED.
    pub hold_transfers: bool,
    /// What becomes of messages to these numbers; all others are delivered.
    pub fate: BTreeMap<String, sms::MessageState>,
    /// Jobs that somebody follows.
    pub watched: BTreeSet<String>,
    recordings: BTreeMap<String, media::Recording>,
    seq: u64,
}

#[derive(Clone)]
pub struct World {
    knobs: Arc<Mutex<Knobs>>,
    changed: Arc<watch::Sender<()>>,
}

const BUFFER: usize = 16;

impl World {
    pub fn serve(run_dir: &Path) -> Self {
        let world = Self { knobs: Arc::default(), changed: Arc::new(watch::Sender::new(())) };
        std::fs::create_dir_all(run_dir).unwrap();
        for service in ["ledger", "printer", "media-capture", "sms-gateway"] {
            let listener = UnixListener::bind(run_dir.join(format!("{service}.sock"))).unwrap();
            let here = world.clone();
            let far = FarSide(move |call| here.clone().answer(call));
            let incoming = UnixListenerStream::new(listener);
            tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(far, incoming));
        }
        world
    }

    pub fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap()
    }

    async fn answer(self, call: Call) -> Answer {
        let path = call.uri().path().to_owned();
        let (service, method) = path.trim_start_matches('/').split_once('/').unwrap();
        match service {
            "chit.ledger.v1.LedgerService" => self.ledger(method, call).await,
            "chit.printer.v1.PrinterService" => self.printer(method, call).await,
            "chit.media_capture.v1.MediaCaptureService" => self.media(method, call).await,
            "chit.sms_gateway.v1.SmsGatewayService" => self.sms(method, call).await,
            _ => unknown(),
        }
    }

    async fn ledger(self, method: &str, call: Call) -> Answer {
        let held = match method {
            "RecordFact" => self.knobs().hold_facts,
            "CreateTransfers" => self.knobs().hold_transfers,
            _ => false,
        };
        if held {
            return std::future::pending().await;
        }
        match method {
            "CreateAccount" => {
                unary(call, |request: ledger::CreateAccountRequest| {
                    Ok(ledger::CreateAccountResponse { account: request.account })
                })
                .await
            }
            "CreateTransfer" => {
                unary(call, move |request: ledger::CreateTransferRequest| {
                    let mut transfer = request.transfer.unwrap();
                    transfer.journal_seq = self.transfer(&transfer)?;
                    let (seq, root) = (transfer.journal_seq, vec![6; 32]);
                    let head = Some(ledger::Head { seq, root, hash: vec![5; 32], ..Default::default() });
                    Ok(ledger::CreateTransferResponse { transfer: Some(transfer), exists: false, head })
                })
                .await
            }
            "CreateTransfers" => {
                unary(call, move |request: ledger::CreateTransfersRequest| {
                    request.transfers.iter().try_for_each(|one| self.transfer(one).map(|_seq| ()))?;
                    Ok(ledger::CreateTransfersResponse { transfers: request.transfers, head: None })
                })
                .await
            }
            "RecordFact" => {
                unary(call, |request: ledger::RecordFactRequest| {
                    Ok(ledger::RecordFactResponse { fact: request.fact, head: None })
                })
                .await
            }
            _ => unknown(),
        }
    }

    fn transfer(&self, transfer: &ledger::Transfer) -> Result<u64, Status> {
        let mut knobs = self.knobs();
        if knobs.refuse_all || knobs.refuse.contains(&transfer.external_ref) {
            return Err(chit_runtime::error::status(
                Code::FailedPrecondition,
                "CREDIT_LIMIT_EXCEEDED",
                "refused",
            ));
        }
        knobs.seq += 1;
        Ok(knobs.seq)
    }

    async fn printer(self, method: &str, call: Call) -> Answer {
        match method {
            "SubmitJob" => {
                unary(call, |request: printer::SubmitJobRequest| {
                    let job = job(&request.job_id, 1, printer::JobState::Queued);
                    Ok(printer::SubmitJobResponse { job: Some(job) })
                })
                .await
            }
            "CancelJob" => {
                unary(call, |_: printer::CancelJobRequest| Ok(printer::CancelJobResponse::default())).await
            }
            "WatchJob" => {
                stream(call, move |request: printer::WatchJobRequest| {
                    use printer::JobEventKind::{Fence, LastByte, State};
                    use printer::JobState::{
                        AwaitingFence, Blocked, Failed, InDoubt, Printed, Queued, Sending,
                    };
                    let script: &[_] = match self.knobs().paper {
                        Paper::Whole => &[(State, Queued), (LastByte, AwaitingFence), (Fence, Printed)],
                        Paper::Blocked => &[(State, Blocked)],
                        Paper::Sending => &[(State, Queued), (State, Sending)],
                        Paper::InDoubt => &[(State, Queued), (State, Sending), (State, InDoubt)],
                        Paper::Failed => &[(State, Queued), (State, Failed)],
                        Paper::Waiting => &[(State, Queued)],
                    };
                    let (sender, receiver) = mpsc::channel(BUFFER);
                    self.knobs().watched.insert(request.job_id.clone());
                    for (at, (kind, state)) in script.iter().enumerate() {
                        sender.try_send(Ok(event(&request.job_id, at as u64 + 1, *kind, *state))).unwrap();
                    }
                    // Open until the caller has heard enough.
                    tokio::spawn(async move { sender.closed().await });
                    receiver
                })
                .await
            }
            _ => unknown(),
        }
    }

    async fn media(self, method: &str, call: Call) -> Answer {
        use media::RecordingState::{Recording, Sealed};
        let held = match method {
            "TakePhoto" => self.knobs().hold_photos,
            "StopRecording" => self.knobs().hold_clips,
            _ => false,
        };
        if held {
            return std::future::pending().await;
        }
        match method {
            "TakeSnapshot" => {
                unary(call, |_: media::TakeSnapshotRequest| {
                    Ok(media::TakeSnapshotResponse { jpeg: vec![0xff, 0xd8], sha256: vec![1; 32] })
                })
                .await
            }
            "PauseCapture" => {
                unary(call, |_: media::PauseCaptureRequest| Ok(media::PauseCaptureResponse::default())).await
            }
            "ResumeCapture" => {
                unary(call, |_: media::ResumeCaptureRequest| Ok(media::ResumeCaptureResponse::default()))
                    .await
            }
            "StartRecording" => {
                unary(call, move |request: media::StartRecordingRequest| {
                    let fresh = media::Recording {
                        recording_id: request.recording_id.clone(),
                        sale_id: request.sale_id,
                        state: Recording as i32,
                        video_running: true,
                        revision: 1,
                        ..media::Recording::default()
                    };
                    let mut knobs = self.knobs();
                    let recording = knobs.recordings.entry(request.recording_id).or_insert(fresh).clone();
                    Ok(media::StartRecordingResponse { recording: Some(recording) })
                })
                .await
            }
            "TakePhoto" => {
                unary(call, move |request: media::TakePhotoRequest| {
                    if self.knobs().no_camera {
                        return Err(Status::failed_precondition("no camera"));
                    }
                    let sha256 = vec![request.kind as u8; 32];
                    Ok(media::TakePhotoResponse { sha256, recording: None })
                })
                .await
            }
            "AttachGoods" => {
                unary(call, |_: media::AttachGoodsRequest| Ok(media::AttachGoodsResponse::default())).await
            }
            "StopRecording" => {
                unary(call, move |request: media::StopRecordingRequest| {
                    if let Some(recording) = self.knobs().recordings.get_mut(&request.recording_id) {
                        recording.state = Sealed as i32;
                        recording.manifest_sha256 = vec![9; 32];
                        recording.revision = 2;
                    }
                    self.changed.send_replace(());
                    Ok(media::StopRecordingResponse::default())
                })
                .await
            }
            "WatchRecording" => {
                stream(call, move |request: media::WatchRecordingRequest| {
                    let (sender, receiver) = mpsc::channel(BUFFER);
                    tokio::spawn(self.clone().until_sealed(request.recording_id, sender));
                    receiver
                })
                .await
            }
            _ => unknown(),
        }
    }

    async fn until_sealed(
        self,
        id: String,
        sender: mpsc::Sender<Result<media::WatchRecordingResponse, Status>>,
    ) {
        let mut changes = self.changed.subscribe();
        loop {
            changes.mark_unchanged();
            let recording = self.knobs().recordings.get(&id).cloned();
            if recording.as_ref().is_some_and(|known| known.state() == media::RecordingState::Sealed) {
                let _gone = sender.send(Ok(media::WatchRecordingResponse { kind: 1, recording })).await;
                return;
            }
            tokio::select! {
                () = sender.closed() => return,
                _ = changes.changed() => {}
            }
        }
    }

    async fn sms(self, method: &str, call: Call) -> Answer {
        match method {
            "SendMessage" => {
                unary(call, move |request: sms::SendMessageRequest| {
                    let mut knobs = self.knobs();
                    knobs.seq += 1;
                    let fate = knobs.fate.get(&request.to).copied();
                    let message = sms::Message {
                        message_id: request.message_id,
                        class: request.class,
                        state: fate.unwrap_or(sms::MessageState::Delivered) as i32,
                        revision: knobs.seq,
                        text_chars: u32::try_from(request.text.chars().count()).unwrap(),
                        encoding: sms::Encoding::Gsm7 as i32,
                        ..sms::Message::default()
                    };
                    Ok(sms::SendMessageResponse { message: Some(message) })
                })
                .await
            }
            "CancelMessage" => {
                unary(call, |_: sms::CancelMessageRequest| Ok(sms::CancelMessageResponse::default())).await
            }
            _ => unknown(),
        }
    }
}

fn job(job_id: &str, revision: u64, state: printer::JobState) -> printer::Job {
    let original_may_exist = matches!(
        state,
        printer::JobState::Printed | printer::JobState::InDoubt | printer::JobState::AwaitingFence
    );
    printer::Job {
        job_id: job_id.into(),
        state: state as i32,
        confidence: printer::Confidence::Fence as i32,
        revision,
        original_may_exist,
        ..printer::Job::default()
    }
}

fn event(
    job_id: &str,
    revision: u64,
    kind: printer::JobEventKind,
    state: printer::JobState,
) -> printer::WatchJobResponse {
    let job = Some(job(job_id, revision, state));
    let event = printer::JobEvent { revision, kind: kind as i32, job, ..printer::JobEvent::default() };
    printer::WatchJobResponse { event: Some(event) }
}
