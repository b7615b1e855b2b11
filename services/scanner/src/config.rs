//! `[scanner]` of chit.toml.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use chit_runtime::{Section, Shared};
use serde::Deserialize;

use crate::device::keyboard::Which;
use crate::domain::framer::Suffix;
use crate::domain::interpret::{Aim, Charset};
use crate::domain::keymap::Layout;
use crate::domain::profile::Profile;
use crate::intake::Settings;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Serial port of the handheld, best as `/dev/serial/by-id/…`: that name survives replugging. Unset = no handheld.
    pub port: Option<PathBuf>,
    /// Bits a second; USB handhelds ignore it.
    pub baud: u32,
    /// What the scanner puts behind a code; `auto` = learnt.
    pub suffix: Suffix,
    /// How the scanner writes text.
    pub charset: Charset,
    /// Whether the scanner puts AIM identifiers in front; `auto` = learnt.
    pub aim: Aim,
    /// Make of the serial scanner, for its commands: honeywell, newland, zebra-ssi, or the path of a profile. Unset = none.
    pub profile: Option<String>,
    /// Whether the profile's set-up commands are sent whenever the scanner is plugged in.
    pub set_up: bool,
    /// A scanner that poses as a keyboard: a path in /dev/input/by-id, or vendor and product in hex. Unset = none.
    pub keyboard: Option<String>,
    /// Country setting of that scanner.
    pub layout: Layout,
    /// A scanner of the USB point-of-sale class: `any`, vendor and product, or a path. Unset = none.
    pub hid_pos: Option<String>,
    /// The same code again within this time is dropped, within one checkout. 0 = never: two equal goods are scanned twice on
    /// purpose.
    pub debounce_ms: u32,
    /// Whether codes are read from the camera too.
    pub camera: bool,
    /// The second decoder; unset = `code-worker` beside this program.
    pub worker: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: None,
            baud: 115_200,
            suffix: Suffix::Auto,
            charset: Charset::Utf8,
            aim: Aim::Auto,
            profile: None,
            set_up: false,
            keyboard: None,
            layout: Layout::Us,
            hid_pos: None,
            debounce_ms: 0,
            camera: true,
            worker: None,
        }
    }
}

impl Config {
    pub fn settings(&self) -> Settings {
        let debounce = Duration::from_millis(self.debounce_ms.into());
        Settings { suffix: self.suffix, charset: self.charset, aim: self.aim, debounce }
    }

    pub fn profile(&self) -> anyhow::Result<Option<Profile>> {
        let Some(name) = &self.profile else { return Ok(None) };
        if !name.contains('/') {
            return Profile::known(name).map(Some).context("[scanner] profile");
        }
        let text =
            std::fs::read_to_string(Path::new(name)).with_context(|| format!("[scanner] profile {name}"))?;
        Profile::parse(&text).map(Some).with_context(|| format!("[scanner] profile {name}"))
    }

    pub fn keyboard(&self) -> anyhow::Result<Option<Which>> {
        let which = self.keyboard.as_deref().map(str::parse::<Which>).transpose();
        which.map_err(|remedy| anyhow::anyhow!("[scanner] keyboard {remedy}"))
    }

    /// `Some(None)` = any of them.
    pub fn hid_pos(&self) -> anyhow::Result<Option<Option<Which>>> {
        match self.hid_pos.as_deref() {
            None => Ok(None),
            Some("any") => Ok(Some(None)),
            Some(which) => {
                let which = which.parse::<Which>();
                which
                    .map(|which| Some(Some(which)))
                    .map_err(|remedy| anyhow::anyhow!("[scanner] hid_pos {remedy}; or \"any\""))
            }
        }
    }

    pub fn worker(&self) -> anyhow::Result<PathBuf> {
        match &self.worker {
            Some(worker) => Ok(worker.clone()),
            None => Ok(std::env::current_exe().context("where am I?")?.with_file_name("code-worker")),
        }
    }
}

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        self.profile()?;
        self.keyboard()?;
        self.hid_pos()?;
        Ok(())
    }
}
