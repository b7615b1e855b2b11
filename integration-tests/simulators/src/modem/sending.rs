//! The way of a message from Ctrl-Z to its final answer and its status report.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use super::answer::{INVALID_PDU, NO_NETWORK, Refusal};
use super::clock::Timestamp;
use super::submit::{self, Submit};
use super::{Later, Modem};
use crate::hex;

/// Sent messages kept for `{"cmd":"sent"}`; the oldest are forgotten.
const MAX_SENT: usize = 100_000;

#[derive(Default)]
pub struct Sending {
    /// Ctrl-Zs heard so far; the n of events and of `sent`.
    ctrl_zs: u64,
    sent: VecDeque<Sent>,
    pub hold: bool,
    held: Option<Submission>,
    pub reset_at_ctrl_z: bool,
}

/// What came with a Ctrl-Z.
struct Submission {
    n: u64,
    pdu: String,
    content: Result<Submit, String>,
}

/// What the network said: the message reference, or why not.
pub struct Verdict {
    n: u64,
    outcome: Result<u8, Refusal>,
}

/// A message the network took.
#[derive(Clone, Serialize)]
pub struct Sent {
    pub n: u64,
    pub mr: u8,
    /// Unix milliseconds, by the modem's clock.
    pub at: i64,
    /// As typed: service centre and TPDU, hex.
    pub pdu: String,
    #[serde(flatten)]
    pub content: Submit,
    #[serde(skip)]
    pub stamp: Option<Timestamp>,
}

impl Sending {
    pub fn sent(&self, from: u64) -> impl Iterator<Item = &Sent> {
        self.sent.iter().filter(move |sent| sent.n >= from)
    }

    pub fn nth(&self, n: u64) -> Option<&Sent> {
        self.sent.binary_search_by_key(&n, |sent| sent.n).ok().map(|at| &self.sent[at])
    }

    pub fn forget_held(&mut self) {
        self.held = None;
    }
}

impl Modem {
    pub fn on_ctrl_z(&mut self, tpdu_octets: usize, digits: &str) {
        self.sending.ctrl_zs += 1;
        let n = self.sending.ctrl_zs;
        let submission = Submission { n, pdu: digits.to_owned(), content: content_of(tpdu_octets, digits) };
        let held = self.sending.hold;
        let to = submission.content.as_ref().ok().map(|submit| submit.to.clone());
        self.events.push("ctrl_z", json!({ "n": n, "to": to, "held": held }));
        if std::mem::take(&mut self.sending.reset_at_ctrl_z) {
            self.reset();
        } else if held {
            self.busy = true;
            self.sending.held = Some(submission);
        } else {
            self.submit(submission);
        }
    }

    /// Continues after a Ctrl-Z that was held; false when none was.
    pub fn go_on(&mut self) -> bool {
        let Some(submission) = self.sending.held.take() else { return false };
        self.busy = false;
        self.submit(submission);
        self.work();
        true
    }

    /// Whether a message is being typed, held or answered.
    pub fn is_mid_send(&self) -> bool {
        let answering = self.later.iter().any(|(_, what)| matches!(what, Later::FinishSubmission(_)));
        answering || self.sending.held.is_some() || matches!(self.entry, super::Entry::Pdu { .. })
    }

    fn submit(&mut self, submission: Submission) {
        let n = submission.n;
        let outcome = self.offer(submission);
        let srr = outcome.is_ok() && self.sending.nth(n).is_some_and(|sent| sent.content.srr);
        let verdict = Verdict { n, outcome };
        let answer_at = Instant::now() + Duration::from_millis(self.knobs.delay_answer_ms);
        if self.knobs.delay_answer_ms > 0 {
            self.busy = true;
            self.later.push((answer_at, Later::FinishSubmission(verdict)));
        } else {
            self.finish_submission(&verdict);
        }
        if srr && self.knobs.auto_deliver {
            let report_at = answer_at + Duration::from_millis(self.knobs.deliver_after_ms);
            self.later.push((report_at, Later::Report(n)));
        }
    }

    /// Gives the message to the network.
    fn offer(&mut self, submission: Submission) -> Result<u8, Refusal> {
        let Submission { n, pdu, content } = submission;
        if !self.registered() {
            return Err(NO_NETWORK);
        }
        if let Some(code) = self.knobs.cms_error.take() {
            return Err(Refusal::Cms(code));
        }
        let content = content.map_err(|why| {
            self.events.push("bad_pdu", json!({ "n": n, "why": why }));
            INVALID_PDU
        })?;
        let mr = if self.knobs.mr_always_zero { 0 } else { self.knobs.next_mr };
        self.knobs.next_mr = self.knobs.next_mr.wrapping_add(1);
        let sent = Sent { n, mr, at: self.clock.now_ms(), pdu, content, stamp: Some(self.clock.now()) };
        let facts = json!({ "n": n, "to": sent.content.to, "text": sent.content.text,
            "encoding": sent.content.encoding, "mr": mr, "srr": sent.content.srr });
        if self.sending.sent.len() == MAX_SENT {
            self.sending.sent.pop_front();
        }
        self.sending.sent.push_back(sent);
        self.events.push("submitted", facts);
        Ok(mr)
    }

    pub fn finish_submission(&mut self, verdict: &Verdict) {
        self.busy = false;
        let (n, refusal) = (verdict.n, verdict.outcome.err());
        if self.knobs.swallow_answer > 0 {
            self.knobs.swallow_answer -= 1;
            self.events.push("swallowed", json!({ "n": n }));
            return self.speak_unsolicited();
        }
        if let Some(line) = self.knobs.urc_inside_cmgs.clone() {
            self.lines(&[line]);
        }
        let reference = verdict.outcome.ok().map(|mr| format!("+CMGS: {mr}"));
        self.answer(reference.as_slice(), refusal);
        let answer = refusal.map_or_else(|| "OK".into(), |refusal| refusal.line(0));
        self.events.push("final_answer", json!({ "n": n, "answer": answer }));
    }
}

fn content_of(tpdu_octets: usize, digits: &str) -> Result<Submit, String> {
    let pdu = hex::bytes(digits).ok_or("the PDU is not pairs of hex digits")?;
    let centre = pdu.first().map_or(0, |octets| 1 + usize::from(*octets));
    let tpdu = pdu.get(centre..).ok_or("the service centre is cut off")?;
    if tpdu.len() != tpdu_octets {
        return Err(format!("AT+CMGS announced {tpdu_octets} octets, {} came", tpdu.len()));
    }
    submit::decode(tpdu)
}
