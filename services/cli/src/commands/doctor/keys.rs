//! What `chit init` made.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;

use chit_runtime::Shared;

use super::{Check, Level};
use crate::commands::key_files::{self, KEY_LEN, Owner};

pub fn check(shared: &Shared, currency: &str) -> Vec<Check> {
    if fs::read_dir(&shared.keys_dir).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        let found = format!("you may not look into {}", shared.keys_dir.display());
        return vec![Check::new(Level::Fail, "keys", found, "use sudo")];
    }
    let files = key_files::key_files(&shared.keys_dir);
    let sealed = key_files::sealed(&shared.keys_dir);
    let in_clear = files.iter().filter(|name| !sealed.contains(name));
    let mut checks: Vec<_> = in_clear.filter_map(|name| key(shared, name)).collect();
    if checks.is_empty() {
        let of_them =
            if sealed.is_empty() { String::new() } else { format!(", {} of them sealed", sealed.len()) };
        let found = format!("{} keys in {}{of_them}", files.len(), shared.keys_dir.display());
        checks.push(Check::ok("keys", found));
    }
    if key_files::owners(&shared.keys_dir).contains(&Owner::Shop) {
        checks.push(staff(shared));
        checks.push(accounts(shared, currency));
    }
    checks
}

/// `None` when the key is as it should be.
fn key(shared: &Shared, name: &str) -> Option<Check> {
    match shared.key(name) {
        Err(error) => Some(Check::new(Level::Fail, name, error.to_string(), "run `chit init`")),
        Ok(bytes) if key_files::rotates(name) && bytes.len() == 2 * KEY_LEN => {
            let step = format!(
                "restart its service, then `chit keys rotate {} --finish`",
                name.trim_end_matches(".key")
            );
            Some(Check::new(Level::Warn, name, "is being rotated", step))
        }
        Ok(bytes) if bytes.len() != KEY_LEN => {
            let found = format!("has {} bytes, a key has {KEY_LEN}", bytes.len());
            Some(Check::new(Level::Fail, name, found, "restore it from the backup"))
        }
        Ok(_) => {
            let file = shared.keys_dir.join(name);
            let mode = fs::metadata(&file).ok()?.permissions().mode() & 0o777;
            let open = mode & 0o077 != 0;
            open.then(|| {
                let step = format!("chmod 600 {}", file.display());
                Check::new(Level::Fail, name, format!("others may read it (mode {mode:o})"), step)
            })
        }
    }
}

fn staff(shared: &Shared) -> Check {
    let file = match shared.key("staff.toml").map(String::from_utf8) {
        Ok(Ok(text)) => text.parse::<toml::Table>().ok(),
        _ => None,
    };
    let Some(file) = file else {
        return Check::new(Level::Fail, "staff", "staff.toml is missing or damaged", "run `chit init`");
    };
    let staff = file.get("staff").and_then(|staff| staff.as_array()).cloned().unwrap_or_default();
    let role =
        |entry: &toml::Value| entry.get("role").and_then(|role| role.as_str()).unwrap_or("").to_owned();
    let approvers = staff.iter().filter(|entry| role(entry) != "cashier").count();
    let found = format!("{} people, {approvers} of them may approve", staff.len());
    if approvers == 0 {
        return Check::new(Level::Fail, "staff", found, "add a supervisor or an owner to staff.toml");
    }
    Check::ok("staff", found)
}

fn accounts(shared: &Shared, currency: &str) -> Check {
    let text = shared.key("house_accounts.toml").map(String::from_utf8);
    let file = match text {
        Ok(Ok(text)) => text.parse::<toml::Table>().ok(),
        _ => None,
    };
    match file.as_ref().and_then(|file| file.get("currency_code")).and_then(|code| code.as_str()) {
        None => {
            let found = "house_accounts.toml is missing or damaged";
            Check::new(Level::Fail, "house accounts", found, "run `chit init`, or restore it from the backup")
        }
        Some(code) if code != currency => {
            let found = format!("are in {code}, [checkout] currency_code is {currency}");
            Check::new(Level::Fail, "house accounts", found, "make them equal before the first sale")
        }
        Some(code) => Check::ok("house accounts", format!("in {code}")),
    }
}
