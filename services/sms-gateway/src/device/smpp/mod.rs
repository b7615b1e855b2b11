//! An operator's or provider's SMPP server (SMPP 3.4 §4, 5.0 §4): one transceiver session, one message at a time.
//! What it brings is made into SMS PDUs, so that the inbox treats it as a modem's.

mod letters;
mod tls;

use super::courier::{Courier, NotNow};
use super::{ModemPort, ModemState, Transport};
use crate::config::Smpp as Settings;
use crate::domain::cms::Verdict;
use crate::store::{Receipt, Sitting, StoreError};
use futures::{SinkExt as _, StreamExt as _};
use rusmpp::pdus::{BindTransceiver, DeliverSm, DeliverSmResp};
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{Command, CommandStatus, Pdu};
use std::collections::VecDeque;
use std::error::Error;
use std::pin::Pin;
use std::str::FromStr as _;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_util::codec::Framed;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const BIND_TIMEOUT: Duration = Duration::from_secs(10);
/// A silent session is asked so often, and is over when two questions in a row got no answer.
const ENQUIRE_EVERY: Duration = Duration::from_secs(15);
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
const RECONNECT_MAX: Duration = Duration::from_secs(60);
/// Letters that wait while an answer is waited for; the server waits beyond that.
const LETTERS_MAX: usize = 64;

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the SMPP connection broke")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
    #[error("the SMPP server closed the connection")]
    Closed,
    #[error("the SMPP server did not answer in time")]
    Silent,
    #[error("the SMPP server refused the bind: {0:?}")]
    Refused(CommandStatus),
    #[error("the file with the SMPP password cannot be read")]
    Password(#[source] std::io::Error),
    #[error("{0} of the SMPP settings is too long or not ASCII")]
    Setting(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, Failure>;
type Connection = Framed<Box<dyn ModemPort>, CommandCodec>;

pub struct Smpp {
    pub settings: Settings,
    pub answer_timeout: Duration,
    pub courier: Courier,
}

/// One bound session.
struct Session {
    connection: Connection,
    sequence: u32,
    letters: VecDeque<(u32, DeliverSm)>,
    sitting: Sitting,
    /// Letters were acknowledged, and nothing shows yet that the server heard it.
    unconfirmed: bool,
}

impl Transport for Smpp {
    fn run(mut self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let shutdown = self.courier.shutdown.clone();
            let mut pause = RECONNECT_FIRST;
            while !shutdown.is_triggered() {
                match self.attempt(&mut pause).await {
                    Ok(()) => break,
                    Err(Failure::Refused(status)) => {
                        tracing::error!(
                            ?status,
                            "the SMPP server refuses the bind: see system_id and password"
                        );
                        self.courier.set_state(ModemState::Failed);
                        pause = RECONNECT_MAX;
                    }
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn Error, "the SMPP session ended");
                        self.courier.set_state(ModemState::Absent);
                    }
                }
                tokio::select! {
                    () = shutdown.wait() => break,
                    () = sleep(pause) => pause = (pause * 2).min(RECONNECT_MAX),
                }
            }
            if let Err(error) = self.courier.close_open().await {
                tracing::error!(error = &error as &dyn Error, "an open submission becomes UNKNOWN");
            }
        })
    }
}

