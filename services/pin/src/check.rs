//! PINs as argon2id hashes. A check takes 19 MiB for some tens of milliseconds, so all checks share one buffer and run
//! one after the other: however many people sign in at once, the service grows by one buffer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use subtle::ConstantTimeEq;

use crate::error::PinError;

#[derive(Default)]
pub struct PinChecker {
    bench: Mutex<Bench>,
}

#[derive(Default)]
struct Bench {
    memory: Vec<Block>,
    hashed: u64,
}

fn check_form(pin: &str) -> Result<(), PinError> {
    let good = (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(()) } else { Err(PinError::Form) }
}

/// argon2id with the crate's defaults (19 MiB, two passes; the OWASP minimum): some tens of milliseconds.
pub fn hash_pin(pin: &str, salt: &[u8; 16]) -> Result<String, PinError> {
    check_form(pin)?;
    let hash = Argon2::default().hash_password_with_salt(pin.as_bytes(), salt);
    Ok(hash.expect("the default parameters and a salt of 16 bytes are valid").to_string())
}

impl PinChecker {
    /// Waits for the check before it: call it off the async threads.
    pub fn turn(&self) -> Turn<'_> {
        Turn { bench: self.bench.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Whether a stored hash can be checked at all.
    pub fn is_readable(pin_hash: &str) -> bool {
        PasswordHash::new(pin_hash).is_ok()
    }
}

/// The only check that runs. Look up the lockout, verify and count within one turn: of a hundred guesses that come at once, those
/// behind the fifth wrong one find the door closed and cost no hash.
pub struct Turn<'c> {
    bench: MutexGuard<'c, Bench>,
}

impl Turn<'_> {
    /// PINs that were hashed since the start.
    pub fn hashed(&self) -> u64 {
        self.bench.hashed
    }

    /// Runs for as long as `hash_pin`.
    pub fn verify(&mut self, pin: &str, pin_hash: &str) -> Result<bool, PinError> {
        check_form(pin)?;
        let stored = PasswordHash::new(pin_hash).map_err(|_damaged| PinError::Stored)?;
        self.matches(pin, &stored).ok_or(PinError::Stored)
    }

    fn matches(&mut self, pin: &str, stored: &PasswordHash) -> Option<bool> {
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
        let version = Version::try_from(stored.version?).ok()?;
        let params = Params::try_from(stored).ok()?;
        let (salt, expected) = (stored.salt.as_ref()?, stored.hash.as_ref()?);
        let Bench { memory, hashed } = &mut *self.bench;
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::default());
        }
        *hashed += 1;
        let mut found = vec![0; expected.len()];
        Argon2::new(algorithm, version, params)
            .hash_password_into_with_memory(pin.as_bytes(), salt.as_ref(), &mut found, &mut memory[..])
            .ok()?;
        Some(bool::from(found.ct_eq(expected.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_pin_is_accepted_and_a_wrong_one_is_not() {
        let (checker, hash) = (PinChecker::default(), hash_pin("4711", &[1; 16]).unwrap());
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert_eq!(checker.turn().verify("4711", &hash), Ok(true));
        assert_eq!(checker.turn().verify("4712", &hash), Ok(false));
        assert_eq!(checker.turn().verify("4711", "damaged"), Err(PinError::Stored));
        assert!(PinChecker::is_readable(&hash) && !PinChecker::is_readable("damaged"));
    }

    #[test]
    fn a_second_check_takes_no_more_memory() {
        let (checker, hash) = (PinChecker::default(), hash_pin("4711", &[1; 16]).unwrap());
        checker.turn().verify("4711", &hash).unwrap();
        let before = checker.turn().bench.memory.capacity();
        checker.turn().verify("4712", &hash).unwrap();
        let turn = checker.turn();
        assert_eq!((turn.bench.memory.capacity(), turn.hashed()), (before, 2));
    }

    #[test]
    fn a_pin_is_four_to_eight_digits() {
        for pin in ["123", "123456789", "12a4", "", "123\u{ff14}"] {
            assert_eq!(hash_pin(pin, &[1; 16]), Err(PinError::Form), "{pin}");
        }
    }
}
