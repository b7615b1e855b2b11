//! An SMS network: takes every message at once, tells what became of it, and carries what payers write. It counts what
//! each number gets a day, by the time at which a message leaves.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use chit_proto::sms_gateway::v1 as proto;
use proto::{MessageClass, MessageState};
use tokio::sync::{mpsc, oneshot, watch};

use super::plumbing::{Answer, Call, stream, unary, unimplemented};
use crate::clock::{Clock, HOUR_MS, local_day, millis, of_day_ms, timestamp};

/// Nothing that a payer did not ask for leaves in these hours.
const QUIET_FROM_MS: i64 = 21 * HOUR_MS;
const QUIET_TO_MS: i64 = 8 * HOUR_MS;
const UNASKED_A_DAY_MAX: u32 = 2;
const ANSWERS_A_DAY_MAX: u32 = 6;

/// A message as the phone shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub to: String,
    pub text: String,
    pub class: MessageClass,
}

#[derive(Clone)]
pub struct Sms {
    phones: Arc<Mutex<Phones>>,
    changed: Arc<watch::Sender<()>>,
    clock: Clock,
}

#[derive(Default)]
struct Phones {
    messages: Vec<proto::Message>,
    by_id: HashMap<String, (usize, Vec<u8>)>,
    inbound: Vec<proto::Inbound>,
    acked: BTreeMap<u64, oneshot::Sender<Instant>>,
    /// What reached each phone and was not looked at yet.
    unread: HashMap<String, Vec<Shown>>,
    /// Numbers whose messages do not end DELIVERED.
    fates: HashMap<String, MessageState>,
    /// Numbers of nobody: they never get a message.
    strangers: HashSet<String>,
    unasked: HashMap<(String, i64), u32>,
    answers: HashMap<(String, i64), u32>,
    /// Messages of each number less answers to it: more than one answer to a message shows as a negative number.
    unanswered: HashMap<String, i64>,
    faults: Vec<String>,
}

