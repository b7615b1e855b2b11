//! Ledger, printer, media-capture, scanner and SMS gateway as far as a sale needs them. Each remembers what it was told
//! under an id: the same id with another body is a conflict, which no test may leave behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use chit_proto::ledger::v1 as ledger;
use chit_proto::media_capture::v1 as media;
use chit_proto::printer::v1 as printer;
use chit_proto::scanner::v1 as scanner;
use chit_proto::sms_gateway::v1 as sms;
use prost::Message;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Code, Status};

use crate::far::{Answer, Call, FarSide, away, stream, unary, unknown};
use crate::far_issuer::FarIssuer;

#[derive(Default)]
pub struct Facts {
    /// The printer has paper.
    pub paper: bool,
    /// Neither is there at all.
    pub ledger_away: bool,
    pub camera_away: bool,
    /// A paper that is submitted waits before the printer until this ends.
    pub holds_papers: bool,
    /// Papers that came as far as that.
    pub papers_before_it: u32,
    /// Papers that somebody wanted back, and those of them that were not begun.
    pub wanted_back: Vec<String>,
    pub taken_back: Vec<String>,
    /// So many transfers are refused next.
    pub refuse: u32,
    /// Transfers of these sales are refused.
    pub refuse_of: Vec<String>,
    pub bodies: BTreeMap<(&'static str, String), Vec<u8>>,
    pub conflicts: Vec<(&'static str, String)>,
    pub failed: Vec<String>,
    pub jobs: BTreeMap<String, printer::Document>,
    pub recordings: BTreeMap<String, media::Recording>,
    /// What the keeper of the film was told.
    pub noted: Vec<media::NoteSaleRequest>,
    pub holds: BTreeMap<String, media::Hold>,
    pub evidence_log: Vec<media::WatchEvidenceLogResponse>,
    pub messages: Vec<(sms::SendMessageRequest, sms::Message)>,
    pub inbound: Vec<sms::Inbound>,
    pub issuer: FarIssuer,
}

#[derive(Clone)]
pub struct World {
    facts: Arc<Mutex<Facts>>,
    changed: Arc<watch::Sender<()>>,
}

const SERVICES: [&str; 6] = ["ledger", "printer", "media-capture", "scanner", "sms-gateway", "issuer"];
const BUFFER: usize = 64;

impl World {
    pub fn serve(run_dir: &Path) -> Self {
        let world = Self { facts: Arc::default(), changed: Arc::new(watch::Sender::new(())) };
        world.change(|facts| facts.paper = true);
        std::fs::create_dir_all(run_dir).unwrap();
        for service in SERVICES {
            let listener = UnixListener::bind(run_dir.join(format!("{service}.sock"))).unwrap();
            let here = world.clone();
            let far = FarSide(move |call| here.clone().answer(call));
            let incoming = UnixListenerStream::new(listener);
            tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(far, incoming));
        }
        world
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut Facts) -> T) -> T {
        let answer = change(&mut self.facts());
        self.changed.send_replace(());
        answer
    }