impl Smpp {
    /// Returns when the service stops.
    async fn attempt(&mut self, pause: &mut Duration) -> Result<()> {
        self.courier.close_open().await?;
        let connecting = TcpStream::connect(&self.settings.address);
        let stream = timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| Failure::Silent)?;
        let stream = stream.map_err(|error| Failure::Broken(error.into()))?;
        let stream = self.secure(stream).await?;
        let connection = Framed::new(stream, CommandCodec::new());
        let sitting = Sitting { modem: self.courier.modem.clone(), since: self.courier.clock.now() };
        let mut session =
            Session { connection, sequence: 0, letters: VecDeque::new(), sitting, unconfirmed: false };
        self.bind(&mut session).await?;
        *pause = RECONNECT_FIRST;
        self.courier.set_state(ModemState::Ready);
        self.serve(&mut session).await
    }

    /// Within TLS if the settings say so: the password and every text go over this line.
    async fn secure(&self, stream: TcpStream) -> Result<Box<dyn ModemPort>> {
        if !self.settings.tls {
            return Ok(Box::new(stream));
        }
        let host = self.settings.address.rsplit_once(':').map_or("", |(host, _)| host);
        let handshake = tls::connect(stream, host, &self.settings.ca_file);
        let secured = timeout(CONNECT_TIMEOUT, handshake).await.map_err(|_| Failure::Silent)?;
        Ok(Box::new(secured.map_err(|error| Failure::Broken(error.into()))?))
    }

    async fn bind(&self, session: &mut Session) -> Result<()> {
        let password = std::fs::read_to_string(&self.settings.password_file).map_err(Failure::Password)?;
        let bind = BindTransceiver::builder()
            .system_id(text(&self.settings.system_id, "system_id")?)
            .password(COctetString::from_str(password.trim()).map_err(|_| Failure::Setting("password"))?)
            .interface_version(InterfaceVersion::Smpp3_4)
            .build();
        let deadline = Instant::now() + BIND_TIMEOUT;
        let answer = session.ask(Pdu::BindTransceiver(bind), deadline).await?;
        match answer.status() {
            CommandStatus::EsmeRok => Ok(()),
            refused => Err(Failure::Refused(refused)),
        }
    }

    async fn serve(&mut self, session: &mut Session) -> Result<()> {
        let shutdown = self.courier.shutdown.clone();
        let mut changes = self.courier.store.watch_revision();
        let mut enquiries = interval(ENQUIRE_EVERY);
        enquiries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        enquiries.reset();
        let mut more = true;
        loop {
            while let Some((sequence, letter)) = session.letters.pop_front() {
                self.take(session, sequence, letter).await?;
            }
            tokio::select! {
                biased;
                () = shutdown.wait() => {
                    // A courtesy; the server sees the end of the connection anyway.
                    let _ = session.send(Pdu::Unbind).await;
                    return Ok(());
                }
                _ = self.courier.orders.recv() => return Err(Failure::Closed),
                command = session.connection.next() => session.hear(command).await?,
                _ = enquiries.tick() => {
                    session.ask(Pdu::EnquireLink, Instant::now() + ENQUIRE_EVERY).await?;
                    self.confirm(session).await?;
                    more = true;
                }
                () = std::future::ready(()), if more => more = self.submit_next(session).await?,
                changed = changes.changed() => more = changed.is_ok(),
            }
        }
    }

    /// False when nothing may go now.
    async fn submit_next(&mut self, session: &mut Session) -> Result<bool> {
        let Some(task) = self.courier.next().await? else { return Ok(false) };
        let message = &task.row.message;
        let Some(submit) = letters::submit(&task.row, &self.settings.source, self.courier.reports) else {
            self.courier.refuse(&message.id, Verdict::Permanent, "TEXT_NOT_ENCODABLE".into()).await?;
            return Ok(true);
        };
        match self.courier.hand_over(&task).await {
            Ok(()) => {}
            Err(NotNow::Withdrawn) => return Ok(true),
            Err(NotNow::Store(error)) => return Err(error.into()),
        }
        let asked = session.ask(Pdu::SubmitSm(submit), Instant::now() + self.answer_timeout).await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) => {
                self.courier.lose_answer(&message.id).await?;
                return Err(error);
            }
        };
        self.confirm(session).await?;
        match (answer.status(), answer.pdu()) {
            (CommandStatus::EsmeRok, Some(Pdu::SubmitSmResp(taken))) => {
                let number = taken.message_id().as_str().to_owned();
                self.courier.accept(&message.id, None).await?;
                self.courier.settle().await?;
                let (modem, id, part) =
                    (self.courier.modem.clone(), message.id.clone(), message.accepted_parts);
                self.courier.store.keep_receipt_key(modem, number, id, part).await?;
            }
            (status, _) => {
                let (verdict, code) = (verdict(status), u32::from(status));
                self.courier.refuse(&message.id, verdict, format!("SMPP_STATUS_{code}")).await?;
            }
        }
        Ok(true)
    }

    /// A message or a receipt; answered when it is on disk, so that the server repeats what was not.
    async fn take(&mut self, session: &mut Session, sequence: u32, letter: DeliverSm) -> Result<()> {
        let now = self.courier.clock.now();
        match letters::receipt(&letter) {
            Some((number, Some(outcome))) => {
                let receipt = Receipt { number, from: letters::sender(&letter), outcome };
                self.courier.store.take_receipt(self.courier.modem.clone(), receipt, now).await?;
            }
            Some((_, None)) => {}
            None => {
                let pdu = letters::pdu(&letter, now);
                match letters::hash(&letter) {
                    Some(hash) => {
                        let taken = self.courier.store.take_letter(&session.sitting, hash, pdu, now).await?;
                        tracing::debug!(?taken, "a letter is stored");
                        session.unconfirmed = true;
                    }
                    None => self.courier.take(vec![pdu]).await?,
                }
            }
        }
        let taken = Pdu::DeliverSmResp(DeliverSmResp::default());
        session.answer(sequence, taken).await
    }

    /// The server has answered what was sent after the last acknowledgements.
    async fn confirm(&self, session: &mut Session) -> Result<()> {
        if std::mem::take(&mut session.unconfirmed) {
            self.courier.store.confirm_letters(&session.sitting).await?;
        }
        Ok(())
    }
}

/// 1 to 0x7FFFFFFF, then 1 again (SMPP 3.4 §3.2).
fn sequence_after(last: u32) -> u32 {
    last % 0x7FFF_FFFF + 1
}

