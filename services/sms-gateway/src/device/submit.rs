//! Hands one message to the modem. The order of commits around Ctrl-Z is what keeps invariant I11.

use super::actor::Failure;
use super::drain;
use super::link::{Link, LinkError, PromptReply, SubmitStep};
use crate::domain::outbox::{Outgoing, State, VALIDITY_MINUTES};
use crate::domain::pdu::submit::cmgs_length;
use crate::domain::pdu::{self, Submit};
use crate::domain::{at_line::FinalResult, cms, cms::Verdict};
use crate::store::{Result as StoreResult, Row, Store};
use chit_runtime::{Clock, Shutdown};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A modem that is busy with its network can be slow to prompt; nothing has been sent by then.
const PROMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// When the service stops, an answer that is nearly there is still waited for.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Once the network's acknowledgement or the report is here, the rest of the answer follows at once or never.
const REST_TIMEOUT: Duration = Duration::from_secs(2);

pub struct Submission<'a> {
    pub link: &'a mut Link,
    pub store: &'a Arc<Store>,
    pub clock: &'a Clock,
    pub shutdown: &'a Shutdown,
    pub modem: &'a str,
    pub reports: bool,
    pub answer_timeout: Duration,
}

impl Submission<'_> {
    /// `message` has been claimed: SUBMITTING, not handed over.
    pub async fn run(&mut self, message: &Outgoing) -> Result<(), Failure> {
        let submit = Submit {
            to: &message.to,
            text: &message.text.0,
            validity_minutes: VALIDITY_MINUTES,
            request_report: self.reports,
        };
        let Ok(pdu) = submit.encode() else {
            self.refuse(message, Verdict::Permanent, "TEXT_NOT_ENCODABLE".into()).await?;
            return Ok(());
        };
        match self.link.prompt(&format!("AT+CMGS={}", cmgs_length(&pdu)), PROMPT_TIMEOUT).await {
            Ok(PromptReply::Prompt) => self.hand_over(message, &hex::encode_upper(pdu)).await,
            Ok(PromptReply::Final(result)) => {
                self.refuse(message, cms::before_handover(result), cms::reason(result)).await?;
                Ok(())
            }
            Err(LinkError::Timeout) => {
                // Nothing was sent. Others go first for some seconds, in case it is this message's fault.
                self.refuse(message, Verdict::Busy, "NO_PROMPT".into()).await?;
                Err(LinkError::Timeout.into())
            }
            Err(error) => {
                self.lose_answer(message).await?;
                Err(error.into())
            }
        }
    }

    async fn hand_over(&mut self, message: &Outgoing, pdu_hex: &str) -> Result<(), Failure> {
        let reports = self.reports;
        let committed = self.change(message, move |message| Ok(message.hand_over(reports)?)).await;
        if let Err(error) = committed {
            // Not on disk, so it must not go out.
            self.link.escape().await?;
            return Err(error.into());
        }
        let written = self.link.write_pdu(pdu_hex).await;
        let answered = match written {
            Ok(()) => self.final_answer(message, pdu_hex).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = answered {
            tracing::warn!(message_id = message.id, "the modem's final answer did not come");
            self.lose_answer(message).await?;
            return Err(error);
        }
        Ok(())
    }

    /// Commits whatever the modem says. An error means that it did not say everything.
    async fn final_answer(&mut self, message: &Outgoing, pdu_hex: &str) -> Result<(), Failure> {
        let mut deadline = Instant::now() + self.answer_timeout;
        let mut acknowledged = false;
        loop {
            match self.step(pdu_hex, deadline).await? {
                // `+CMGS:` is the network's acknowledgement, whatever the modem says afterwards.
                SubmitStep::Acknowledged(answer) => {
                    self.accept(message, reference(&answer)).await?;
                    acknowledged = true;
                    deadline = deadline.min(Instant::now() + REST_TIMEOUT);
                }
                SubmitStep::Final(_) if acknowledged => return Ok(()),
                SubmitStep::Final(FinalResult::Ok) => return self.accept(message, None).await,
                SubmitStep::Final(result) => {
                    let (verdict, reason) = (cms::after_handover(result), cms::reason(result));
                    tracing::info!(message_id = message.id, ?verdict, reason, "a submission was refused");
                    self.refuse(message, verdict, reason).await?;
                    return Ok(());
                }
                SubmitStep::Report(line) => {
                    if let Ok(bytes) = pdu::from_hex(&line) {
                        drain::take(self.store, self.modem, bytes, self.clock.now()).await?;
                    }
                    if self.is_delivered(message).await? {
                        deadline = deadline.min(Instant::now() + REST_TIMEOUT);
                    }
                }
            }
        }
    }

    async fn step(&mut self, pdu_hex: &str, deadline: Instant) -> Result<SubmitStep, LinkError> {
        let shutdown = self.shutdown;
        let stopped = async {
            shutdown.wait().await;
            sleep(STOP_GRACE).await;
        };
        tokio::select! {
            step = self.link.submit_step(pdu_hex, deadline) => step,
            () = stopped => Err(LinkError::Timeout),
        }
    }

    async fn is_delivered(&mut self, message: &Outgoing) -> StoreResult<bool> {
        let id = message.id.clone();
        let row = self.store.run(move |store| store.get(&id)).await?;
        Ok(row.message.state == State::Delivered)
    }

    async fn accept(&mut self, message: &Outgoing, reference: Option<u8>) -> Result<(), Failure> {
        let (modem, now) = (self.modem.to_owned(), self.clock.now());
        self.change(message, move |message| {
            message.accept(&modem, reference, now);
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn refuse(&mut self, message: &Outgoing, verdict: Verdict, reason: String) -> StoreResult<Row> {
        let now = self.clock.now();
        self.change(message, move |message| {
            message.refuse(verdict, reason, now);
            Ok(())
        })
        .await
    }

    async fn lose_answer(&mut self, message: &Outgoing) -> StoreResult<Row> {
        let now = self.clock.now();
        self.change(message, move |message| {
            message.lose_answer(now);
            Ok(())
        })
        .await
    }

    async fn change(
        &mut self,
        message: &Outgoing,
        rule: impl FnOnce(&mut Outgoing) -> StoreResult<()> + Send + 'static,
    ) -> StoreResult<Row> {
        let (id, now) = (message.id.clone(), self.clock.now());
        self.store.run(move |store| store.change(&id, now, rule)).await
    }
}

/// `+CMGS: <mr>[,<ackpdu>]` (27.005 §3.5.1).
fn reference(answer: &str) -> Option<u8> {
    answer.strip_prefix("+CMGS:")?.split(',').next()?.trim().parse().ok()
}
