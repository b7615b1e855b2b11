//! An issuer beside the shop: a machine of its own, but for the socket over which the shop reaches it. It has its own keys, its own SMS
//! gateway and a modem that no program of the shop hears.

use std::os::unix::fs::symlink;

use anyhow::Context as _;
use chit_runtime::Shared;
use serde_json::Value;
use toml::Table;

use super::simulators::Modem;
use super::{Options, Place, config, init};
use crate::control::Control;

/// What the issuer calls the shop, in its configuration and to payers.
const SHOP: &str = "corner";
const CALLED: &str = "惠民便利小店";
/// How its texts begin.
const NAME: &str = "BANK";
/// Who makes its cards and hands them over, and their PIN.
const CUSTODIAN: &str = "chen";
const PIN_FILE: &str = "custodian.pin";
/// Its keeper's name; the program is chit-sms-gateway.
pub const GATEWAY: &str = "issuer's sms-gateway";

pub struct Issuer {
    pub place: Place,
    pub shared: Shared,
    modem: Modem,
}

impl Issuer {
    /// Its folders, keys and configuration, and what the shop's configuration says of it.
    pub fn beside(shop: &Place, options: &Options) -> anyhow::Result<(Self, Options)> {
        let place = shop.inside("issuer");
        place.prepare()?;
        let modem = Modem::start(&place)?;
        let write = |known: Table| -> anyhow::Result<()> {
            Ok(std::fs::write(place.config(), settings(&place, known)?)?)
        };
        write(Table::new())?;
        let said = |place: &Place, args: &[&str]| -> anyhow::Result<Value> {
            let said = init::chit(place, args)?;
            serde_json::from_str(said.lines().last().unwrap_or_default()).with_context(|| args.join(" "))
        };
        let (own, theirs) = (said(&place, &["issuer", "init", "--json"])?, said(shop, &["keys", "--json"])?);
        // Told once only; what is there is of an earlier run of this folder.
        if let Some(pin) = own["pins"][0]["pin"].as_str() {
            std::fs::write(place.root().join(PIN_FILE), pin)?;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut known = Table::new();
        known.insert("name".into(), SHOP.into());
        known.insert("called".into(), CALLED.into());
        known.insert("key".into(), text(&theirs["receipt"]["key"]).into());
        known.insert("ledger_key".into(), text(&theirs["ledger"]["key"]).into());
        write(known)?;
        let socket = |place: &Place| place.run_dir().join("issuer.sock");
        // What is there is of an earlier run of this folder.
        let _ = std::fs::remove_file(socket(shop));
        symlink(socket(&place), socket(shop)).context("the shop's way to its issuer")?;
        let options = options
            .clone()
            .set("checkout", "verifier", "issuer")
            .set("checkout", "issuer_shop", SHOP)
            .set("checkout", "issuer_key", text(&own["issuer_key"]))
            .set("checkout", "issuer_recipient", text(&own["issuer_recipient"]));
        let (_, shared) = chit_runtime::load::<Table>(&place.config(), "issuer")?;
        Ok((Self { place, shared, modem }, options))
    }

    /// The modem that its texts leave by.
    pub fn modem(&self) -> &Control {
        &self.modem.control
    }

    /// Serial and rows of a card, put into its envelope and handed to whoever has this phone.
    pub fn envelope(&self, phone: &str, language: &str) -> anyhow::Result<(String, Vec<String>)> {
        let pin_file = self.place.root().join(PIN_FILE);
        let own = |args: &[&str]| {
            let pin_file = pin_file.to_str().context("a path that is no UTF-8")?;
            init::chit(&self.place, &[args, &["--approver", CUSTODIAN, "--pin-file", pin_file]].concat())
        };
        let said = own(&["issuer", "cards", "--json"])?;
        let said: Value = serde_json::from_str(said.lines().last().context("no card")?)?;
        let card = &said["cards"][0];
        let serial = card["card_serial"].as_str().context("a card without a serial")?.to_owned();
        let rows = card["row_codes"].as_array().context("a card without rows")?;
        let rows = rows.iter().map(|code| code.as_str().unwrap_or_default().to_owned()).collect();
        own(&["issuer", "holder", &serial, "--phone", phone, "--language", language])?;
        Ok((serial, rows))
    }
}

fn settings(place: &Place, known: Table) -> anyhow::Result<String> {
    let gateway = place.run_dir().join("sms-gateway.sock");
    let mut issuer = Table::new();
    issuer.insert("sms_socket".into(), gateway.to_string_lossy().into_owned().into());
    issuer.insert("name".into(), NAME.into());
    if !known.is_empty() {
        issuer.insert("shops".into(), vec![toml::Value::Table(known)].into());
    }
    let mut all = Table::new();
    all.insert("chit".into(), config::shared(place, &Options::default()).into());
    all.insert("sms-gateway".into(), config::modem(place).into());
    all.insert("issuer".into(), issuer.into());
    Ok(toml::to_string(&all)?)
}