impl Session {
    async fn send(&mut self, pdu: Pdu) -> Result<u32> {
        self.sequence = sequence_after(self.sequence);
        self.answer(self.sequence, pdu).await?;
        Ok(self.sequence)
    }

    async fn answer(&mut self, sequence: u32, pdu: Pdu) -> Result<()> {
        let command = Command::new(CommandStatus::EsmeRok, sequence, pdu);
        self.connection.send(command).await.map_err(|error| Failure::Broken(error.into()))
    }

    /// The answer with our number; letters that come before it are kept.
    async fn ask(&mut self, pdu: Pdu, deadline: Instant) -> Result<Command> {
        let sequence = self.send(pdu).await?;
        loop {
            let next = timeout_at(deadline, self.connection.next()).await.map_err(|_| Failure::Silent)?;
            match next {
                Some(Ok(command)) if command.sequence_number() == sequence && is_answer(&command) => {
                    return Ok(command);
                }
                other => self.hear(other).await?,
            }
        }
    }

    async fn hear<E: Error + Send + Sync + 'static>(
        &mut self,
        next: Option<std::result::Result<Command, E>>,
    ) -> Result<()> {
        let command = next.ok_or(Failure::Closed)?.map_err(|error| Failure::Broken(error.into()))?;
        let sequence = command.sequence_number();
        match command.pdu() {
            // Not answered while too many wait: the server sends them again.
            Some(Pdu::DeliverSm(_)) if self.letters.len() == LETTERS_MAX => Ok(()),
            Some(Pdu::DeliverSm(letter)) => {
                self.letters.push_back((sequence, letter.clone()));
                Ok(())
            }
            Some(Pdu::EnquireLink) => self.answer(sequence, Pdu::EnquireLinkResp).await,
            Some(Pdu::Unbind) => {
                self.answer(sequence, Pdu::UnbindResp).await?;
                Err(Failure::Closed)
            }
            _ => Ok(()),
        }
    }
}

/// Responses have the top bit of the command id (SMPP 3.4 §5.1.2.1).
fn is_answer(command: &Command) -> bool {
    u32::from(command.id()) & 0x8000_0000 != 0
}

fn text<const MIN: usize, const MAX: usize>(
    value: &str,
    name: &'static str,
) -> Result<COctetString<MIN, MAX>> {
    COctetString::from_str(value).map_err(|_| Failure::Setting(name))
}

/// SMPP 3.4 §5.1.3. A negative answer says "not taken", except where the server itself does not know.
fn verdict(status: CommandStatus) -> Verdict {
    match u32::from(status) {
        // Queue full, throttled.
        0x14 | 0x58 => Verdict::Busy,
        // Message length, source or destination address, type of number or plan, UDH or text invalid.
        0x01 | 0x0A | 0x0B | 0x48..=0x51 | 0xC0..=0xC4 => Verdict::Permanent,
        // Submit failed; the session or its rights are wrong.
        0x45 | 0x04 | 0x0D | 0x0E | 0x0F | 0x11 => Verdict::Temporary,
        // System error, unknown error, provider's own codes.
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_begin_at_1_and_begin_anew_before_the_reserved_bit() {
        assert_eq!([0, 1, 0x7FFF_FFFE, 0x7FFF_FFFF].map(sequence_after), [1, 2, 0x7FFF_FFFF, 1]);
    }

    #[test]
    fn only_a_response_is_an_answer() {
        let is_answer = |pdu| is_answer(&Command::new(CommandStatus::EsmeRok, 1, pdu));
        assert!(is_answer(Pdu::EnquireLinkResp) && is_answer(Pdu::GenericNack));
        assert!(!is_answer(Pdu::EnquireLink) && !is_answer(Pdu::Unbind));
    }

    #[test]
    fn a_refusal_is_final_passing_or_leaves_open_whether_the_message_went() {
        let of = |status: u32| verdict(CommandStatus::from(status));
        assert!([0x14, 0x58].into_iter().all(|status| of(status) == Verdict::Busy));
        for status in [0x01, 0x0A, 0x0B, 0x48, 0x51, 0xC0, 0xC4] {
            assert_eq!(of(status), Verdict::Permanent, "{status:#x}");
        }
        for status in [0x04, 0x0D, 0x0E, 0x0F, 0x11, 0x45] {
            assert_eq!(of(status), Verdict::Temporary, "{status:#x}");
        }
        for status in [0x08, 0x47, 0x52, 0xC5, 0xFF, 0x400] {
            assert_eq!(of(status), Verdict::Unknown, "{status:#x}");
        }
    }

    #[test]
    fn a_setting_that_does_not_fit_is_named() {
        assert!(text::<1, 9>("12345678", "password").is_ok());
        let long = text::<1, 9>("123456789", "password").unwrap_err();
        assert!(matches!(long, Failure::Setting("password")));
    }
}
