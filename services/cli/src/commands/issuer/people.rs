//! Who may act on cards. Their names and the hashes of their PINs are in a file that root alone writes and the issuer reads when it
//! starts.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chit_runtime::Shared;
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::commands::init::new_pin;
use crate::commands::key_files;
use crate::failure::Failure;
use crate::output::Output;

const FILE: &str = "issuer-staff.toml";
/// Whom a new issuer starts with.
const FIRST: &str = "chen";
const NAME_CHARS_MAX: usize = 32;

#[derive(Subcommand, Debug)]
pub enum PeopleCommand {
    /// Add somebody, or give them another PIN; it is shown once.
    Add {
        /// Letters, digits, points and dashes.
        name: String,
    },
    /// Take somebody's PIN away. Their name stays on what they did.
    Remove {
        /// As it was added.
        name: String,
    },
    /// Print the names.
    List,
}

#[derive(Serialize, Deserialize, Default)]
struct Staff {
    #[serde(default)]
    staff: Vec<Person>,
}

#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    pin_hash: String,
}

pub fn run(shared: &Shared, command: PeopleCommand, output: Output) -> Result<(), Failure> {
    let dir = &shared.keys_dir;
    match command {
        PeopleCommand::Add { name } => {
            if !is_name(&name) {
                let message = format!("a name has 1 to {NAME_CHARS_MAX} letters, digits, points and dashes");
                return Err(Failure::usage(message));
            }
            let pin = add(dir, &name)?;
            output.result(told(&name, &pin), &json!({ "pins": [{ "name": name, "pin": pin }] }));
        }
        PeopleCommand::Remove { name } => {
            if !remove(dir, &name)? {
                return Err(Failure::refused("PERSON_UNKNOWN", format!("nobody is named {name}")));
            }
            let text =
                format!("{name} acts no more, once the issuer was restarted: systemctl restart chit-issuer");
            output.result(text, &json!({ "removed": name }));
        }
        PeopleCommand::List => {
            let names: Vec<String> = read(dir)?.staff.into_iter().map(|person| person.name).collect();
            output.result(names.join("\n"), &json!({ "people": names }));
        }
    }
    Ok(())
}

/// The first person of an issuer that has none, and their PIN.
pub fn first(dir: &Path) -> anyhow::Result<Option<(String, String)>> {
    if dir.join(FILE).exists() {
        return Ok(None);
    }
    Ok(Some((FIRST.to_owned(), add(dir, FIRST)?)))
}

pub fn told(name: &str, pin: &str) -> String {
    format!(
        "PIN of {name}, shown only now; write it down: {pin}\nit counts once the issuer was restarted: systemctl restart chit-issuer\n"
    )
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.chars().all(plain)
}

fn add(dir: &Path, name: &str) -> anyhow::Result<String> {
    let (pin, pin_hash) = new_pin()?;
    let mut all = read(dir)?;
    all.staff.retain(|person| person.name != name);
    all.staff.push(Person { name: name.to_owned(), pin_hash });
    write(dir, &all)?;
    Ok(pin)
}

fn remove(dir: &Path, name: &str) -> anyhow::Result<bool> {
    let mut all = read(dir)?;
    let before = all.staff.len();
    all.staff.retain(|person| person.name != name);
    let found = all.staff.len() < before;
    if found {
        write(dir, &all)?;
    }
    Ok(found)
}

fn read(dir: &Path) -> anyhow::Result<Staff> {
    let file = dir.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => toml::from_str(&text).with_context(|| file.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Staff::default()),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

fn write(dir: &Path, all: &Staff) -> anyhow::Result<()> {
    key_files::write(dir, FILE, toml::to_string(all)?.as_bytes(), true)
}

#[cfg(test)]
mod tests {
    use chit_pin::PinChecker;

    use super::*;

    #[test]
    fn a_person_is_added_once_gets_another_pin_and_leaves() {
        let dir = tempfile::tempdir().unwrap();
        let (name, old) = first(dir.path()).unwrap().unwrap();
        assert!(first(dir.path()).unwrap().is_none(), "shown once");
        let new = add(dir.path(), &name).unwrap();
        let all = read(dir.path()).unwrap().staff;
        let [person] = &all[..] else { panic!("one person") };
        let opens = |pin: &str| PinChecker::default().turn().verify(pin, &person.pin_hash).unwrap();
        assert!(opens(&new) && (old == new || !opens(&old)));
        assert!(remove(dir.path(), &name).unwrap() && !remove(dir.path(), &name).unwrap());
        assert!(is_name("sun.li-2") && !is_name("") && !is_name("a b") && !is_name(&"x".repeat(33)));
    }
}
