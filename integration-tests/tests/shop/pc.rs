//! The shop's PC: `chit` as a person or a timer runs it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use chit_integration_tests::desk::{CASHIER, SUPERVISOR};
use chit_integration_tests::house::{House, Pins, program};
use serde_json::Value;
use tokio::process::Command;

/// Its exit code when a service said no.
pub const REFUSED: i32 = 2;

/// A terminal at which somebody has signed in.
pub struct Pc {
    config: PathBuf,
    pins: Pins,
    session: String,
}

impl Pc {
    pub async fn of(house: &House, name: &str) -> Self {
        let config = house.place.config();
        let mut chit = chit(&config);
        chit.args(["sign-in", name, "--print"]);
        chit.env("CHIT_PIN", house.pins.approval(name).unwrap().pin);
        let said = chit.output().await.unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let session = String::from_utf8(said.stdout).unwrap().trim().to_owned();
        Self { config, pins: house.pins.clone(), session }
    }

    pub async fn run(&self, args: &[&str]) -> Output {
        let mut chit = chit(&self.config);
        chit.arg("--json").args(args);
        chit.env("CHIT_PIN", self.pins.approval(SUPERVISOR).unwrap().pin);
        chit.env("CHIT_SESSION", &self.session);
        chit.env("CHIT_SECOND_PIN", self.pins.approval(CASHIER).unwrap().pin);
        chit.output().await.unwrap()
    }

    /// The last line of what it says, a JSON object.
    pub async fn says(&self, args: &[&str]) -> Value {
        let output = self.run(args).await;
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(said.lines().last().unwrap()).unwrap()
    }
}

fn chit(config: &Path) -> Command {
    let mut chit = Command::new(program("chit").unwrap());
    chit.arg("--config").arg(config).stdin(Stdio::null());
    chit
}

pub fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_else(|| panic!("no {key} in {object}"))
}