impl Sms {
    pub fn new(clock: Clock) -> Self {
        Self { phones: Arc::default(), changed: Arc::new(watch::Sender::new(())), clock }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Phones> {
        self.phones.lock().expect("the phones are whole")
    }

    pub fn fate(&self, number: &str, state: MessageState) {
        self.lock().fates.insert(number.to_owned(), state);
    }

    pub fn stranger(&self, number: &str) {
        self.lock().strangers.insert(number.to_owned());
    }

    /// What reached phones since the last look, phone by phone.
    pub fn read(&self) -> Vec<Shown> {
        let mut all: Vec<_> = std::mem::take(&mut self.lock().unread).into_iter().collect();
        all.sort_by(|left, right| left.0.cmp(&right.0));
        all.into_iter().flat_map(|(_, shown)| shown).collect()
    }

    /// The same of one phone.
    pub fn read_of(&self, number: &str) -> Vec<Shown> {
        self.lock().unread.remove(number).unwrap_or_default()
    }

    /// Broken promises to payers so far.
    pub fn faults(&self) -> Vec<String> {
        self.lock().faults.clone()
    }

    pub fn sent(&self) -> usize {
        self.lock().messages.len()
    }

    /// Somebody writes; told when checkout has acknowledged it.
    pub fn write(&self, from: &str, text: &str) -> oneshot::Receiver<Instant> {
        let (sender, receiver) = oneshot::channel();
        let mut phones = self.lock();
        let seq = phones.inbound.len() as u64 + 1;
        phones.acked.insert(seq, sender);
        *phones.unanswered.entry(from.to_owned()).or_default() += 1;
        phones.inbound.push(proto::Inbound {
            seq,
            from_raw: from.into(),
            from_e164: from.into(),
            text: text.into(),
            text_chars: text.chars().count() as u32,
            encoding: proto::Encoding::Gsm7 as i32,
            complete: true,
            receive_time: Some(self.clock.timestamp()),
            ..proto::Inbound::default()
        });
        drop(phones);
        self.changed.send_replace(());
        receiver
    }

    fn send(&self, request: &proto::SendMessageRequest) -> proto::Message {
        use prost::Message as _;
        let mut phones = self.lock();
        let body = request.encode_to_vec();
        if let Some((at, known)) = phones.by_id.get(&request.message_id).cloned() {
            if known != body {
                phones.faults.push(format!("message {} came with another body", request.message_id));
            }
            return phones.messages[at].clone();
        }
        let now_ms = self.clock.now_ms();
        let expired = request.not_after.as_ref().is_some_and(|until| millis(until) < now_ms);
        let fate = phones.fates.get(&request.to).copied().unwrap_or(MessageState::Delivered);
        let state = if expired { MessageState::Expired } else { fate };
        let message = proto::Message {
            message_id: request.message_id.clone(),
            class: request.class,
            state: state as i32,
            text_chars: request.text.chars().count() as u32,
            encoding: proto::Encoding::Gsm7 as i32,
            submits: 1,
            subject_id: request.subject_id.clone(),
            submit_time: (!expired).then(|| timestamp(now_ms)),
            revision: phones.messages.len() as u64 + 1,
            ..proto::Message::default()
        };
        let at = phones.messages.len();
        phones.by_id.insert(request.message_id.clone(), (at, body));
        phones.messages.push(message.clone());
        if !expired {
            phones.leaves(request, now_ms);
            if matches!(state, MessageState::Delivered | MessageState::Submitted | MessageState::Unknown) {
                let shown =
                    Shown { to: request.to.clone(), text: request.text.clone(), class: request.class() };
                phones.unread.entry(request.to.clone()).or_default().push(shown);
            }
        }
        drop(phones);
        self.changed.send_replace(());
        message
    }

    pub async fn answer(self, method: &str, call: Call) -> Answer {
        match method {
            "SendMessage" => {
                unary(call, move |request: proto::SendMessageRequest| {
                    Ok(proto::SendMessageResponse { message: Some(self.send(&request)) })
                })
                .await
            }
            "CancelMessage" => {
                unary(call, |_: proto::CancelMessageRequest| Ok(proto::CancelMessageResponse::default()))
                    .await
            }
            "ConfirmDelivered" => {
                unary(
                    call,
                    |_: proto::ConfirmDeliveredRequest| Ok(proto::ConfirmDeliveredResponse::default()),
                )
                .await
            }
            "AckInbound" => {
                unary(call, move |request: proto::AckInboundRequest| {
                    let mut phones = self.lock();
                    let later = phones.acked.split_off(&(request.up_to_seq + 1));
                    for waiting in std::mem::replace(&mut phones.acked, later).into_values() {
                        let _gone = waiting.send(Instant::now());
                    }
                    Ok(proto::AckInboundResponse { acked_seq: request.up_to_seq })
                })
                .await
            }
            "GetModem" => {
                unary(call, |_: proto::GetModemRequest| Ok(proto::GetModemResponse { modem: Some(ready()) }))
                    .await
            }
            "WatchModem" => {
                stream(call, |_: proto::WatchModemRequest| {
                    super::open_with(vec![proto::WatchModemResponse { modem: Some(ready()) }])
                })
                .await
            }
            "WatchMessages" => {
                stream(call, move |request: proto::WatchMessagesRequest| {
                    self.follow(request.after_revision, |phones, after| {
                        let message = phones.messages.get(after as usize)?.clone();
                        Some(proto::WatchMessagesResponse { message: Some(message) })
                    })
                })
                .await
            }
            "WatchInbound" => {
                stream(call, move |request: proto::WatchInboundRequest| {
                    self.follow(request.after_seq, |phones, after| {
                        let inbound = phones.inbound.get(after as usize)?.clone();
                        Some(proto::WatchInboundResponse { inbound: Some(inbound) })
                    })
                })
                .await
            }
            _ => unimplemented(),
        }
    }

    /// Entry `after`, and each next one as it comes.
    fn follow<T: Send + 'static>(
        &self,
        mut after: u64,
        entry: impl Fn(&Phones, u64) -> Option<T> + Send + 'static,
    ) -> mpsc::UnboundedReceiver<Result<T, tonic::Status>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let sms = self.clone();
        tokio::spawn(async move {
            let mut changes = sms.changed.subscribe();
            loop {
                changes.mark_unchanged();
                loop {
                    let next = entry(&sms.lock(), after);
                    let Some(next) = next else { break };
                    after += 1;
                    if sender.send(Ok(next)).is_err() {
                        return;
                    }
                }
                tokio::select! {
                    () = sender.closed() => return,
                    _ = changes.changed() => {}
                }
            }
        });
        receiver
    }
}

impl Phones {
    /// What a payer was promised: nothing unasked at night, two unasked a day, six answers a day, one for each message.
    fn leaves(&mut self, request: &proto::SendMessageRequest, now_ms: i64) {
        let day = (request.to.clone(), local_day(now_ms));
        if self.strangers.contains(&request.to) {
            self.faults.push("a message to a stranger".into());
        }
        if request.class() == MessageClass::Answer {
            let today = self.answers.entry(day).or_default();
            *today += 1;
            if *today > ANSWERS_A_DAY_MAX {
                self.faults.push("more than six answers a day to one payer".into());
            }
            let left = self.unanswered.entry(request.to.clone()).or_default();
            *left -= 1;
            if *left < 0 {
                self.faults.push("an answer that nobody asked for".into());
            }
            return;
        }
        let today = self.unasked.entry(day).or_default();
        *today += 1;
        if *today > UNASKED_A_DAY_MAX {
            self.faults.push("more than two unasked messages a day to one payer".into());
        }
        let hour = of_day_ms(now_ms);
        if !(QUIET_TO_MS..QUIET_FROM_MS).contains(&hour) {
            let (h, m) = (hour / HOUR_MS, hour / 60_000 % 60);
            self.faults.push(format!("a {} at {h:02}:{m:02}", request.class().as_str_name()));
        }
    }
}

fn ready() -> proto::Modem {
    proto::Modem { state: proto::ModemState::Ready as i32, ..proto::Modem::default() }
}
