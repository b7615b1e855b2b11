//! `chit keys rotate`: another key for a store. The new one stands in front of the old one until the service has started
//! with both and wrapped its data key anew; then the old one goes.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chit_runtime::Shared;
use chit_vault::Credential;
use serde_json::json;
use zeroize::Zeroizing;

use super::key_files::{self, KEY_LEN};
use super::recovery;
use crate::failure::Failure;
use crate::ids::random;
use crate::output::Output;

pub fn run(shared: &Shared, name: &str, finish: bool, output: Output) -> Result<(), Failure> {
    let service = match name {
        "checkout-data" => "checkout",
        "printer-data" => "printer",
        "sms-data" => "sms-gateway",
        "issuer-data" => "issuer",
        _ => {
            return Err(Failure::usage(
                "checkout-data, printer-data, sms-data and issuer-data can be rotated",
            ));
        }
    };
    let dir = &shared.keys_dir;
    let file = dir.join(key_files::key_file(name));
    let stored = Zeroizing::new(fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    let state = if finish {
        must_be_in_use(shared, service, &stored)?;
        forget(dir, name, &stored)?
    } else {
        begin(dir, name, &stored)?
    };
    let step = match state {
        "ROTATING" => format!("now restart {service}, then `chit keys rotate {name} --finish`"),
        _ => "the key before opens nothing any more".to_owned(),
    };
    output.result(
        format!("{name}: {state}; {step}"),
        &json!({ "key": name, "state": state, "service": service }),
    );
    Ok(())
}

fn begin(dir: &Path, name: &str, stored: &[u8]) -> Result<&'static str, Failure> {
    recovery::can_write(dir)?;
    if stored.len() != KEY_LEN {
        return Err(Failure::refused("ROTATING", "this key is being rotated already; --finish ends that"));
    }
    let both = Zeroizing::new([&random::<KEY_LEN>()?[..], stored].concat());
    keep(dir, name, &both)?;
    Ok("ROTATING")
}

/// Without the old key a store that was not opened with the new one stays closed for ever.
fn must_be_in_use(shared: &Shared, service: &str, stored: &[u8]) -> Result<(), Failure> {
    let rotating = stored.len() == 2 * KEY_LEN;
    let in_use = Credential::read(stored).is_ok_and(|both| both.is_noted(&shared.state_dir.join(service)));
    if rotating && !in_use {
        let message =
            format!("{service} has not opened its store with the new key yet: restart it, then repeat this");
        return Err(Failure::refused("NOT_IN_USE", message));
    }
    Ok(())
}

fn forget(dir: &Path, name: &str, stored: &[u8]) -> Result<&'static str, Failure> {
    match stored.split_at_checked(KEY_LEN) {
        Some((current, previous)) if previous.len() == KEY_LEN => keep(dir, name, current)?,
        _ => return Err(Failure::refused("NOT_ROTATING", "this key is not being rotated")),
    }
    Ok("ROTATED")
}

/// The recovery wrap of before knows the key of before: it is written after the key, and holds both meanwhile.
fn keep(dir: &Path, name: &str, key: &[u8]) -> anyhow::Result<()> {
    key_files::write(dir, &key_files::key_file(name), key, true)?;
    for owner in key_files::owners(dir) {
        key_files::make(dir, owner)?;
    }
    recovery::write(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{init, issuer};

    #[test]
    fn a_key_is_rotated_in_two_steps_and_no_step_can_be_taken_twice() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        init::run(&shared, "CNY", Output::new(true)).unwrap();
        let file = shared.keys_dir.join("sms-data.key");
        let before = fs::read(&file).unwrap();
        let step = |finish| run(&shared, "sms-data", finish, Output::new(true));
        assert_eq!(step(true).unwrap_err().reason, "NOT_ROTATING");
        step(false).unwrap();
        let both = fs::read(&file).unwrap();
        assert_eq!((both.len(), &both[KEY_LEN..]), (2 * KEY_LEN, &before[..]));
        assert_eq!(step(false).unwrap_err().reason, "ROTATING");
        init::run(&shared, "CNY", Output::new(true)).unwrap();
        assert_eq!(fs::read(&file).unwrap(), both, "init keeps it");
        assert_eq!(step(true).unwrap_err().reason, "NOT_IN_USE");
        assert_eq!(fs::read(&file).unwrap(), both, "the store still needs the old one");
        // What sms-gateway does once its store is open.
        let state = shared.state_of("sms-gateway");
        Credential::read(&both).unwrap().note(&state).unwrap();
        step(true).unwrap();
        assert_eq!(fs::read(&file).unwrap(), both[..KEY_LEN]);
        assert_eq!(run(&shared, "till", false, Output::new(true)).unwrap_err().exit_code(), 64);
    }

    #[test]
    fn the_key_of_an_issuers_store_is_rotated_as_well_and_its_wrap_holds_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        let identity = issuer::init(&shared).unwrap().recovery_key.unwrap().parse().unwrap();
        let file = shared.keys_dir.join("issuer-data.key");
        let step = |finish| run(&shared, "issuer-data", finish, Output::new(true));
        step(false).unwrap();
        assert_eq!(step(true).unwrap_err().reason, "NOT_IN_USE");
        let both = fs::read(&file).unwrap();
        Credential::read(&both).unwrap().note(&shared.state_of("issuer")).unwrap();
        step(true).unwrap();
        let now = fs::read(&file).unwrap();
        assert_eq!(now, both[..KEY_LEN]);
        let wrapped = recovery::open(&shared.keys_dir, &identity).unwrap();
        assert!(wrapped.iter().any(|(name, key)| name == "issuer-data.key" && **key == now));
    }
}
