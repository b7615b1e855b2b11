//! One command at a time, with a deadline, over a port. Deadlines are monotonic.

use super::ModemPort;
use crate::domain::at_line::{Expected, Line, LineReader, Urc};
use crate::domain::final_result::FinalResult;
use futures::FutureExt as _;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

/// A port that takes nothing for so long is stuck (flow control, dead USB).
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// More than a SIM and a phone memory can list.
const ANSWERS_MAX: usize = 2000;
/// News that waits while a command runs; the oldest go first.
const URCS_MAX: usize = 512;
const CHUNK_BYTES: usize = 1024;
const ESCAPE: u8 = 0x1B;
/// Ends the PDU (27.005 §3.5.1).
const CTRL_Z: u8 = 0x1A;
/// What a cancelled prompt still says comes within this time.
const QUIET: Duration = Duration::from_millis(150);
/// After an OK where a prompt should be, or an answer without its OK: the rest comes within this time or never.
const REST: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the modem's port is gone")]
    Disconnected(#[source] io::Error),
    #[error("the modem did not answer in time")]
    Timeout,
    #[error("the modem sends an endless answer")]
    Flood,
    #[error("the modem restarted")]
    Restarted,
}

pub struct Answer {
    pub text: String,
    pub pdu: Option<String>,
}

pub struct Reply {
    pub answers: Vec<Answer>,
    pub result: FinalResult,
    /// The answer to a `question` without the OK that ends it.
    pub unended: bool,
}

impl Reply {
    pub fn is_ok(&self) -> bool {
        self.result == FinalResult::Ok
    }

    /// The values of the first answer with this name.
    pub fn values(&self, prefix: &str) -> Option<&str> {
        self.answers.iter().find_map(|answer| answer.text.strip_prefix(prefix)).map(str::trim)
    }
}

pub enum PromptReply {
    Prompt,
    Final(FinalResult),
}

/// What comes after Ctrl-Z.
pub enum SubmitStep {
    /// `+CMGS:` with its values: the network took the message.
    Acknowledged(String),
    Final(FinalResult),
    /// A status report, perhaps about this very message.
    Report(String),
}

pub struct Link {
    port: Box<dyn ModemPort>,
    reader: LineReader,
    urcs: VecDeque<Urc>,
    /// It ends an answer twice; the second OK must not be taken for the end of the next one.
    stutters: bool,
    /// Commands that it repeated.
    echoes: u32,
}

impl Link {
    pub fn new(port: Box<dyn ModemPort>) -> Self {
        Self { port, reader: LineReader::default(), urcs: VecDeque::new(), stutters: false, echoes: 0 }
    }

    pub async fn command(
        &mut self,
        command: &str,
        prefix: Option<&'static str>,
        within: Duration,
    ) -> Result<Reply, LinkError> {
        self.ask(command, prefix, within, false).await
    }

    /// For questions that some modems answer without the OK at the end.
    pub async fn question(
        &mut self,
        command: &str,
        prefix: &'static str,
        within: Duration,
    ) -> Result<Reply, LinkError> {
        self.ask(command, Some(prefix), within, true).await
    }

    async fn ask(
        &mut self,
        command: &str,
        prefix: Option<&'static str>,
        within: Duration,
        open_end: bool,
    ) -> Result<Reply, LinkError> {
        self.drop_stale()?;
        let expected = Expected { echo: command.to_owned(), prefix, prompt: false, in_flight: true };
        self.write(format!("{command}\r").as_bytes()).await?;
        let reply = self.reply(&expected, Instant::now() + within, open_end).await?;
        self.swallow_twin().await?;
        Ok(reply)
    }

