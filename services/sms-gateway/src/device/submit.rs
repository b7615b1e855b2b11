//! Hands one message, or one part of a long one, to the modem.

use super::courier::{Courier, NotNow};
use super::failure::Failure;
use super::fleet::Task;
use super::link::{Link, LinkError, PromptReply, SubmitStep};
use crate::crash;
use crate::domain::cms::{self, Verdict};
use crate::domain::final_result::FinalResult;
use crate::domain::outbox::{Outgoing, State, VALIDITY_MINUTES};
use crate::domain::pdu::submit::cmgs_length;
use crate::domain::pdu::{self, FromNetwork, Submit};
use crate::store::Result as StoreResult;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A modem that is busy with its network can be slow to prompt; nothing has been sent by then.
const PROMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// When the service stops, an answer that is nearly there is still waited for.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Once the network's acknowledgement or the report is here, the rest of the answer follows at once or never.
const REST_TIMEOUT: Duration = Duration::from_secs(2);
/// After an OK without the acknowledgement, which may belong to an earlier command.
const OK_ALONE_TIMEOUT: Duration = Duration::from_millis(500);

/// An OK that comes before any acknowledgement that is surely this message's. A modem that gives no references has said all;
/// to any other it is the late end of an earlier command, and the submission goes on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Sign {
    #[default]
    None,
    Since(Instant),
    /// The modem was asked for a sign: it gives none before the submission is over.
    Asked,
}

/// After Ctrl-Z.
#[derive(Default)]
struct Heard {
    acknowledged: bool,
    /// The reference of an acknowledgement that may be of the message before, which was given up.
    doubtful: Option<Option<u8>>,
    sign: Sign,
}

pub struct Submission<'a> {
    pub link: &'a mut Link,
    pub courier: &'a mut Courier,
    pub answer_timeout: Duration,
}

