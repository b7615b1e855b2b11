//! The SIM's PIN. One that was refused, or whose answer never came, is not tried again on that SIM, ever: three wrong ones
//! ask for the PUK, ten wrong PUKs kill the SIM. One that was taken is given again after every power cut.

use super::asking::ask_for_certain;
use super::identity;
use super::link::{Link, LinkError};
use crate::store::{PinTry, Store};
use sha2::{Digest, Sha256};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);
/// The last try belongs to a person.
const TRIES_LEFT_MIN: u32 = 2;

/// True when the PIN was given and taken.
pub async fn unlock(link: &mut Link, store: &Arc<Store>, pin_file: Option<&Path>) -> Result<bool, LinkError> {
    let Some(pin) = pin_file.and_then(read_pin) else {
        return Ok(false);
    };
    match tries_left(link).await? {
        Tries::Left(left) if left < TRIES_LEFT_MIN => {
            tracing::error!("the SIM allows one more PIN only: a person must enter it");
            return Ok(false);
        }
        Tries::Left(_) | Tries::Untold => {}
        Tries::Unsure => {
            tracing::warn!("the SIM does not say yet how many tries are left; the PIN waits");
            return Ok(false);
        }
    }
    let Some(iccid) = iccid(link).await? else {
        tracing::warn!("the SIM does not say yet which one it is; the PIN waits");
        return Ok(false);
    };
    let attempt = PinTry {
        named: (!iccid.is_empty()).then(|| hash(&iccid, &pin)),
        nameless: hash("", &pin),
        anywhere: hash("any SIM", &pin),
    };
    match store.run(move |store| store.may_try_pin(&attempt)).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::error!("this PIN was tried on this SIM before, or may have been; it is not tried again");
            return Ok(false);
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the PIN's try cannot be recorded");
            return Ok(false);
        }
    }
    let reply = link.command(&format!("AT+CPIN=\"{pin}\""), Some("+CPIN:"), TIMEOUT).await?;
    if !reply.is_ok() {
        tracing::error!("the SIM refused the PIN of pin_file");
        return Ok(false);
    }
    if let Err(error) = store.run(move |store| store.pin_was_right(&attempt)).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "after a power cycle a person must give the PIN"
        );
    }
    Ok(true)
}

fn read_pin(path: &Path) -> Option<String> {
    // Whoever reads the PIN can use the SIM elsewhere.
    let others = std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if others {
        tracing::error!("pin_file must be readable by its owner only: chmod 600");
        return None;
    }
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let pin = text.trim();
            // 4 to 8 digits (TS 31.101 §9.5.1); anything else must not reach the SIM.
            let valid = (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
            if !valid {
                tracing::error!("pin_file must hold 4 to 8 digits");
            }
            valid.then(|| pin.to_owned())
        }
        Err(error) => {
            tracing::error!(%error, "pin_file cannot be read");
            None
        }
    }
}

fn hash(sim: &str, pin: &str) -> [u8; 32] {
    Sha256::new().chain_update(sim).chain_update([0]).chain_update(pin).finalize().into()
}

enum Tries {
    Left(u32),
    /// The modem has no such question.
    Untold,
    Unsure,
}

/// `+CPINR: SIM PIN,3,3` where the modem knows it (27.007 §8.65).
async fn tries_left(link: &mut Link) -> Result<Tries, LinkError> {
    let Some(reply) = ask_for_certain(link, "AT+CPINR=\"SIM PIN\"", Some("+CPINR:")).await? else {
        return Ok(Tries::Unsure);
    };
    if !reply.is_ok() {
        return Ok(Tries::Untold);
    }
    let left = reply.values("+CPINR:").and_then(|values| values.split(',').nth(1)?.trim().parse().ok());
    Ok(left.map_or(Tries::Unsure, Tries::Left))
}

/// Empty: the modem cannot say. `None`: it may say so later.
async fn iccid(link: &mut Link) -> Result<Option<String>, LinkError> {
    let mut certain = true;
    for question in identity::ICCID_QUESTIONS {
        let Some(reply) = ask_for_certain(link, question, None).await? else { return Ok(None) };
        let found = identity::identifier(&reply);
        if !found.is_empty() {
            return Ok(Some(found));
        }
        certain &= !reply.is_ok();
    }
    Ok(certain.then(String::new))
}