    /// `AT+CMGS=<length>`; after the prompt the PDU may be written.
    pub async fn prompt(&mut self, command: &str, within: Duration) -> Result<PromptReply, LinkError> {
        self.drop_stale()?;
        let expected =
            Expected { echo: command.to_owned(), prefix: Some("+CMGS:"), prompt: true, in_flight: true };
        self.write(format!("{command}\r").as_bytes()).await?;
        let (mut deadline, mut early) = (Instant::now() + within, false);
        loop {
            match self.line(&expected, deadline).await {
                Ok(Line::Prompt) => return Ok(PromptReply::Prompt),
                // Belongs to an earlier command; the prompt is still on its way.
                Ok(Line::Final(FinalResult::Ok)) => {
                    early = true;
                    deadline = deadline.min(Instant::now() + REST);
                }
                Ok(Line::Final(result)) => {
                    self.swallow_twin().await?;
                    return Ok(PromptReply::Final(result));
                }
                Ok(Line::Urc(urc)) => self.note(urc)?,
                // Nothing has been given to the modem yet.
                Ok(Line::Answer { text, .. }) => self.keep(Urc::Acknowledged(text)),
                Ok(Line::Echo) => {}
                Err(LinkError::Timeout) if early => {
                    self.escape().await?;
                    return Ok(PromptReply::Final(FinalResult::Ok));
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub async fn write_pdu(&mut self, pdu_hex: &str) -> Result<(), LinkError> {
        let mut bytes = pdu_hex.as_bytes().to_vec();
        bytes.push(CTRL_Z);
        self.write(&bytes).await
    }

    pub async fn submit_step(&mut self, pdu_hex: &str, deadline: Instant) -> Result<SubmitStep, LinkError> {
        let echo = pdu_hex.to_owned();
        let expected = Expected { echo, prefix: Some("+CMGS:"), prompt: false, in_flight: true };
        loop {
            match self.line(&expected, deadline).await? {
                Line::Answer { text, .. } => return Ok(SubmitStep::Acknowledged(text)),
                Line::Final(result) => {
                    self.swallow_twin().await?;
                    return Ok(SubmitStep::Final(result));
                }
                Line::Urc(Urc::Pdu(pdu)) => return Ok(SubmitStep::Report(pdu)),
                Line::Urc(urc) => self.note(urc)?,
                Line::Echo | Line::Prompt => {}
            }
        }
    }

    /// A command after Ctrl-Z, whose OK is one of the next steps. Not every modem says OK to a bare `AT`; to this one it has
    /// said so when it was set up.
    pub async fn knock(&mut self) -> Result<(), LinkError> {
        self.write(b"AT+CMGF=0\r").await
    }

    /// Leaves a prompt that may be open, and forgets what was half read. Status reports are kept.
    pub async fn escape(&mut self) -> Result<(), LinkError> {
        self.write(&[ESCAPE]).await?;
        self.quiet().await.map(|_| ())
    }

    /// Waits until late answers have come, so that none is taken for the answer to the next command. Gives how many.
    pub async fn quiet(&mut self) -> Result<u32, LinkError> {
        let quiet_from = Instant::now() + QUIET;
        let mut late = 0;
        loop {
            match self.line(&Expected::default(), quiet_from).await {
                Ok(Line::Urc(urc)) => self.keep(urc),
                Ok(Line::Final(_)) => late += 1,
                Ok(_) => {}
                Err(LinkError::Timeout) => break,
                Err(error) => return Err(error),
            }
        }
        self.reader.clear();
        Ok(late)
    }

    /// How many since the last call.
    pub fn take_echoes(&mut self) -> u32 {
        std::mem::take(&mut self.echoes)
    }

    /// From now on a second end of an answer is waited for.
    pub fn expect_twins(&mut self) {
        tracing::info!("the modem ends its answers twice");
        self.stutters = true;
    }

    async fn swallow_twin(&mut self) -> Result<(), LinkError> {
        let until = Instant::now() + QUIET;
        while self.stutters {
            match self.line(&Expected::default(), until).await {
                Ok(Line::Urc(urc)) => self.keep(urc),
                Ok(Line::Final(_)) | Err(LinkError::Timeout) => break,
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What is here before a command is sent is news, or the tail of an earlier answer: no part of the next one.
    fn drop_stale(&mut self) -> Result<(), LinkError> {
        loop {
            while let Some(line) = self.reader.next(&Expected::default()) {
                if let Line::Urc(urc) = line {
                    self.keep(urc);
                }
            }
            match self.read().now_or_never() {
                Some(read) => read?,
                None => return Ok(()),
            }
        }
    }

    /// The operator's answer to a USSD code; other news is kept.
    pub async fn wait_ussd(&mut self, within: Duration) -> Result<Option<String>, LinkError> {
        let deadline = Instant::now() + within;
        loop {
            let waits = self.urcs.iter().position(|urc| matches!(urc, Urc::Ussd(_)));
            if let Some(Urc::Ussd(said)) = waits.and_then(|at| self.urcs.remove(at)) {
                return Ok(Some(said));
            }
            match self.line(&Expected::default(), deadline).await {
                Ok(Line::Urc(urc)) => self.note(urc)?,
                Ok(_) => {}
                Err(LinkError::Timeout) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Of a submission that was given up, if it has come meanwhile.
    pub fn take_acknowledgement(&mut self) -> Option<String> {
        let at = self.urcs.iter().position(|urc| matches!(urc, Urc::Acknowledged(_)))?;
        match self.urcs.remove(at) {
            Some(Urc::Acknowledged(answer)) => Some(answer),
            _ => None,
        }
    }

    pub fn take_urc(&mut self) -> Option<Urc> {
        self.urcs.pop_front()
    }

    /// Waits for news while no command runs. May be dropped at any time without losing a byte.
    pub async fn wait_urc(&mut self) -> Result<Urc, LinkError> {
        loop {
            if let Some(urc) = self.take_urc() {
                return Ok(urc);
            }
            match self.reader.next(&Expected::default()) {
                Some(Line::Urc(urc)) => return Ok(urc),
                Some(_) => {}
                None => self.read().await?,
            }
        }
    }

    async fn reply(
        &mut self,
        expected: &Expected,
        mut deadline: Instant,
        open_end: bool,
    ) -> Result<Reply, LinkError> {
        let mut answers = Vec::new();
        loop {
            match self.line(expected, deadline).await {
                Ok(Line::Final(result)) => return Ok(Reply { answers, result, unended: false }),
                Ok(Line::Answer { .. }) if answers.len() == ANSWERS_MAX => return Err(LinkError::Flood),
                Ok(Line::Answer { text, pdu }) => {
                    answers.push(Answer { text, pdu });
                    if open_end {
                        deadline = deadline.min(Instant::now() + REST);
                    }
                }
                Ok(Line::Urc(urc)) => self.note(urc)?,
                Ok(Line::Echo) => self.echoes += 1,
                Ok(Line::Prompt) => {}
                Err(LinkError::Timeout) if open_end && !answers.is_empty() => {
                    return Ok(Reply { answers, result: FinalResult::Ok, unended: true });
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn line(&mut self, expected: &Expected, deadline: Instant) -> Result<Line, LinkError> {
        loop {
            if let Some(line) = self.reader.next(expected) {
                return Ok(line);
            }
            timeout_at(deadline, self.read()).await.map_err(|_| LinkError::Timeout)??;
        }
    }

    /// An unplugged port reads zero bytes for ever.
    async fn read(&mut self) -> Result<(), LinkError> {
        let mut chunk = [0; CHUNK_BYTES];
        match self.port.read(&mut chunk).await {
            Ok(0) => Err(LinkError::Disconnected(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                self.reader.feed(&chunk[..count]);
                Ok(())
            }
            Err(error) => Err(LinkError::Disconnected(error)),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let write = async {
            self.port.write_all(bytes).await?;
            self.port.flush().await
        };
        timeout(WRITE_TIMEOUT, write).await.map_err(|_| LinkError::Timeout)?.map_err(LinkError::Disconnected)
    }

    /// A modem that restarted will not answer what it was asked before.
    fn note(&mut self, urc: Urc) -> Result<(), LinkError> {
        if urc == Urc::Restarted {
            return Err(LinkError::Restarted);
        }
        self.keep(urc);
        Ok(())
    }

    fn keep(&mut self, urc: Urc) {
        // One look at the storage answers any number of announcements.
        let known = matches!(urc, Urc::Stored(_)) && self.urcs.contains(&urc);
        if urc == Urc::Other || known {
            return;
        }
        if self.urcs.len() == URCS_MAX {
            tracing::warn!("the modem reports more than can be kept; the oldest news is dropped");
            self.urcs.pop_front();
        }
        self.urcs.push_back(urc);
    }
}