    /// Waits until `look` finds something.
    pub async fn until<T>(&self, mut look: impl FnMut(&Facts) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(&self.facts()) {
                return found;
            }
            changes.changed().await.unwrap();
        }
    }

    pub fn payer_writes(&self, from: &str, text: &str) {
        self.change(|facts| {
            let seq = facts.inbound.len() as u64 + 1;
            facts.inbound.push(sms::Inbound {
                seq,
                from_e164: from.into(),
                text: text.into(),
                complete: true,
                ..sms::Inbound::default()
            });
        });
    }

    /// Sends what `next` finds, now and after every change, until it says that this was all.
    pub fn follow<T: Send + 'static>(
        &self,
        mut next: impl FnMut(&Facts) -> (Vec<T>, bool) + Send + 'static,
    ) -> mpsc::Receiver<Result<T, Status>> {
        let (sender, receiver) = mpsc::channel(BUFFER);
        let world = self.clone();
        tokio::spawn(async move {
            let mut changes = world.changed.subscribe();
            loop {
                changes.mark_unchanged();
                let (found, ended) = next(&world.facts());
                for item in found {
                    if sender.send(Ok(item)).await.is_err() {
                        return;
                    }
                }
                if ended {
                    return;
                }
                tokio::select! {
                    () = sender.closed() => return,
                    _ = changes.changed() => {}
                }
            }
        });
        receiver
    }

    async fn answer(self, call: Call) -> Answer {
        let path = call.uri().path().to_owned();
        let (service, method) = path.trim_start_matches('/').split_once('/').unwrap();
        match service {
            "chit.ledger.v1.LedgerService" => self.ledger(method, call).await,
            "chit.printer.v1.PrinterService" => self.printer(method, call).await,
            "chit.media_capture.v1.MediaCaptureService" | "chit.media_capture.v1.EvidenceService" => {
                self.media(method, call).await
            }
            "chit.sms_gateway.v1.SmsGatewayService" => self.sms(method, call).await,
            "chit.issuer.v1.IssuerService" => self.issuer(method, call).await,
            _ if method == "ScanCamera" => {
                unary(call, |_: scanner::ScanCameraRequest| Ok(scanner::ScanCameraResponse::default())).await
            }
            _ if method == "WatchScans" => {
                stream(call, move |_: scanner::WatchScansRequest| {
                    let started = scanner::WatchScansStarted { epoch: "e".into(), last_seq: 0 };
                    let event = Some(scanner::watch_scans_response::Event::Started(started));
                    let mut first = vec![scanner::WatchScansResponse { event }];
                    self.follow(move |_| (std::mem::take(&mut first), false))
                })
                .await
            }
            _ => unknown(),
        }
    }

    async fn ledger(self, method: &str, call: Call) -> Answer {
        if self.facts().ledger_away {
            return away();
        }
        match method {
            "CreateAccount" => {
                unary(call, move |request: ledger::CreateAccountRequest| {
                    let account = request.account.clone().unwrap();
                    self.change(|facts| facts.told("account", &account.account_id, &request));
                    Ok(ledger::CreateAccountResponse { account: Some(account) })
                })
                .await
            }
            "GetAccount" => {
                unary(call, move |request: ledger::GetAccountRequest| {
                    let account = self.facts().account(&request.account_id);
                    Ok(ledger::GetAccountResponse { account: Some(account) })
                })
                .await
            }
            "CreateTransfer" => {
                unary(call, move |request: ledger::CreateTransferRequest| {
                    let transfer = request.transfer.clone().unwrap();
                    self.change(|facts| facts.transfer(&transfer))?;
                    let head = Some(ledger::Head { seq: 1, hash: vec![5; 32], ..ledger::Head::default() });
                    Ok(ledger::CreateTransferResponse { transfer: Some(transfer), exists: false, head })
                })
                .await
            }
            "CreateTransfers" => {
                unary(call, move |request: ledger::CreateTransfersRequest| {
                    self.change(|facts| request.transfers.iter().try_for_each(|one| facts.transfer(one)))?;
                    Ok(ledger::CreateTransfersResponse { transfers: request.transfers, head: None })
                })
                .await
            }
            "GetCheckpoint" => {
                unary(call, |_: ledger::GetCheckpointRequest| {
                    let signed_note = "chit-ledger-1\n1\nroot\n".to_owned();
                    let checkpoint =
                        Some(ledger::Checkpoint { tree_size: 1, root: vec![5; 32], signed_note });
                    Ok(ledger::GetCheckpointResponse { checkpoint, ..Default::default() })
                })
                .await
            }
            "GetProof" => {
                unary(call, |_: ledger::GetProofRequest| Ok(ledger::GetProofResponse::default())).await
            }
            "ListTransfers" => {
                unary(call, move |request: ledger::ListTransfersRequest| {
                    let transfers = self.facts().moves_of(&request.account_id);
                    Ok(ledger::ListTransfersResponse { transfers, ..Default::default() })
                })
                .await
            }
            "RecordFact" => {
                unary(call, move |request: ledger::RecordFactRequest| {
                    let fact = request.fact.clone().unwrap();
                    self.change(|facts| facts.told("fact", &fact.fact_id, &request));
                    Ok(ledger::RecordFactResponse { fact: Some(fact), head: None })
                })
                .await
            }
            _ => unknown(),
        }
    }

    async fn printer(self, method: &str, call: Call) -> Answer {
        match method {
            "SubmitJob" => {
                self.change(|facts| facts.papers_before_it += 1);
                self.until(|facts| (!facts.holds_papers).then_some(())).await;
                unary(call, move |request: printer::SubmitJobRequest| {
                    let document = request.document.clone().unwrap();
                    self.change(|facts| {
                        facts.told("job", &request.job_id, &request);
                        facts.jobs.insert(request.job_id.clone(), document);
                    });
                    let job = job(&request.job_id, 1, printer::JobState::Queued);
                    Ok(printer::SubmitJobResponse { job: Some(job) })
                })
                .await
            }
            "CheckText" => {
                unary(call, |request: printer::CheckTextRequest| {
                    let gift = request.texts.iter().any(|text| text.contains('🎁'));
                    let unprintable = gift.then(|| "🎁".to_owned()).into_iter().collect();
                    Ok(printer::CheckTextResponse { unprintable })
                })
                .await
            }
            "CancelJob" => {
                unary(call, move |request: printer::CancelJobRequest| {
                    let state = self.change(|facts| facts.take_back(&request.job_id))?;
                    Ok(printer::CancelJobResponse { job: Some(job(&request.job_id, 9, state)) })
                })
                .await
            }
            "WatchJob" => {
                stream(call, move |request: printer::WatchJobRequest| {
                    let mut sent = 0;
                    self.follow(move |facts| {
                        use printer::JobEventKind::{Fence, LastByte, State};
                        use printer::JobState::{AwaitingFence, Blocked, Cancelled, Printed, Queued};
                        if facts.taken_back.contains(&request.job_id) {
                            return (vec![event(&request.job_id, 9, State, Cancelled)], true);
                        }
                        let whole = [(State, Queued), (LastByte, AwaitingFence), (Fence, Printed)];
                        let blocked = [(State, Blocked)];
                        let script = if facts.paper { &whole[..] } else { &blocked[..] };
                        let events = script.iter().map(|(kind, state)| {
                            sent += 1;
                            event(&request.job_id, sent, *kind, *state)
                        });
                        (events.collect(), facts.paper)
                    })
                })
                .await
            }
            _ => unknown(),
        }
    }
}

