//! A second person's approval: the name is an argument, the PIN never is (`ps` shows arguments to every user).

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use chit_proto::checkout::v1::Approval;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::failure::Failure;

const PIN_VARIABLE: &str = "CHIT_PIN";
const NEW_PIN_VARIABLE: &str = "CHIT_NEW_PIN";
const SECOND_PIN_VARIABLE: &str = "CHIT_SECOND_PIN";
/// A PIN has 4 to 8 digits.
const PIN_LEN_MAX: usize = 8;
const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const BACKSPACE: [u8; 2] = [8, 127];

#[derive(clap::Args, Debug, Clone)]
pub struct ApprovalArgs {
    /// Who approves: a staff name. The PIN is read from --pin-file, $CHIT_PIN or standard input.
    #[arg(long, value_name = "NAME")]
    pub approver: Option<String>,
    /// File with the approver's PIN.
    #[arg(long, value_name = "FILE", requires = "approver")]
    pub pin_file: Option<PathBuf>,
}

impl ApprovalArgs {
    pub async fn needed(&self) -> Result<Approval, Failure> {
        let missing = || Failure::usage("this needs a second person: give --approver NAME");
        self.given().await?.ok_or_else(missing)
    }

    pub async fn given(&self) -> Result<Option<Approval>, Failure> {
        let Some(actor) = self.approver.clone() else { return Ok(None) };
        Ok(Some(read(actor, self.pin_file.clone(), PIN_VARIABLE).await?))
    }
}

/// Two people answer for a change of phone or card.
#[derive(clap::Args, Debug, Clone)]
pub struct TwoApprovalsArgs {
    #[command(flatten)]
    first: ApprovalArgs,
    /// Who else approves: another staff name. The PIN is read from --second-pin-file, $CHIT_SECOND_PIN or standard input.
    #[arg(long, value_name = "NAME")]
    second_approver: Option<String>,
    /// File with the second approver's PIN.
    #[arg(long, value_name = "FILE", requires = "second_approver")]
    second_pin_file: Option<PathBuf>,
}

impl TwoApprovalsArgs {
    /// One after the other: on standard input the first line is the first PIN.
    pub async fn needed(&self) -> Result<(Approval, Approval), Failure> {
        let missing = || Failure::usage("this needs two people: give --second-approver NAME, too");
        let second = self.second_approver.clone().ok_or_else(missing)?;
        let first = self.first.needed().await?;
        Ok((first, read(second, self.second_pin_file.clone(), SECOND_PIN_VARIABLE).await?))
    }
}

/// A person's own name and PIN.
pub async fn own(name: String, pin_file: Option<PathBuf>) -> Result<Approval, Failure> {
    read(name, pin_file, PIN_VARIABLE).await
}

/// The PIN until now and the next one: by $CHIT_PIN and $CHIT_NEW_PIN, typed, or as two lines of standard input.
pub async fn two_of(name: String) -> Result<(String, String), Failure> {
    let now = read(name.clone(), None, PIN_VARIABLE).await?.pin;
    Ok((now, read(format!("{name}, the new one"), None, NEW_PIN_VARIABLE).await?.pin))
}

async fn read(actor: String, file: Option<PathBuf>, variable: &'static str) -> Result<Approval, Failure> {
    let name = actor.clone();
    let pin = tokio::task::spawn_blocking(move || pin(file.as_deref(), &name, variable));
    let pin = pin.await.map_err(|error| Failure::other("PIN_UNREADABLE", error.to_string()))??;
    Ok(Approval { actor, pin })
}

fn pin(file: Option<&Path>, name: &str, variable: &str) -> Result<String, Failure> {
    let pin = if let Some(file) = file {
        std::fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("cannot read the PIN from {}: {error}", file.display()))
        })?
    } else if let Ok(pin) = std::env::var(variable) {
        pin
    } else if io::stdin().is_terminal() {
        typed(name)?
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(unreadable)?;
        line
    };
    let pin = pin.trim();
    if (4..=PIN_LEN_MAX).contains(&pin.len()) && pin.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(pin.to_owned());
    }
    Err(Failure::usage(format!(
        "a PIN is 4 to 8 digits; give {name}'s by a file, ${variable} or on standard input"
    )))
}

fn unreadable(error: impl Into<io::Error>) -> Failure {
    Failure::other("PIN_UNREADABLE", format!("cannot read the PIN: {}", error.into()))
}

/// Without echo. Ctrl-C arrives as a byte, so that the terminal is always set back.
fn typed(name: &str) -> Result<String, Failure> {
    let terminal = io::stdin();
    let before = tcgetattr(&terminal).map_err(unreadable)?;
    let mut silent = before.clone();
    silent.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    eprint!("PIN of {name}: ");
    io::stderr().flush().map_err(unreadable)?;
    tcsetattr(&terminal, OptionalActions::Flush, &silent).map_err(unreadable)?;
    let typed = read_silently(terminal.lock());
    tcsetattr(&terminal, OptionalActions::Flush, &before).map_err(unreadable)?;
    eprintln!();
    typed
}

fn read_silently(keys: impl io::BufRead) -> Result<String, Failure> {
    let mut pin = String::new();
    for key in keys.bytes() {
        match key.map_err(unreadable)? {
            b'\r' | b'\n' | CTRL_D => return Ok(pin),
            CTRL_C => return Err(Failure::interrupted()),
            key if BACKSPACE.contains(&key) => drop(pin.pop()),
            // One more than allowed is kept, so that it is refused.
            key if pin.len() <= PIN_LEN_MAX => pin.push(char::from(key)),
            _ => {}
        }
    }
    Ok(pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_typed_with_corrections_and_given_up_with_ctrl_c() {
        assert_eq!(read_silently(&b"12\x7f345\r99"[..]).unwrap(), "1345");
        assert_eq!(read_silently(&b"12\x03"[..]).unwrap_err().reason, "INTERRUPTED");
        assert_eq!(read_silently(&[b'7'; 50][..]).unwrap().len(), PIN_LEN_MAX + 1);
    }

    #[test]
    fn a_pin_file_is_read_and_nothing_of_a_bad_one_is_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pin");
        std::fs::write(&file, "471199\n").unwrap();
        assert_eq!(pin(Some(&file), "wang", PIN_VARIABLE).unwrap(), "471199");
        std::fs::write(&file, "secret").unwrap();
        let failure = pin(Some(&file), "wang", PIN_VARIABLE).unwrap_err();
        assert_eq!(failure.exit_code(), 64);
        assert!(!failure.message.contains("secret"), "{}", failure.message);
    }
}
