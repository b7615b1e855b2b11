//! `chit init`: everything secret or unique that an installation needs. What exists is kept, byte for byte.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

use anyhow::Context as _;
use chit_pin::{hash_pin, pin_of};
use chit_runtime::Shared;
use serde_json::json;

use super::key_files::{self, Owner, write};
use super::recovery;
use crate::failure::Failure;
use crate::ids::{self, random};
use crate::output::Output;

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
        text.push_str(&recovery::told(identity));
    }
    let pins = pins.iter().map(|new| json!({"name": new.name, "role": new.role, "pin": new.pin}));
    let mut value = json!({ "pins": pins.collect::<Vec<_>>() });
    if let Some(identity) = recovery {
        value["recovery_key"] = identity.into();
    }
    output.result(text, &value);
    Ok(())
}

/// What a newer program needs, added where an older one has been. Nobody may be there to read what is shown once, so a recovery
/// key is made by `chit init` alone.
pub fn update(shared: &Shared, currency: &str, output: Output) -> Result<(), Failure> {
    let dir = &shared.keys_dir;
    let (staff, before) = (dir.join("staff.toml"), key_files::present(dir));
    let is_issuers = dir.join(Owner::Issuer.ids_file()).exists();
    if !staff.exists() && !is_issuers {
        return Err(Failure::refused("NOT_INITIALISED", "nothing is here to update; run `chit init`"));
    }
    if is_issuers {
        key_files::make(dir, Owner::Issuer)?;
    }
    if staff.exists() {
        prepare(shared, currency)?;
    }
    let added: Vec<String> = key_files::present(dir).difference(&before).cloned().collect();
    let mut text = match added.as_slice() {
        [] => "no key is missing".to_owned(),
        added => format!("added: {}", added.join(", ")),
    };
    if !recovery::is_made(dir) {
        text.push_str("; no recovery key yet: `sudo chit init` makes one and shows it");
    } else if !added.is_empty() {
        recovery::write(dir)?;
    }
    output.result(text, &json!({ "added": added, "has_recovery_key": recovery::is_made(dir) }));
    Ok(())
}

fn prepare(shared: &Shared, currency: &str) -> anyhow::Result<Vec<NewPin>> {
    chit_runtime::config::claim_state(shared)?;
    let dir = &shared.keys_dir;
    let place = || format!("cannot prepare {}", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(place)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700)).with_context(place)?;
    key_files::make(dir, Owner::Shop)?;
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
        let (pin, hash) = new_pin()?;
        let _ = writeln!(text, "[[staff]]\nname = \"{name}\"\nrole = \"{role}\"\npin_hash = \"{hash}\"\n");
        pins.push(NewPin { name, role, pin });
    }
    Ok((text, pins))
}

/// A PIN and the hash of it that is kept.
pub fn new_pin() -> anyhow::Result<(String, String)> {
    let pin = loop {
        if let Some(pin) = pin_of(u32::from_le_bytes(random()?)) {
            break pin;
        }
    };
    let hash = hash_pin(&pin, &random()?)?;
    Ok((pin, hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chit_pin::PinChecker;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    #[test]
    fn an_update_adds_what_is_missing_keeps_the_rest_and_shows_nothing_secret() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        let update = || update(&shared, "CNY", Output::new(true));
        assert_eq!(update().unwrap_err().reason, "NOT_INITIALISED");
        run(&shared, "CNY", Output::new(true)).unwrap();
        // As an older program left it.
        for newer in ["checkout-data.key", "sms-data.key", "recovery.age", "recovery.recipient"] {
            fs::remove_file(shared.keys_dir.join(newer)).unwrap();
        }
        let before = contents(&shared.keys_dir);
        update().unwrap();
        let after = contents(&shared.keys_dir);
        let added: Vec<&String> = after.keys().filter(|name| !before.contains_key(*name)).collect();
        assert_eq!(added, ["checkout-data.key", "sms-data.key"], "and no recovery key that nobody has read");
        let kept = before.iter().filter(|(name, _)| *name != Owner::Shop.ids_file());
        assert!(kept.clone().all(|(name, bytes)| after[name] == *bytes));
        update().unwrap();
        assert_eq!(contents(&shared.keys_dir), after);

        run(&shared, "CNY", Output::new(true)).unwrap();
        let wrapped = contents(&shared.keys_dir)["recovery.age"].clone();
        fs::remove_file(shared.keys_dir.join("sms-data.key")).unwrap();
        update().unwrap();
        assert_ne!(contents(&shared.keys_dir)["recovery.age"], wrapped, "the wrap has the new key");
    }

    #[test]
    fn a_second_init_changes_no_byte_and_shows_no_pin() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        assert_eq!(prepare(&shared, "CNY").unwrap().len(), 3);
        let before = contents(&shared.keys_dir);
        assert_eq!(before.len(), 13);
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
            assert_eq!(PinChecker::default().turn().verify(&new.pin, stored), Ok(true));
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
