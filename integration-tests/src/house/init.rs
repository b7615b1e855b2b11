//! `chit init` and the PINs it tells once.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use chit_proto::checkout::v1::Approval;
use serde::{Deserialize, Serialize};

use super::Place;

const KEPT: &str = "pins.json";

/// What init's last line of stdout says; also kept, because init says it once only.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pins {
    pins: Vec<Pin>,
    /// What opens a backup.
    #[serde(default)]
    recovery_key: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Pin {
    name: String,
    role: String,
    pin: String,
}

impl Pins {
    /// The approval of a member of staff, as they would type it.
    pub fn approval(&self, name: &str) -> anyhow::Result<Approval> {
        let staff = self.pins.iter().find(|pin| pin.name == name);
        let pin = staff.with_context(|| format!("no PIN of {name} is known"))?.pin.clone();
        Ok(Approval { actor: name.to_owned(), pin })
    }

    pub fn recovery_key(&self) -> anyhow::Result<&str> {
        self.recovery_key.as_deref().context("init told no recovery key")
    }

    /// As init writes them; a house elsewhere that has the same keys has the same people.
    pub fn keep_in(&self, place: &Place) -> anyhow::Result<()> {
        keep(&place.root().join(KEPT), self)
    }

    /// Name, role and PIN of each.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.pins.iter().map(|pin| (pin.name.as_str(), pin.role.as_str(), pin.pin.as_str()))
    }
}

/// `chit` with the house's configuration; returns what it said on stdout.
pub fn chit(place: &Place, args: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(super::program("chit")?);
    command.arg("--config").arg(place.config()).args(args);
    let output = command.stdin(Stdio::null()).output().context("chit")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("chit {}: {}: {}", args.join(" "), output.status, said.trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

pub fn run(place: &Place) -> anyhow::Result<Pins> {
    let said = chit(place, &["init", "--json"])?;
    let last = said.lines().last().context("chit init --json said nothing")?;
    let told: Pins = serde_json::from_str(last).context("chit init --json, last line")?;
    let kept = place.root().join(KEPT);
    if told.pins.is_empty() {
        let text = fs::read(&kept).with_context(|| {
            format!(
                "{} is gone and PINs are told once only; remove {}",
                kept.display(),
                place.root().display()
            )
        })?;
        return Ok(serde_json::from_slice(&text)?);
    }
    keep(&kept, &told)?;
    Ok(told)
}

fn keep(file: &Path, pins: &Pins) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(file)?;
    Ok(file.write_all(&serde_json::to_vec_pretty(pins)?)?)
}