impl Facts {
    pub fn told(&mut self, what: &'static str, id: &str, body: &impl Message) {
        let body = body.encode_to_vec();
        let known = self.bodies.entry((what, id.to_owned())).or_insert_with(|| body.clone());
        if *known != body {
            self.conflicts.push((what, id.to_owned()));
        }
    }

    pub fn ids(&self, what: &str) -> Vec<&str> {
        self.bodies.keys().filter(|(kind, _)| *kind == what).map(|(_, id)| id.as_str()).collect()
    }

    /// What the ledger took of this kind.
    pub fn transfers(&self, what: &str) -> Vec<ledger::Transfer> {
        let bodies = self.bodies.iter().filter(|((kind, _), _)| *kind == what);
        bodies.map(|(_, body)| ledger::Transfer::decode(body.as_slice()).unwrap()).collect()
    }

    /// Its balances, from what was taken.
    pub fn account(&self, id: &str) -> ledger::Account {
        let minor = |transfer: &ledger::Transfer| transfer.amount.as_ref().unwrap().amount_minor;
        let mut account = ledger::Account { account_id: id.to_owned(), ..Default::default() };
        let (posts, voids) = (self.transfers("post"), self.transfers("void"));
        for pending in self.transfers("pending") {
            let by = |other: &&ledger::Transfer| other.pending_transfer_id == pending.transfer_id;
            let posted = posts.iter().find(by).map(|post| match minor(post) {
                0 => minor(&pending),
                part => part,
            });
            let open = posted.is_none() && !voids.iter().any(|void| by(&void));
            let (pending_minor, posted_minor) = (if open { minor(&pending) } else { 0 }, posted.unwrap_or(0));
            if pending.debit_account_id == id {
                account.debits_pending_minor += pending_minor;
                account.debits_posted_minor += posted_minor;
            } else if pending.credit_account_id == id {
                account.credits_pending_minor += pending_minor;
                account.credits_posted_minor += posted_minor;
            }
        }
        for moved in self.transfers("posted") {
            if moved.debit_account_id == id {
                account.debits_posted_minor += minor(&moved);
            } else if moved.credit_account_id == id {
                account.credits_posted_minor += minor(&moved);
            }
        }
        account
    }

