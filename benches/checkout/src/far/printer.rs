//! A printer that has a paper out as soon as it has the job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chit_proto::printer::v1 as proto;
use proto::JobEventKind::{Fence, LastByte, State};
use proto::JobState::{AwaitingFence, Printed, Queued};
use proto::document::Content;
use tokio::sync::oneshot;

use super::plumbing::{Answer, Call, stream, unary, unimplemented};

#[derive(Clone, Default)]
pub struct Printer(Arc<Mutex<Papers>>);

#[derive(Default)]
struct Papers {
    /// The newest card of each payer, by payer id.
    cards: HashMap<String, Vec<String>>,
    receipts: HashMap<String, oneshot::Sender<Instant>>,
}

impl Printer {
    /// Told when the last byte of this sale's receipt is here.
    pub fn when_printed(&self, sale_id: &str) -> oneshot::Receiver<Instant> {
        let (sender, receiver) = oneshot::channel();
        self.lock().receipts.insert(sale_id.to_owned(), sender);
        receiver
    }

    /// Row codes of the card that this payer holds.
    pub fn card(&self, payer_id: &str) -> Option<Vec<String>> {
        self.lock().cards.get(payer_id).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Papers> {
        self.0.lock().expect("the papers are whole")
    }

    fn print(&self, request: &proto::SubmitJobRequest) {
        let now = Instant::now();
        let mut papers = self.lock();
        match request.document.as_ref().and_then(|document| document.content.as_ref()) {
            Some(Content::CodeCard(card)) => {
                papers.cards.insert(request.subject_id.clone(), card.row_codes.clone());
            }
            Some(Content::Sale(receipt)) => {
                if let Some(waiting) = papers.receipts.remove(&receipt.sale_id) {
                    let _gone = waiting.send(now);
                }
            }
            _ => {}
        }
    }

    pub async fn answer(self, method: &str, call: Call) -> Answer {
        match method {
            "SubmitJob" => {
                unary(call, move |request: proto::SubmitJobRequest| {
                    self.print(&request);
                    Ok(proto::SubmitJobResponse { job: Some(job(&request.job_id, 1, Queued)) })
                })
                .await
            }
            "WatchJob" => {
                stream(call, move |request: proto::WatchJobRequest| {
                    let script = [(State, Queued), (LastByte, AwaitingFence), (Fence, Printed)];
                    let events = (1..).zip(script).map(|(revision, (kind, state))| {
                        let job = Some(job(&request.job_id, revision, state));
                        let event =
                            proto::JobEvent { revision, kind: kind as i32, job, ..Default::default() };
                        proto::WatchJobResponse { event: Some(event) }
                    });
                    super::open_with(events.collect())
                })
                .await
            }
            "CancelJob" => {
                unary(call, |_: proto::CancelJobRequest| Ok(proto::CancelJobResponse::default())).await
            }
            "GetStatus" => {
                unary(call, |_: proto::GetStatusRequest| {
                    let condition = proto::PrinterCondition::Ready as i32;
                    let status = proto::PrinterStatus { condition, ..Default::default() };
                    Ok(proto::GetStatusResponse { status: Some(status) })
                })
                .await
            }
            "WatchStatus" => {
                stream(call, |_: proto::WatchStatusRequest| {
                    let condition = proto::PrinterCondition::Ready as i32;
                    let status = proto::PrinterStatus { condition, ..Default::default() };
                    super::open_with(vec![proto::WatchStatusResponse { status: Some(status) }])
                })
                .await
            }
            "CheckText" => {
                unary(call, |_: proto::CheckTextRequest| Ok(proto::CheckTextResponse::default())).await
            }
            _ => unimplemented(),
        }
    }
}

fn job(job_id: &str, revision: u64, state: proto::JobState) -> proto::Job {
    proto::Job {
        job_id: job_id.into(),
        state: state as i32,
        confidence: proto::Confidence::Fence as i32,
        revision,
        original_may_exist: state != Queued,
        ..proto::Job::default()
    }
}
