//! What a make of scanner wants to hear: its set-up commands, read from a profile in TOML.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ssi;

/// The profiles that come with Chit.
const KNOWN: [(&str, &str); 3] = [
    ("honeywell", include_str!("../../profiles/honeywell.toml")),
    ("newland", include_str!("../../profiles/newland.toml")),
    ("zebra-ssi", include_str!("../../profiles/zebra-ssi.toml")),
];
const MESSAGES_MAX: usize = 32;
const MESSAGE_LEN_MAX: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// What Chit would like: a suffix, and the AIM identifier in front.
    Setup,
    Enable,
    Disable,
    TriggerOn,
    TriggerOff,
    Beep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Frame {
    #[default]
    Text,
    Ssi,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    #[serde(default)]
    frame: Frame,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    suffix: String,
    /// Between prefix and suffix.
    #[serde(default)]
    commands: BTreeMap<Command, Vec<String>>,
    /// As they are.
    #[serde(default)]
    raw: BTreeMap<Command, Vec<String>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("profile: {0}")]
    Toml(#[from] toml::de::Error),
    #[error(
        "profile: {command:?} has more than {MESSAGES_MAX} messages, or one of more than {MESSAGE_LEN_MAX} bytes"
    )]
    TooLong { command: Command },
    #[error("profile: {message:?} is not an opcode and data in hex")]
    NotHex { message: String },
    #[error("profile {0:?} is not known; use honeywell, newland, zebra-ssi, or the path of a file")]
    Unknown(String),
}

impl Profile {
    /// One that comes with Chit.
    pub fn known(name: &str) -> Result<Self, ProfileError> {
        let (_, text) = KNOWN
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ProfileError::Unknown(name.to_owned()))?;
        Self::parse(text)
    }

    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        for (command, messages) in profile.commands.iter().chain(&profile.raw) {
            let too_long =
                messages.len() > MESSAGES_MAX || messages.iter().any(|one| one.len() > MESSAGE_LEN_MAX);
            if too_long {
                return Err(ProfileError::TooLong { command: *command });
            }
            profile.messages(*command)?;
        }
        Ok(profile)
    }

    pub fn is_ssi(&self) -> bool {
        self.frame == Frame::Ssi
    }

    /// Bytes to send, one message after the other; empty when the device cannot do it.
    pub fn messages(&self, command: Command) -> Result<Vec<Vec<u8>>, ProfileError> {
        let raw =
            self.raw.get(&command).into_iter().flatten().map(|message| Ok(message.clone().into_bytes()));
        let framed = self.commands.get(&command).into_iter().flatten().map(|message| match self.frame {
            Frame::Text => Ok([&self.prefix, message.as_str(), &self.suffix].concat().into_bytes()),
            Frame::Ssi => packet(message).ok_or_else(|| ProfileError::NotHex { message: message.clone() }),
        });
        framed.chain(raw).collect()
    }
}

fn packet(message: &str) -> Option<Vec<u8>> {
    let bytes: Option<Vec<u8>> =
        message.split_ascii_whitespace().map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    let bytes = bytes?;
    let (opcode, data) = bytes.split_first()?;
    ssi::packet(*opcode, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profiles_that_come_along_say_what_the_manuals_print() {
        let messages = |name: &str, command| Profile::known(name).unwrap().messages(command).unwrap();
        assert_eq!(messages("honeywell", Command::Setup)[0], b"\x16M\rSUFBK2990D!");
        assert_eq!(messages("honeywell", Command::TriggerOn), [b"\x16T\r".to_vec()]);
        assert_eq!(messages("honeywell", Command::Disable), [b""; 0], "it cannot");
        assert_eq!(messages("newland", Command::Disable), [b"~\x010000#SCNENA0;\x03".to_vec()]);
        assert_eq!(messages("zebra-ssi", Command::Beep), [vec![0x05, 0xe6, 0x04, 0, 0, 0xff, 0x11]]);
        for (name, _) in KNOWN {
            assert_eq!(Profile::known(name).unwrap().name, name);
            assert!(!messages(name, Command::Setup).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_profile_of_ones_own_is_checked_when_it_is_read() {
        let error = |text: &str| Profile::parse(text).unwrap_err().to_string();
        assert!(error("name = 'x'\nframe = 'ssi'\n[commands]\nbeep = ['XY']").contains("hex"));
        assert!(error("name = 'x'\n[commands]\nsing = ['A']").contains("sing"));
        assert!(error("name = 'x'\nsuffx = '.'").contains("suffx"));
        let long = format!("name = 'x'\n[commands]\nbeep = ['{}']", "A".repeat(257));
        assert!(error(&long).contains("256 bytes"));
        assert!(Profile::known("acme").unwrap_err().to_string().contains("zebra-ssi"));
    }
}
