//! The serial handheld: opened, read until it is gone, looked for again.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chit_runtime::Shutdown;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_serial::SerialStream;

use crate::domain::profile::Command;
use crate::domain::refusal::Refusal;
use crate::domain::ssi;
use crate::intake::Intake;

/// A handheld that is plugged in again is there within a second.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_millis(500);
const READ_LEN: usize = 1024;

pub struct Serial {
    pub port: PathBuf,
    pub baud: u32,
    pub commands: mpsc::Receiver<Command>,
    pub intake: Intake,
}

impl Serial {
    /// Until shutdown. Everything that goes wrong means that the device is absent for now.
    pub async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            () = self.keep_reading() => {}
            () = shutdown.wait() => {}
        }
    }

    async fn keep_reading(&mut self) {
        let started = Instant::now();
        let port = self.port.display().to_string();
        let mut pause = PAUSE_FIRST;
        let mut told = false;
        loop {
            match open(&self.port, self.baud) {
                Ok(line) => {
                    self.intake.device().ready();
                    tracing::info!(port, "handheld is there");
                    let end = self.read(line, started).await;
                    self.intake.gone(started.elapsed());
                    tracing::warn!(port, error = %end, "handheld is gone");
                    self.intake.device().absent(format!("unplugged ({end}); plug it in again"));
                    (pause, told) = (PAUSE_FIRST, true);
                }
                Err(error) if !told => {
                    told = true;
                    tracing::warn!(port, %error, "handheld is absent; looking for it");
                    self.intake.device().absent(remedy(&error));
                }
                Err(error) => self.intake.device().absent(remedy(&error)),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn read(&mut self, mut line: SerialStream, started: Instant) -> io::Error {
        let mut bytes = [0; READ_LEN];
        let packets = self.intake.device().profile.as_ref().is_some_and(|profile| profile.is_ssi());
        let mut ssi = packets.then(SsiLine::default);
        loop {
            let due = self.intake.due().map(|due| started + due);
            tokio::select! {
                read = line.read(&mut bytes) => match read {
                    // An unplugged serial device reads as 0 bytes for ever.
                    Ok(0) => return io::Error::new(io::ErrorKind::UnexpectedEof, "the line ended"),
                    Ok(len) => match &mut ssi {
                        None => self.intake.bytes(&bytes[..len], started.elapsed()),
                        Some(ssi) => {
                            if let Err(error) = ssi.take(&bytes[..len], &mut line, &mut self.intake, started.elapsed()).await {
                                return error;
                            }
                        }
                    },
                    Err(error) => return error,
                },
                () = sleep_until(due.unwrap_or(started)), if due.is_some() => self.intake.silence(started.elapsed()),
                Some(command) = self.commands.recv() => {
                    if let Err(error) = self.send(command, &mut line).await {
                        return error;
                    }
                }
            }
        }
    }

    async fn send(&self, command: Command, line: &mut SerialStream) -> io::Result<()> {
        let messages =
            self.intake.device().profile.as_ref().map(|profile| profile.messages(command)).transpose();
        for message in messages.ok().flatten().unwrap_or_default() {
            line.write_all(&message).await?;
        }
        line.flush().await
    }
}

/// A line that carries packets: each code is acknowledged, or the scanner sends it again.
#[derive(Default)]
struct SsiLine {
    unpacker: ssi::Unpacker,
    code: Vec<u8>,
}

impl SsiLine {
    async fn take(
        &mut self,
        bytes: &[u8],
        line: &mut SerialStream,
        intake: &mut Intake,
        now: Duration,
    ) -> io::Result<()> {
        for packet in self.unpacker.push(bytes) {
            let ssi::Packet::Decoded { data, more } = packet else { continue };
            line.write_all(&ssi::ack()).await?;
            self.code.extend(data);
            if self.code.len() > crate::domain::scan::CODE_LEN_MAX + 3 {
                self.code.clear();
                intake.spoilt(Refusal::TooLong);
            } else if !more {
                intake.code(&std::mem::take(&mut self.code), now);
            }
        }
        Ok(())
    }
}

fn remedy(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "nothing is plugged in under this name; `port` in [scanner] should be a name in /dev/serial/by-id"
                .into()
        }
        io::ErrorKind::PermissionDenied => "this user may not open the port; add it to group dialout".into(),
        _ => format!("the port cannot be opened ({error}); another program may hold it"),
    }
}

fn open(port: &Path, baud: u32) -> io::Result<SerialStream> {
    // A by-id link may point elsewhere after replugging, so it is resolved each time.
    let device = port.canonicalize()?;
    // TIOCEXCL keeps others out and ends with the last close of a real device. The slave of a pseudo terminal lives on
    // with its master: there the mark would outlive a killed process and lock its successor out.
    let exclusive = !device.starts_with("/dev/pts");
    let builder = tokio_serial::new(device.to_string_lossy(), baud).exclusive(exclusive);
    Ok(SerialStream::open(&builder)?)
}

#[cfg(test)]
mod tests;