    /// Its transfers as the ledger lists them: with accounts, amount and time.
    pub fn moves_of(&self, id: &str) -> Vec<ledger::Transfer> {
        let pending = self.transfers("pending");
        let resolves = ["post", "void"].iter().flat_map(|kind| self.transfers(kind));
        let resolved = resolves.filter_map(|one| {
            let of = pending.iter().find(|of| of.transfer_id == one.pending_transfer_id)?;
            let part = one.amount.clone().filter(|amount| amount.amount_minor > 0);
            Some(ledger::Transfer {
                debit_account_id: of.debit_account_id.clone(),
                credit_account_id: of.credit_account_id.clone(),
                amount: part.or_else(|| of.amount.clone()),
                ..one
            })
        });
        let resolved: Vec<_> = resolved.collect();
        let all = pending.into_iter().chain(resolved).chain(self.transfers("posted"));
        let its = |one: &ledger::Transfer| one.debit_account_id == id || one.credit_account_id == id;
        let create_time = Some(std::time::SystemTime::now().into());
        all.filter(its).map(|one| ledger::Transfer { create_time, ..one }).collect()
    }

    fn transfer(&mut self, transfer: &ledger::Transfer) -> Result<(), Status> {
        let refused = |reason| chit_runtime::error::status(Code::FailedPrecondition, reason, "refused");
        if self.failed.contains(&transfer.transfer_id) {
            return Err(refused("ID_ALREADY_FAILED"));
        }
        if self.refuse > 0 || self.refuse_of.contains(&transfer.external_ref) {
            self.refuse = self.refuse.saturating_sub(1);
            self.failed.push(transfer.transfer_id.clone());
            return Err(refused("CREDIT_LIMIT_EXCEEDED"));
        }
        let what = match transfer.kind() {
            ledger::TransferKind::Pending => "pending",
            ledger::TransferKind::PostPending => "post",
            ledger::TransferKind::VoidPending => "void",
            _ => "posted",
        };
        self.told(what, &transfer.transfer_id, transfer);
        Ok(())
    }

    /// A paper that is out, or not there yet, cannot be taken back.
    fn take_back(&mut self, job_id: &str) -> Result<printer::JobState, Status> {
        self.wanted_back.push(job_id.to_owned());
        if !self.jobs.contains_key(job_id) {
            return Err(chit_runtime::error::status(Code::NotFound, "JOB_NOT_FOUND", "no such job"));
        }
        if self.paper {
            return Err(chit_runtime::error::status(Code::FailedPrecondition, "JOB_STARTED", "it is out"));
        }
        self.taken_back.push(job_id.to_owned());
        Ok(printer::JobState::Cancelled)
    }

    pub fn send(&mut self, request: &sms::SendMessageRequest) -> sms::Message {
        self.told("message", &request.message_id, request);
        let known = self.messages.iter().find(|(known, _)| known.message_id == request.message_id);
        if let Some((_, message)) = known {
            return message.clone();
        }
        let message = sms::Message {
            message_id: request.message_id.clone(),
            class: request.class,
            state: sms::MessageState::Delivered as i32,
            revision: self.messages.len() as u64 + 1,
            ..sms::Message::default()
        };
        self.messages.push((request.clone(), message.clone()));
        message
    }
}

fn job(job_id: &str, revision: u64, state: printer::JobState) -> printer::Job {
    let original_may_exist = state == printer::JobState::Printed;
    printer::Job {
        job_id: job_id.into(),
        state: state as i32,
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
