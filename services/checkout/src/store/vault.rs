//! Personal data at rest: sealed with a key that the store keeps wrapped by the service's credential, and looked up
//! by keyed hashes. Who has the file alone reads no name, number or text.

use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::values::refusal::{Refusal, Result};

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
/// First byte of what is sealed: the form.
const FORM: u8 = 1;
const WRAP_CONTEXT: &[u8] = b"chit/checkout/data-key/v1";

pub struct Vault {
    cipher: XChaCha20Poly1305,
    index: Zeroizing<[u8; KEY_BYTES]>,
}

/// A data key that was just made, as the store keeps it.
pub struct Wrapped(pub Vec<u8>);

impl Vault {
    /// A new data key, wrapped by `credential`.
    pub fn make(credential: &[u8; KEY_BYTES]) -> Result<(Self, Wrapped)> {
        let mut data = Zeroizing::new([0; KEY_BYTES]);
        fill(&mut *data)?;
        let wrapped = seal_with(&cipher(&derived(credential, b"wrap")), WRAP_CONTEXT, &*data)?;
        Ok((Self::of(&data), Wrapped(wrapped)))
    }

    /// The data key of a store, or `None` with another credential than the one that wrapped it.
    pub fn unwrap(credential: &[u8; KEY_BYTES], wrapped: &[u8]) -> Option<Self> {
        let data = open_with(&cipher(&derived(credential, b"wrap")), WRAP_CONTEXT, wrapped)?;
        let data: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(data.try_into().ok()?);
        Some(Self::of(&data))
    }

    fn of(data: &[u8; KEY_BYTES]) -> Self {
        Self { cipher: cipher(&derived(data, b"seal")), index: derived(data, b"index") }
    }

    /// `context` says what it is and whose, so that one record's field is never taken for another's.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        seal_with(&self.cipher, context, plain)
    }

    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        open_with(&self.cipher, context, sealed)
            .ok_or_else(|| Refusal::internal("sealed data of the store cannot be opened; restore the backup"))
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

fn derived(key: &[u8; KEY_BYTES], purpose: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"chit/checkout/vault/v1\0");
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
        .map_err(|_too_long| Refusal::internal("data is too long to be sealed"))?;
    Ok([&[FORM][..], &nonce, &sealed].concat())
}

fn open_with(cipher: &XChaCha20Poly1305, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.strip_prefix(&[FORM])?.split_at_checked(NONCE_BYTES)?;
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: context }).ok()
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Refusal::internal(format!("the system gives no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_context_only() {
        let (vault, wrapped) = Vault::make(&[7; 32]).unwrap();
        let sealed = vault.seal(b"payer/name/1", b"Ada Li").unwrap();
        assert!(!sealed.windows(3).any(|part| part == b"Ada"));
        let again = Vault::unwrap(&[7; 32], &wrapped.0).expect("the same credential");
        assert_eq!(again.open(b"payer/name/1", &sealed).unwrap(), b"Ada Li");
        assert!(again.open(b"payer/name/2", &sealed).is_err(), "another payer's record");
        assert!(Vault::unwrap(&[8; 32], &wrapped.0).is_none());
        assert!(Vault::make(&[7; 32]).unwrap().0.open(b"payer/name/1", &sealed).is_err());
    }

    #[test]
    fn one_number_has_one_keyed_hash_in_a_store_and_another_in_the_next() {
        let (vault, wrapped) = Vault::make(&[7; 32]).unwrap();
        let hash = vault.keyed(b"number", b"+8613800005678");
        assert_eq!(Vault::unwrap(&[7; 32], &wrapped.0).unwrap().keyed(b"number", b"+8613800005678"), hash);
        assert_ne!(vault.keyed(b"serial", b"+8613800005678"), hash);
        assert_ne!(Vault::make(&[7; 32]).unwrap().0.keyed(b"number", b"+8613800005678"), hash);
    }
}
