//! Who can open evidence. Everything is an age file (age-encryption.org/v1), so that a shop or an arbiter needs no
//! program of ours to open what they have a key for.

use std::io::{self, Read, Write};
use std::str::FromStr;

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use bech32::{Bech32, Hrp};
use thiserror::Error;

/// An opened small file; a film key is 75 bytes, goods at most 256 KiB.
const SMALL_BYTES_MAX: u64 = 512 * 1024;

#[derive(Debug, Error)]
pub enum KeyError {
    #[error("the shop's evidence key is no X25519 key; `chit init` makes one of 32 bytes")]
    Shop,
    #[error("[media-capture] arbiter: {0}; it is an age recipient and begins with age1")]
    Arbiter(&'static str),
}

/// The shop, which can open everything, and the arbiter, to whom it is sealed as well.
pub struct Keepers {
    shop: Identity,
    arbiter: Option<Recipient>,
}

impl Keepers {
    /// `seed` is the secret scalar; an empty `arbiter` means that there is none.
    pub fn new(seed: &[u8], arbiter: &str) -> Result<Self, KeyError> {
        let shop = identity_of(seed).ok_or(KeyError::Shop)?;
        Ok(Self { shop, arbiter: self::arbiter(arbiter)? })
    }

    /// As the manifest names them.
    pub fn names(&self) -> Vec<String> {
        let arbiter = self.arbiter.iter().map(Recipient::to_string);
        std::iter::once(self.shop.to_public().to_string()).chain(arbiter).collect()
    }

    /// Encrypts something small to both.
    pub fn seal(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let shop = self.shop.to_public();
        let arbiter = self.arbiter.iter().map(|arbiter| arbiter as &dyn age::Recipient);
        encrypt(std::iter::once(&shop as &dyn age::Recipient).chain(arbiter), plain)
    }

    pub fn open(&self, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        decrypt(&self.shop, sealed)?.take(SMALL_BYTES_MAX).read_to_end(&mut plain)?;
        Ok(plain)
    }

    pub fn shop(&self) -> &Identity {
        &self.shop
    }
}

/// Empty: there is none.
pub fn arbiter(text: &str) -> Result<Option<Recipient>, KeyError> {
    match text.trim() {
        "" => Ok(None),
        text => Recipient::from_str(text).map(Some).map_err(KeyError::Arbiter),
    }
}

/// The key of one bundle's film. No Debug on purpose.
#[derive(Clone)]
pub struct FilmKey(Identity);

impl FilmKey {
    pub fn generate() -> Self {
        Self(Identity::generate())
    }

    pub fn seal(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        encrypt(std::iter::once(&self.0.to_public() as &dyn age::Recipient), plain)
    }

    pub fn sealing<W: Write>(&self, out: W) -> io::Result<age::stream::StreamWriter<W>> {
        encryptor(std::iter::once(&self.0.to_public() as &dyn age::Recipient))?.wrap_output(out)
    }

    pub fn identity(&self) -> &Identity {
        &self.0
    }

    /// Its text, as `age -i` reads it.
    pub fn to_secret(&self) -> String {
        format!("{}\n", self.0.to_string().expose_secret())
    }

    pub fn from_secret(text: &[u8]) -> io::Result<Self> {
        let text = std::str::from_utf8(text).map_err(io::Error::other)?;
        Identity::from_str(text.trim()).map(Self).map_err(io::Error::other)
    }
}

/// An age file's plain bytes, and seekable where the file is.
pub fn decrypt<R: Read>(identity: &Identity, sealed: R) -> io::Result<age::stream::StreamReader<R>> {
    let decryptor = age::Decryptor::new(sealed).map_err(io::Error::other)?;
    decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).map_err(io::Error::other)
}

fn encrypt<'a>(to: impl Iterator<Item = &'a dyn age::Recipient>, plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut sealed = Vec::with_capacity(plain.len() + 512);
    let mut writer = encryptor(to)?.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}

fn encryptor<'a>(to: impl Iterator<Item = &'a dyn age::Recipient>) -> io::Result<age::Encryptor> {
    age::Encryptor::with_recipients(to).map_err(io::Error::other)
}

/// age writes secret keys as Bech32 (BIP 173) in upper case.
fn identity_of(seed: &[u8]) -> Option<Identity> {
    let seed: [u8; 32] = seed.try_into().ok()?;
    let text = bech32::encode::<Bech32>(Hrp::parse("age-secret-key-").ok()?, &seed).ok()?;
    Identity::from_str(&text.to_uppercase()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [7; 32];

    #[test]
    fn what_is_sealed_opens_for_the_shop_and_for_the_arbiter_and_for_nobody_else() {
        let arbiter = Identity::generate();
        let keepers = Keepers::new(&SEED, &arbiter.to_public().to_string()).unwrap();
        assert_eq!(keepers.names().len(), 2);
        let sealed = keepers.seal(b"goods").unwrap();
        assert_eq!(keepers.open(&sealed).unwrap(), b"goods");
        let mut plain = Vec::new();
        decrypt(&arbiter, &sealed[..]).unwrap().read_to_end(&mut plain).unwrap();
        assert_eq!(plain, b"goods");
        assert!(decrypt(&Identity::generate(), &sealed[..]).is_err());
        assert!(Keepers::new(&[8; 32], "").unwrap().open(&sealed).is_err());
    }

    #[test]
    fn a_film_key_survives_being_written_down() {
        let key = FilmKey::generate();
        let again = FilmKey::from_secret(key.to_secret().as_bytes()).unwrap();
        let sealed = key.seal(b"picture").unwrap();
        let mut plain = Vec::new();
        decrypt(again.identity(), &sealed[..]).unwrap().read_to_end(&mut plain).unwrap();
        assert_eq!(plain, b"picture");
    }

    #[test]
    fn a_key_that_is_none_is_refused_with_a_remedy() {
        assert!(Keepers::new(&[1; 31], "").err().unwrap().to_string().contains("chit init"));
        let error = Keepers::new(&SEED, "ssh-ed25519 AAAA").err().unwrap().to_string();
        assert!(error.contains("age1"), "{error}");
    }
}