impl Submission<'_> {
    pub async fn run(&mut self, task: &Task) -> Result<(), Failure> {
        let message = &task.row.message;
        let submit = Submit {
            to: &message.to,
            text: &message.text.0,
            validity_minutes: VALIDITY_MINUTES,
            request_report: self.courier.reports,
            part: message.accepted_parts,
            reference: (task.row.number % 256) as u8,
            parts_max: message.parts,
        };
        let Ok(pdu) = submit.encode() else {
            let reason = "TEXT_NOT_ENCODABLE".to_owned();
            return Ok(self.courier.refuse(&message.id, Verdict::Permanent, reason).await?);
        };
        let prompted = self.link.prompt(&format!("AT+CMGS={}", cmgs_length(&pdu)), PROMPT_TIMEOUT).await;
        if let Some(answer) = self.link.take_acknowledgement() {
            self.courier.accept_late(reference(&answer)).await?;
        }
        match prompted {
            Ok(PromptReply::Prompt) => self.hand_over(task, &hex::encode_upper(pdu)).await,
            Ok(PromptReply::Final(result)) => {
                let (verdict, reason) = (cms::before_handover(result), cms::reason(result));
                tracing::info!(message_id = message.id, ?verdict, reason, "the modem did not prompt");
                Ok(self.courier.refuse(&message.id, verdict, reason).await?)
            }
            Err(LinkError::Timeout) => {
                // Nothing was sent. Others go first for some seconds, in case it is this message's fault.
                self.courier.refuse(&message.id, Verdict::Busy, "NO_PROMPT".into()).await?;
                Err(LinkError::Timeout.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn hand_over(&mut self, task: &Task, pdu_hex: &str) -> Result<(), Failure> {
        crash::point("prompted");
        match self.courier.hand_over(task).await {
            Ok(()) => {}
            Err(withdrawn) => {
                // Not on disk, so it must not go out.
                self.link.escape().await?;
                return match withdrawn {
                    NotNow::Withdrawn => Ok(()),
                    NotNow::Store(error) => Err(error.into()),
                };
            }
        }
        let message = &task.row.message;
        let written = self.link.write_pdu(pdu_hex).await;
        crash::point("submitted");
        let answered = match written {
            Ok(()) => self.final_answer(message, pdu_hex).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = answered {
            tracing::warn!(message_id = message.id, "the modem's final answer did not come");
            self.courier.settle().await?;
            self.courier.lose_answer(&message.id).await?;
            if matches!(error, Failure::Link(LinkError::Timeout)) {
                self.courier.late = Some(message.id.clone());
            }
            return Err(error);
        }
        Ok(())
    }

    /// Writes down whatever the modem says. An error means that it did not say everything.
    async fn final_answer(&mut self, message: &Outgoing, pdu_hex: &str) -> Result<(), Failure> {
        let mut deadline = Instant::now() + self.answer_timeout;
        let mut heard = Heard::default();
        loop {
            let until = match heard.sign {
                Sign::Since(at) => deadline.min(at + OK_ALONE_TIMEOUT),
                Sign::None | Sign::Asked => deadline,
            };
            let step = match self.step(pdu_hex, until).await {
                Err(LinkError::Timeout) if matches!(heard.sign, Sign::Since(_)) => {
                    self.link.knock().await?;
                    heard.sign = Sign::Asked;
                    continue;
                }
                step => step?,
            };
            match step {
                // `+CMGS:` is the network's acknowledgement, whatever the modem says afterwards: of this message, unless the
                // one before was given up and has none yet.
                SubmitStep::Acknowledged(answer) => {
                    match (self.courier.late.is_some(), heard.doubtful.take()) {
                        (true, None) if !heard.acknowledged => {
                            heard.doubtful = Some(reference(&answer));
                            heard.sign = Sign::Since(Instant::now() + REST_TIMEOUT);
                        }
                        (_, earlier) => {
                            if let Some(earlier) = earlier {
                                self.courier.accept_late(earlier).await?;
                            }
                            self.accept(message, &mut heard, reference(&answer)).await?;
                            deadline = deadline.min(Instant::now() + REST_TIMEOUT);
                        }
                    }
                }
                SubmitStep::Final(_) if heard.acknowledged => {
                    if heard.sign == Sign::Asked {
                        self.link.quiet().await?;
                    }
                    return Ok(());
                }
                SubmitStep::Final(FinalResult::Ok) if heard.sign == Sign::Asked => {
                    // The submission is over, and there was one acknowledgement or none.
                    let number = heard.doubtful.take().flatten();
                    return self.accept(message, &mut heard, number).await;
                }
                SubmitStep::Final(FinalResult::Ok) => heard.sign = Sign::Since(Instant::now()),
                SubmitStep::Final(result) => return self.refused(message, result, heard).await,
                SubmitStep::Report(line) => {
                    if self.hear_report(message, &line).await? {
                        deadline = deadline.min(Instant::now() + REST_TIMEOUT);
                    }
                }
            }
        }
    }

    async fn accept(
        &mut self,
        message: &Outgoing,
        heard: &mut Heard,
        number: Option<u8>,
    ) -> Result<(), Failure> {
        if !std::mem::replace(&mut heard.acknowledged, true) {
            self.courier.accept(&message.id, number).await?;
        }
        Ok(())
    }

    async fn refused(
        &mut self,
        message: &Outgoing,
        result: FinalResult,
        heard: Heard,
    ) -> Result<(), Failure> {
        let verdict = match (heard.doubtful, heard.sign) {
            // An acknowledgement and a refusal are of two messages: the first one is the one that was given up.
            (Some(earlier), _) => {
                self.courier.accept_late(earlier).await?;
                cms::after_handover(result)
            }
            (None, Sign::None) => cms::after_handover(result),
            // An OK and an error: one of them belongs to another command.
            (None, Sign::Since(_) | Sign::Asked) => Verdict::Unknown,
        };
        let reason = cms::reason(result);
        tracing::info!(message_id = message.id, ?verdict, reason, "a submission was refused");
        Ok(self.courier.refuse(&message.id, verdict, reason).await?)
    }

    /// True when it says that this very message arrived.
    async fn hear_report(&mut self, message: &Outgoing, line: &str) -> StoreResult<bool> {
        let Ok(bytes) = pdu::from_hex(line) else { return Ok(false) };
        let to_same_number = match pdu::decode(&bytes) {
            Ok(FromNetwork::StatusReport(report)) => message.to.same_tail(&report.to.raw),
            _ => false,
        };
        if !to_same_number {
            self.courier.take_report(bytes).await?;
            return Ok(false);
        }
        self.courier.owe_ack();
        self.courier.take(vec![bytes]).await?;
        let id = message.id.clone();
        let row = self.courier.store.run(move |store| store.get(&id)).await?;
        Ok(row.message.state != State::Submitting)
    }

    async fn step(&mut self, pdu_hex: &str, deadline: Instant) -> Result<SubmitStep, LinkError> {
        let shutdown = &self.courier.shutdown;
        let stopped = async {
            shutdown.wait().await;
            sleep(STOP_GRACE).await;
        };
        tokio::select! {
            step = self.link.submit_step(pdu_hex, deadline) => step,
            () = stopped => Err(LinkError::Timeout),
        }
    }
}

/// `+CMGS: <mr>[,<ackpdu>]` (27.005 §3.5.1).
pub fn reference(answer: &str) -> Option<u8> {
    answer.strip_prefix("+CMGS:")?.split(',').next()?.trim().parse().ok()
}

#[cfg(test)]
#[path = "submit_tests.rs"]
mod tests;
