//! Personal data at rest: sealed with a key that the store keeps wrapped by the service's credential, and looked up by
//! keyed hashes. Who has the file alone reads no name, number or text.

mod credential;
mod failure;
mod file;

pub use credential::{Credential, CredentialError};
pub use failure::Failure;
pub use file::{Draft, open_store};

use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use credential::KEY_BYTES;

const NONCE_BYTES: usize = 24;
/// First byte of what is sealed: the form.
const FORM: u8 = 1;

#[derive(Debug, Error)]
pub enum VaultError {
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    #[error("data is too long to be sealed")]
    TooLong,
    #[error("sealed data of the store cannot be opened; restore the backup")]
    Unopened,
}

type Result<T> = std::result::Result<T, VaultError>;

pub struct Vault {
    cipher: XChaCha20Poly1305,
    index: Zeroizing<[u8; KEY_BYTES]>,
}

/// A store's data key as it is kept.
pub struct Wrapped(pub Vec<u8>);

/// A store that was opened.
pub struct Opened {
    pub vault: Vault,
    /// The store keeps this from now on: it is new, or the credential was rotated.
    pub rewrapped: Option<Wrapped>,
}

impl Vault {
    /// By the wrapped data key that the store has; without one it is new. `None`: another credential wrapped it.
    pub fn of_store(service: &str, credential: &Credential, known: Option<&[u8]>) -> Result<Option<Opened>> {
        match known {
            Some(wrapped) => Self::open_store(service, credential, wrapped),
            None => {
                let (vault, wrapped) = Self::make(service, credential)?;
                Ok(Some(Opened { vault, rewrapped: Some(wrapped) }))
            }
        }
    }

    /// A new data key for a store of this service.
    fn make(service: &str, credential: &Credential) -> Result<(Self, Wrapped)> {
        let mut data = Zeroizing::new([0; KEY_BYTES]);
        fill(&mut *data)?;
        let wrapped = wrap(service, credential.current(), &data)?;
        Ok((Self::of(service, &data), wrapped))
    }

    /// By the credential, or by the one before while it is being rotated; `None`: another one wrapped it.
    fn open_store(service: &str, credential: &Credential, wrapped: &[u8]) -> Result<Option<Opened>> {
        if let Some(data) = unwrap(service, credential.current(), wrapped) {
            return Ok(Some(Opened { vault: Self::of(service, &data), rewrapped: None }));
        }
        let Some(data) = credential.previous().and_then(|previous| unwrap(service, previous, wrapped)) else {
            return Ok(None);
        };
        let rewrapped = Some(wrap(service, credential.current(), &data)?);
        Ok(Some(Opened { vault: Self::of(service, &data), rewrapped }))
    }

    fn of(service: &str, data: &[u8; KEY_BYTES]) -> Self {
        Self { cipher: cipher(&derived(service, data, b"seal")), index: derived(service, data, b"index") }
    }

    /// `context` says what it is and whose, so that one record's field is never taken for another's.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        seal_with(&self.cipher, context, plain)
    }

    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        open_with(&self.cipher, context, sealed).ok_or(VaultError::Unopened)
    }

    /// What an index holds instead of a number or a serial.
    pub fn keyed(&self, domain: &[u8], value: &[u8]) -> [u8; 16] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.index).expect("HMAC takes a key of any length");
        mac.update(domain);
        mac.update(&[0]);
        mac.update(value);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        std::array::from_fn(|at| whole[at])
    }
}

fn wrap(service: &str, key: &[u8; KEY_BYTES], data: &[u8; KEY_BYTES]) -> Result<Wrapped> {
    seal_with(&cipher(&derived(service, key, b"wrap")), &wrap_context(service), data).map(Wrapped)
}

fn unwrap(service: &str, key: &[u8; KEY_BYTES], wrapped: &[u8]) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    let data = open_with(&cipher(&derived(service, key, b"wrap")), &wrap_context(service), wrapped)?;
    data.try_into().ok().map(Zeroizing::new)
}

fn wrap_context(service: &str) -> Vec<u8> {
    format!("chit/{service}/data-key/v1").into_bytes()
}

fn derived(service: &str, key: &[u8; KEY_BYTES], purpose: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(format!("chit/{service}/vault/v1\0").as_bytes());
    mac.update(purpose);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn cipher(key: &[u8; KEY_BYTES]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(Key::from_slice(key))
}

fn seal_with(cipher: &XChaCha20Poly1305, context: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE_BYTES];
    fill(&mut nonce)?;
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: context })
        .map_err(|_too_long| VaultError::TooLong)?;
    Ok([&[FORM][..], &nonce, &sealed].concat())
}

fn open_with(cipher: &XChaCha20Poly1305, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.strip_prefix(&[FORM])?.split_at_checked(NONCE_BYTES)?;
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: context }).ok()
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(VaultError::Random)
}

#[cfg(test)]
mod tests;
