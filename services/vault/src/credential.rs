//! What a service is handed to open its store: 32 bytes, and while it is being rotated the 32 bytes before it as well.

use thiserror::Error;
use zeroize::Zeroizing;

use crate::KEY_BYTES;

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

    pub(crate) fn current(&self) -> &[u8; KEY_BYTES] {
        &self.current
    }

    pub(crate) fn previous(&self) -> Option<&[u8; KEY_BYTES]> {
        self.previous.as_deref()
    }
}
