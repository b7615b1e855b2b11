//! One command at a time, with a deadline, over a port. Deadlines are monotonic.

use super::ModemPort;
use crate::domain::at_line::{Expected, FinalResult, Line, LineReader, Urc};
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
}

impl Link {
    pub fn new(port: Box<dyn ModemPort>) -> Self {
        Self { port, reader: LineReader::default(), urcs: VecDeque::new() }
    }

    pub async fn command(
        &mut self,
        command: &str,
        prefix: Option<&'static str>,
        within: Duration,
    ) -> Result<Reply, LinkError> {
        let expected = Expected { echo: command.to_owned(), prefix, prompt: false, in_flight: true };
        self.write(format!("{command}\r").as_bytes()).await?;
        self.reply(&expected, Instant::now() + within).await
    }

    /// `AT+CMGS=<length>`; after the prompt the PDU may be written.
    pub async fn prompt(&mut self, command: &str, within: Duration) -> Result<PromptReply, LinkError> {
        let expected =
            Expected { echo: command.to_owned(), prefix: Some("+CMGS:"), prompt: true, in_flight: true };
        self.write(format!("{command}\r").as_bytes()).await?;
        let deadline = Instant::now() + within;
        loop {
            match self.line(&expected, deadline).await? {
                Line::Prompt => return Ok(PromptReply::Prompt),
                Line::Final(result) => return Ok(PromptReply::Final(result)),
                Line::Urc(urc) => self.note(urc)?,
                Line::Echo | Line::Answer { .. } => {}
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
                Line::Final(result) => return Ok(SubmitStep::Final(result)),
                Line::Urc(Urc::Pdu(pdu)) => return Ok(SubmitStep::Report(pdu)),
                Line::Urc(urc) => self.note(urc)?,
                Line::Echo | Line::Prompt => {}
            }
        }
    }

    /// Leaves a prompt that may be open, and forgets what was half read. Status reports are kept.
    pub async fn escape(&mut self) -> Result<(), LinkError> {
        self.write(&[ESCAPE]).await?;
        self.quiet().await
    }

    /// Waits until late answers have come, so that none is taken for the answer to the next command.
    pub async fn quiet(&mut self) -> Result<(), LinkError> {
        let quiet_from = Instant::now() + QUIET;
        loop {
            match self.line(&Expected::default(), quiet_from).await {
                Ok(Line::Urc(urc)) => self.keep(urc),
                Ok(_) => {}
                Err(LinkError::Timeout) => break,
                Err(error) => return Err(error),
            }
        }
        self.reader.clear();
        Ok(())
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

    async fn reply(&mut self, expected: &Expected, deadline: Instant) -> Result<Reply, LinkError> {
        let mut answers = Vec::new();
        loop {
            match self.line(expected, deadline).await? {
                Line::Final(result) => return Ok(Reply { answers, result }),
                Line::Answer { .. } if answers.len() == ANSWERS_MAX => return Err(LinkError::Flood),
                Line::Answer { text, pdu } => answers.push(Answer { text, pdu }),
                Line::Urc(urc) => self.note(urc)?,
                Line::Echo | Line::Prompt => {}
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
        if urc == Urc::Other || (urc == Urc::Stored && self.urcs.contains(&Urc::Stored)) {
            return;
        }
        if self.urcs.len() == URCS_MAX {
            tracing::warn!("the modem reports more than can be kept; the oldest news is dropped");
            self.urcs.pop_front();
        }
        self.urcs.push_back(urc);
    }
}
