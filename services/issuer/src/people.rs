//! The issuer's people: `chit issuer init` and `chit issuer people` write them, with their PINs as argon2id hashes.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chit_pin::{PinChecker, Turn};
use chit_runtime::{ConfigError, Shared};
use serde::Deserialize;

const FILE: &str = "issuer-staff.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Staff {
    #[serde(default)]
    staff: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    pin_hash: String,
}

/// No Debug on purpose.
#[derive(Default)]
pub struct People {
    /// By name.
    pin_hashes: BTreeMap<String, String>,
    checker: PinChecker,
}

impl People {
    /// An issuer without the file judges replies as before; nobody makes or hands over cards until `chit issuer init` wrote it.
    pub fn load(shared: &Shared) -> anyhow::Result<Self> {
        let text = match shared.key(FILE) {
            Ok(bytes) => String::from_utf8(bytes).context(FILE)?,
            Err(ConfigError::KeyMissing { .. }) => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        Self::parse(&text).context(FILE)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let staff: Staff = toml::from_str(text)?;
        let mut pin_hashes = BTreeMap::new();
        for person in staff.staff {
            anyhow::ensure!(PinChecker::is_readable(&person.pin_hash), "a pin_hash cannot be read");
            anyhow::ensure!(
                pin_hashes.insert(person.name, person.pin_hash).is_none(),
                "two people have the same name"
            );
        }
        Ok(Self { pin_hashes, checker: PinChecker::default() })
    }

    pub fn knows(&self, name: &str) -> bool {
        self.pin_hashes.contains_key(name)
    }

    /// Look up the lockout, ask and count within it. Waits: off the async threads.
    pub fn turn(&self) -> Turn<'_> {
        self.checker.turn()
    }

    /// Takes some tens of milliseconds.
    pub fn has_pin(&self, turn: &mut Turn<'_>, name: &str, pin: &str) -> bool {
        self.pin_hashes.get(name).is_some_and(|hash| turn.verify(pin, hash) == Ok(true))
    }
}

#[cfg(test)]
mod tests {
    use chit_pin::hash_pin;

    use super::*;

    #[test]
    fn a_person_has_their_own_pin_and_nobody_else_has_one() {
        let hash = hash_pin("471199", &[1; 16]).unwrap();
        let entry = |name: &str| format!("[[staff]]\nname = \"{name}\"\npin_hash = \"{hash}\"\n");
        let people = People::parse(&entry("chen")).unwrap();
        let has_pin = |name, pin| people.has_pin(&mut people.turn(), name, pin);
        assert!(people.knows("chen") && has_pin("chen", "471199"));
        assert!(!has_pin("chen", "471198") && !has_pin("sun", "471199") && !people.knows("sun"));
        assert!(People::parse(&[entry("chen"), entry("chen")].concat()).is_err());
        assert!(People::parse("[[staff]]\nname = \"chen\"\npin_hash = \"x\"\n").is_err());
    }
}
