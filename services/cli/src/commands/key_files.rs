//! The files of the keys folder: made once, kept byte for byte, for the owner's eyes only.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha256};

use crate::ids::random;

pub const KEY_LEN: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    /// The key id is taken from the public key.
    Ed25519Seed,
    /// The key id is taken from the secret's hash.
    Symmetric,
}

/// Whose keys they are; a folder may have both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    Shop,
    Issuer,
}

const OF_SHOP: [(&str, KeyKind); 10] = [
    ("card-master", KeyKind::Symmetric),
    ("checkout-data", KeyKind::Symmetric),
    ("payer-code", KeyKind::Ed25519Seed),
    ("payer-group", KeyKind::Symmetric),
    ("till", KeyKind::Ed25519Seed),
    ("media-device", KeyKind::Ed25519Seed),
    ("evidence", KeyKind::Symmetric),
    ("ledger", KeyKind::Ed25519Seed),
    ("sms-data", KeyKind::Symmetric),
    ("printer-data", KeyKind::Symmetric),
];

/// The secret of all cards, what signs verdicts and checkpoints, what opens codes, what opens the stores of the issuer and of its SMS gateway.
const OF_ISSUER: [(&str, KeyKind); 6] = [
    ("issuer-master", KeyKind::Symmetric),
    ("issuer-verdict", KeyKind::Ed25519Seed),
    ("issuer-witness", KeyKind::Ed25519Seed),
    ("issuer-seal", KeyKind::Symmetric),
    ("issuer-data", KeyKind::Symmetric),
    ("sms-data", KeyKind::Symmetric),
];

impl Owner {
    pub const ALL: [Self; 2] = [Self::Shop, Self::Issuer];

    fn keys(self) -> &'static [(&'static str, KeyKind)] {
        match self {
            Self::Shop => &OF_SHOP,
            Self::Issuer => &OF_ISSUER,
        }
    }

    /// Written after its keys; the issuer's units look for it.
    pub fn ids_file(self) -> &'static str {
        match self {
            Self::Shop => "key_ids.toml",
            Self::Issuer => "issuer_key_ids.toml",
        }
    }

    pub fn key_files(self) -> impl Iterator<Item = String> {
        self.keys().iter().map(|(name, _)| key_file(name))
    }
}

/// A folder in which nobody made keys yet is a shop's.
pub fn owners(dir: &Path) -> Vec<Owner> {
    let known = |owner: &Owner| dir.join(owner.ids_file()).exists();
    let found: Vec<Owner> = Owner::ALL.into_iter().filter(known).collect();
    if found.is_empty() { vec![Owner::Shop] } else { found }
}

/// The files of a folder's keys, which `chit doctor` looks after.
pub fn key_files(dir: &Path) -> BTreeSet<String> {
    owners(dir).into_iter().flat_map(Owner::key_files).collect()
}

/// Of these, the files that are there.
pub fn present(dir: &Path) -> BTreeSet<String> {
    key_files(dir).into_iter().filter(|name| dir.join(name).exists()).collect()
}

/// Keys that `chit keys rotate` changes. While it does, the key before stands behind the new one (services/vault).
pub fn rotates(name: &str) -> bool {
    name.strip_suffix(".key").unwrap_or(name).ends_with("-data")
}

pub fn key_file(name: &str) -> String {
    format!("{name}.key")
}

/// Keys that systemd keeps sealed to this machine, and gives to their service alone (deploy/systemd/examples/sealed-credentials.conf).
pub fn sealed(dir: &Path) -> Vec<String> {
    let is_sealed = |name: &String| {
        let stem = name.trim_end_matches(".key");
        !dir.join(name).exists() && dir.join(format!("{stem}.sealed")).exists()
    };
    key_files(dir).into_iter().filter(is_sealed).collect()
}

fn keep_or_make_key(dir: &Path, name: &str) -> anyhow::Result<[u8; KEY_LEN]> {
    let file = dir.join(key_file(name));
    if !file.exists() {
        write(dir, &key_file(name), &random::<KEY_LEN>()?, false)?;
    }
    let stored = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    fs::set_permissions(&file, Permissions::from_mode(0o600))?;
    let stored = if rotates(name) && stored.len() == 2 * KEY_LEN { &stored[..KEY_LEN] } else { &stored };
    stored.try_into().map_err(|_other_length| {
        anyhow::anyhow!(
            "{} is damaged: it must have {KEY_LEN} bytes; restore it from the backup",
            file.display()
        )
    })
}

/// Makes those that are not there, and notes which key is which, without saying anything of a key.
pub fn make(dir: &Path, owner: Owner) -> anyhow::Result<()> {
    let (file, sealed) = (owner.ids_file(), sealed(dir));
    let noted = fs::read_to_string(dir.join(file)).unwrap_or_default();
    let mut key_ids = String::new();
    for (name, kind) in owner.keys() {
        if sealed.contains(&key_file(name)) {
            let start = format!("{name} = ");
            key_ids
                .extend(noted.lines().filter(|line| line.starts_with(&start)).flat_map(|line| [line, "\n"]));
            continue;
        }
        let secret = keep_or_make_key(dir, name)?;
        let _ = writeln!(key_ids, "{name} = \"{}\"", key_id(*kind, &secret));
    }
    if noted != key_ids {
        write(dir, file, key_ids.as_bytes(), true)?;
    }
    Ok(())
}

/// First 16 hexadecimal digits of a hash: enough to tell keys apart, nothing to compute with.
fn key_id(kind: KeyKind, secret: &[u8; KEY_LEN]) -> String {
    let hash = match kind {
        KeyKind::Ed25519Seed => Sha256::digest(SigningKey::from_bytes(secret).verifying_key().as_bytes()),
        KeyKind::Symmetric => Sha256::digest(secret),
    };
    hex::encode(&hash[..8])
}

/// Whole or not at all, 0600 from the first moment; an existing file is only replaced if asked.
pub fn write(dir: &Path, name: &str, bytes: &[u8], replace: bool) -> anyhow::Result<()> {
    let place = || format!("cannot write {}", dir.join(name).display());
    let mut draft = tempfile::NamedTempFile::new_in(dir).with_context(place)?;
    draft.write_all(bytes).with_context(place)?;
    draft.as_file().sync_all().with_context(place)?;
    if replace {
        draft.persist(dir.join(name)).with_context(place)?;
    } else {
        draft.persist_noclobber(dir.join(name)).with_context(place)?;
    }
    Ok(())
}
