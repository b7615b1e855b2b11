//! `chit init`: everything secret or unique that an installation needs. What exists is kept, byte for byte.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use anyhow::Context as _;
use argon2::{Argon2, PasswordHasher};
use chit_runtime::Shared;
use ed25519_dalek::SigningKey;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::recovery;
use crate::failure::Failure;
use crate::ids::{self, random};
use crate::output::Output;

pub const KEY_LEN: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    /// The key id is taken from the public key.
    Ed25519Seed,
    /// The key id is taken from the secret's hash.
    Symmetric,
}

const KEYS: [(&str, KeyKind); 9] = [
    ("card-master", KeyKind::Symmetric),
    ("checkout-data", KeyKind::Symmetric),
    ("payer-code", KeyKind::Ed25519Seed),
    ("payer-group", KeyKind::Symmetric),
    ("till", KeyKind::Ed25519Seed),
    ("media-device", KeyKind::Ed25519Seed),
    ("evidence", KeyKind::Symmetric),
    ("ledger", KeyKind::Ed25519Seed),
    ("sms-data", KeyKind::Symmetric),
];

/// The files of the keys, which `chit doctor` looks after.
pub fn key_files() -> impl Iterator<Item = String> {
    KEYS.into_iter().map(|(name, _)| key_file(name))
}

/// Keys that `chit keys rotate` changes. While it does, the key before stands behind the new one (services/vault).
pub fn rotates(name: &str) -> bool {
    name.strip_suffix(".key").unwrap_or(name).ends_with("-data")
}

pub fn key_file(name: &str) -> String {
    format!("{name}.key")
}

/// Names and roles that a new shop starts with.
const STAFF: [(&str, &str); 3] = [("li", "cashier"), ("wang", "supervisor"), ("zhao", "owner")];
const ACCOUNTS: [&str; 4] = ["sales", "refunds", "bad_debt", "cash"];

/// A PIN that is shown once and never kept. No Debug on purpose.
struct NewPin {
    name: &'static str,
    role: &'static str,
    pin: String,
}

pub fn run(shared: &Shared, currency: &str, output: Output) -> Result<(), Failure> {
    let pins = prepare(shared, currency)?;
    let recovery = recovery::wrap(&shared.keys_dir)?;
    let mut text = format!("keys and accounts are in {}\n", shared.keys_dir.display());
    if pins.is_empty() {
        text.push_str("nothing new was needed; PINs are kept and are not shown again\n");
    } else {
        text.push_str("PINs, shown only now; write them down:\n");
        for new in &pins {
            let _ = writeln!(text, "  {:<8} {:<12} {}", new.name, new.role, new.pin);
        }
    }
    if let Some(identity) = &recovery {
        let _ = writeln!(
            text,
            "recovery key, shown only now; write it down and keep it away from this machine:\n  {identity}\n\
             it alone opens {} of the keys folder, which a backup may hold: `age -d -i KEYFILE`",
            recovery::WRAP_FILE
        );
    }
    let pins = pins.iter().map(|new| json!({"name": new.name, "role": new.role, "pin": new.pin}));
    let mut value = json!({ "pins": pins.collect::<Vec<_>>() });
    if let Some(identity) = recovery {
        value["recovery_key"] = identity.into();
    }
    output.result(text, &value);
    Ok(())
}

fn prepare(shared: &Shared, currency: &str) -> anyhow::Result<Vec<NewPin>> {
    chit_runtime::config::claim_state(shared)?;
    let dir = &shared.keys_dir;
    let place = || format!("cannot prepare {}", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(place)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700)).with_context(place)?;
    note_ids(dir)?;
    if !dir.join("house_accounts.toml").exists() {
        write(dir, "house_accounts.toml", house_accounts(currency)?.as_bytes(), false)?;
    }
    let mut pins = Vec::new();
    if !dir.join("staff.toml").exists() {
        let (staff, new) = hire()?;
        write(dir, "staff.toml", staff.as_bytes(), false)?;
        pins = new;
    }
    File::open(dir)?.sync_all().context("cannot make the keys durable")?;
    Ok(pins)
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

