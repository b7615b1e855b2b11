//! What a service is handed to open its store: 32 bytes, and while it is being rotated the 32 bytes before it as well.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

pub const KEY_BYTES: usize = 32;

/// In the service's own folder.
const NOTE: &str = "data-key.id";

#[derive(Debug, Error, PartialEq, Eq)]
#[error("it must have 32 bytes, or 64 while it is being rotated; restore it from the backup")]
pub struct CredentialError;

/// No Debug on purpose.
pub struct Credential {
    current: Zeroizing<[u8; KEY_BYTES]>,
    previous: Option<Zeroizing<[u8; KEY_BYTES]>>,
}

impl Credential {
    pub fn read(bytes: &[u8]) -> Result<Self, CredentialError> {
        let key = |part: &[u8]| part.try_into().map(Zeroizing::new).map_err(|_| CredentialError);
        match bytes.split_at_checked(KEY_BYTES) {
            Some((current, [])) => Ok(Self { current: key(current)?, previous: None }),
            Some((current, previous)) => Ok(Self { current: key(current)?, previous: Some(key(previous)?) }),
            None => Err(CredentialError),
        }
    }

    /// Says beside the store which credential opens it now, so that the one before is not thrown away too early.
    pub fn note(&self, state: &Path) -> io::Result<()> {
        let draft = state.join(format!("{NOTE}.new"));
        fs::write(&draft, self.id())?;
        fs::rename(draft, state.join(NOTE))
    }

    /// Whether the service has opened its store with the newest credential.
    pub fn is_noted(&self, state: &Path) -> bool {
        fs::read_to_string(state.join(NOTE)).is_ok_and(|noted| noted == self.id())
    }

    /// Enough to tell keys apart, nothing to compute with.
    fn id(&self) -> String {
        Sha256::digest(self.current.as_slice())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn current(&self) -> &[u8; KEY_BYTES] {
        &self.current
    }

    pub(crate) fn previous(&self) -> Option<&[u8; KEY_BYTES]> {
        self.previous.as_deref()
    }
}
