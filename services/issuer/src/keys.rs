//! The issuer's secrets; `chit issuer init` makes them. They are no shop's: whoever has K_master can compute every row.

use std::io::Read as _;
use std::iter;

use age::x25519::Identity;
use anyhow::Context as _;
use bech32::{Bech32, Hrp};
use chit_code_card::{CardKey, CardSerial, RowCode};
use chit_runtime::Shared;
use chit_vault::Credential;
use chit_witness::Witness;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

const MASTER: &str = "issuer-master.key";
const VERDICT: &str = "issuer-verdict.key";
const WITNESS: &str = "issuer-witness.key";
const SEAL: &str = "issuer-seal.key";
const DATA: &str = "issuer-data.key";
/// Request id and code.
const PLAIN_LEN: usize = 16 + 6;

/// No Debug on purpose.
pub struct Keys {
    master: Zeroizing<[u8; 32]>,
    pub verdict: SigningKey,
    pub witness: Witness,
    seal: Identity,
}

impl Keys {
    pub fn load(shared: &Shared) -> anyhow::Result<(Self, Credential)> {
        let keys = Self {
            master: Zeroizing::new(secret(shared, MASTER)?),
            verdict: SigningKey::from_bytes(&secret(shared, VERDICT)?),
            witness: Witness::new(&secret(shared, WITNESS)?),
            seal: identity_of(&secret(shared, SEAL)?).context(SEAL)?,
        };
        Ok((keys, Credential::read(&shared.key(DATA)?).context(DATA)?))
    }

    pub fn card(&self, holder: [u8; 8], serial: CardSerial) -> CardKey {
        CardKey::derive(&*self.master, holder, serial)
    }

    pub fn recipient(&self) -> String {
        self.seal.to_public().to_string()
    }

    /// The code of a forwarded reply, if it was sealed for this request: sealed for another it is a copy that somebody took.
    pub fn open_code(&self, request_id: &[u8; 16], sealed: &[u8]) -> Option<RowCode> {
        let decryptor = age::Decryptor::new(sealed).ok()?;
        let identity = iter::once(&self.seal as &dyn age::Identity);
        let mut plain = Zeroizing::new(Vec::new());
        decryptor.decrypt(identity).ok()?.take(PLAIN_LEN as u64 + 1).read_to_end(&mut plain).ok()?;
        let (of, code) = plain.split_first_chunk::<16>()?;
        if of != request_id {
            return None;
        }
        std::str::from_utf8(code).ok()?.parse().ok()
    }
}

fn secret(shared: &Shared, name: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = Zeroizing::new(shared.key(name)?);
    bytes.as_slice().try_into().map_err(|_length| {
        anyhow::anyhow!("key {name} is not 32 bytes; restore it from the backup, `chit issuer init` makes it")
    })
}

/// age knows keys as Bech32 text only.
fn identity_of(seed: &[u8; 32]) -> Option<Identity> {
    let text = bech32::encode::<Bech32>(Hrp::parse("age-secret-key-").ok()?, seed).ok()?;
    text.to_uppercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use age::secrecy::ExposeSecret as _;

    use super::*;

    fn keys() -> Keys {
        Keys {
            master: Zeroizing::new([1; 32]),
            verdict: SigningKey::from_bytes(&[2; 32]),
            witness: Witness::new(&[5; 32]),
            seal: identity_of(&[3; 32]).unwrap(),
        }
    }

    fn sealed(keys: &Keys, plain: &[u8]) -> Vec<u8> {
        let recipient = keys.seal.to_public();
        let to = iter::once(&recipient as &dyn age::Recipient);
        let mut sealed = Vec::new();
        let mut writer = age::Encryptor::with_recipients(to).unwrap().wrap_output(&mut sealed).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish().unwrap();
        sealed
    }

    #[test]
    fn a_code_opens_for_the_request_that_it_was_sealed_for() {
        let keys = keys();
        let code = sealed(&keys, &[&[7; 16][..], b"481516"].concat());
        assert_eq!(keys.open_code(&[7; 16], &code), "481516".parse().ok());
        assert_eq!(keys.open_code(&[8; 16], &code), None);
        for bad in [&b"481516"[..], &[&[7; 16][..], b"48151"].concat(), &[&[7; 16][..], b"4815162"].concat()]
        {
            assert_eq!(keys.open_code(&[7; 16], &sealed(&keys, bad)), None);
        }
        assert_eq!(keys.open_code(&[7; 16], b"no age file"), None);
        let own = keys.seal.to_string();
        assert!(own.expose_secret().starts_with("AGE-SECRET-KEY-1") && keys.recipient().starts_with("age1"));
    }
}