/// Which key is which, without saying anything of a key.
pub fn note_ids(dir: &Path) -> anyhow::Result<()> {
    let mut key_ids = String::new();
    for (name, kind) in KEYS {
        let secret = keep_or_make_key(dir, name)?;
        let _ = writeln!(key_ids, "{name} = \"{}\"", key_id(kind, &secret));
    }
    if fs::read_to_string(dir.join("key_ids.toml")).ok().as_ref() != Some(&key_ids) {
        write(dir, "key_ids.toml", key_ids.as_bytes(), true)?;
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

fn house_accounts(currency: &str) -> anyhow::Result<String> {
    let mut text = format!("currency_code = \"{currency}\"\n");
    for account in ACCOUNTS {
        let _ = writeln!(text, "{account} = \"{}\"", ids::ulid()?);
    }
    Ok(text)
}

fn hire() -> anyhow::Result<(String, Vec<NewPin>)> {
    let mut text = String::new();
    let mut pins = Vec::new();
    for (name, role) in STAFF {
        let pin = random_pin()?;
        let hash = Argon2::default()
            .hash_password_with_salt(pin.as_bytes(), &random::<16>()?)
            .map_err(|error| anyhow::anyhow!("cannot hash a PIN: {error}"))?;
        let _ = writeln!(text, "[[staff]]\nname = \"{name}\"\nrole = \"{role}\"\npin_hash = \"{hash}\"\n");
        pins.push(NewPin { name, role, pin });
    }
    Ok((text, pins))
}

/// Six digits, each PIN as likely as any other: draws above the last whole million are thrown away.
fn random_pin() -> anyhow::Result<String> {
    const PINS: u32 = 1_000_000;
    loop {
        let draw = u32::from_le_bytes(random()?);
        if draw < u32::MAX / PINS * PINS {
            return Ok(format!("{:06}", draw % PINS));
        }
    }
}

/// Whole or not at all, 0600 from the first moment; an existing file is only replaced if asked.
pub(super) fn write(dir: &Path, name: &str, bytes: &[u8], replace: bool) -> anyhow::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordVerifier;
    use argon2::password_hash::phc::PasswordHash;
    use std::collections::BTreeMap;

    fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    #[test]
    fn a_second_init_changes_no_byte_and_shows_no_pin() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        assert_eq!(prepare(&shared, "CNY").unwrap().len(), 3);
        let before = contents(&shared.keys_dir);
        assert_eq!(before.len(), 12);
        assert!(prepare(&shared, "EUR").unwrap().is_empty());
        assert_eq!(contents(&shared.keys_dir), before);
        assert!(shared.state_dir.join("SANDBOX").exists());
    }

    #[test]
    fn a_folder_of_an_older_chit_gets_the_keys_it_lacks_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        prepare(&shared, "CNY").unwrap();
        let mut before = contents(&shared.keys_dir);
        fs::remove_file(shared.keys_dir.join("ledger.key")).unwrap();
        prepare(&shared, "CNY").unwrap();
        let after = contents(&shared.keys_dir);
        assert_ne!(after["ledger.key"], before["ledger.key"]);
        for name in ["ledger.key", "key_ids.toml"] {
            before.insert(name.to_owned(), after[name].clone());
        }
        assert_eq!(after, before);
    }

    #[test]
    fn only_the_owner_can_read_what_init_makes() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        prepare(&shared, "CNY").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&shared.keys_dir), 0o700);
        for name in contents(&shared.keys_dir).keys() {
            assert_eq!(mode(&shared.keys_dir.join(name)), 0o600, "{name}");
        }
    }

    #[test]
    fn the_pin_that_is_shown_opens_the_hash_that_is_kept() {
        let (staff, pins) = hire().unwrap();
        let staff: toml::Table = staff.parse().unwrap();
        for (entry, new) in staff["staff"].as_array().unwrap().iter().zip(&pins) {
            assert_eq!(entry["name"].as_str(), Some(new.name));
            let stored = entry["pin_hash"].as_str().unwrap();
            assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
            let hash = PasswordHash::new(stored).unwrap();
            assert!(Argon2::default().verify_password(new.pin.as_bytes(), &hash).is_ok());
        }
    }

    #[test]
    fn a_damaged_key_is_reported_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        prepare(&shared, "CNY").unwrap();
        fs::write(shared.keys_dir.join("till.key"), b"short").unwrap();
        let error = prepare(&shared, "CNY").err().unwrap().to_string();
        assert!(error.contains("till.key") && error.contains("backup"), "{error}");
        assert_eq!(fs::read(shared.keys_dir.join("till.key")).unwrap(), b"short");
    }
}
