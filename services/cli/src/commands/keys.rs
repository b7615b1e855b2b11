//! `chit keys`: the public keys that a third party needs, and the file that hands them over. A key that comes with the
//! data it verifies proves nothing: give them by another way than the evidence.

use std::path::Path;
use std::str::FromStr as _;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bech32::{Bech32, Hrp};
use chit_runtime::Shared;
use clap::{Args, Subcommand};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::key_files::KEY_LEN;
use super::rotate;
use crate::failure::Failure;
use crate::output::Output;
use crate::shop::Shop;

const FORMAT: &str = "chit-keys/1";
const FILE_LEN_MAX: u64 = 64 << 10;
/// Type byte of an Ed25519 key in a signed note (https://c2sp.org/signed-note).
const NOTE_ED25519: u8 = 1;

/// What `chit keys --json` writes and verifiers read. Ed25519 keys are 64 hexadecimal digits.
#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PublicKeys {
    format: String,
    /// Signs the codes that payers show.
    pub payer_code: Key,
    /// Signs receipts.
    pub receipt: Key,
    /// Signs evidence bundles.
    pub evidence: Key,
    /// Signs the ledger's checkpoints; the key is a verifier key of a signed note.
    pub ledger: Key,
    /// age recipients that evidence is sealed to.
    pub shop_recipient: Key,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arbiter_recipient: Option<Key>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub key: String,
    /// First 16 hexadecimal digits of the SHA-256 of the key's bytes, of a recipient's of its text.
    pub id: String,
}

impl Key {
    fn ed25519(key: &VerifyingKey) -> Self {
        Self { key: hex::encode(key.as_bytes()), id: id_of(key.as_bytes()) }
    }

    fn text(text: String) -> Self {
        Self { id: id_of(text.as_bytes()), key: text }
    }

    /// An Ed25519 key's bytes.
    pub fn bytes(&self) -> Result<[u8; 32], Failure> {
        let wrong =
            || Failure::usage("a key is no Ed25519 public key of 64 hexadecimal digits; see `chit keys`");
        hex::decode(self.key.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
    }
}

pub fn id_of(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

#[derive(Args, Debug)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: Option<KeysCommand>,
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Give a store another key: checkout-data, printer-data, sms-data or issuer-data. The service wraps its data key anew when it starts.
    Rotate {
        /// Which: checkout-data, printer-data, sms-data or issuer-data.
        name: String,
        /// The service was restarted since: forget the key before.
        #[arg(long)]
        finish: bool,
    },
}

pub fn run(shared: &Shared, args: &KeysArgs, config: &Path, output: Output) -> Result<(), Failure> {
    if let Some(KeysCommand::Rotate { name, finish }) = &args.command {
        return rotate::run(shared, name, *finish, output);
    }
    let keys = PublicKeys::of_shop(shared, config)?;
    let value = serde_json::to_value(&keys).context("keys")?;
    output.result(text_of(&keys), &value);
    Ok(())
}

fn text_of(keys: &PublicKeys) -> String {
    let rows = [
        ("payer codes", Some(&keys.payer_code)),
        ("receipts", Some(&keys.receipt)),
        ("evidence", Some(&keys.evidence)),
        ("ledger", Some(&keys.ledger)),
        ("shop's recipient", Some(&keys.shop_recipient)),
        ("arbiter's recipient", keys.arbiter_recipient.as_ref()),
    ];
    let mut text = String::new();
    for (name, key) in rows {
        let (id, key) =
            key.map_or(("", "none: [media-capture] arbiter"), |key| (key.id.as_str(), key.key.as_str()));
        text.push_str(&format!("{name:<20} {id:<16}  {key}\n"));
    }
    text.push_str(
        "for verifiers: `chit --json keys > keys.json`; hand it over by another way than what it verifies",
    );
    text
}

impl PublicKeys {
    /// From the keys folder, and the arbiter from the configuration.
    pub fn of_shop(shared: &Shared, config: &Path) -> Result<Self, Failure> {
        let public =
            |name: &str| secret(shared, name).map(|seed| SigningKey::from_bytes(&seed).verifying_key());
        Ok(Self {
            format: FORMAT.to_owned(),
            payer_code: Key::ed25519(&public("payer-code")?),
            receipt: Key::ed25519(&public("till")?),
            evidence: Key::ed25519(&public("media-device")?),
            ledger: Key::text(verifier_key(&public("ledger")?)),
            shop_recipient: Key::text(recipient(&secret(shared, "evidence")?)?),
            arbiter_recipient: arbiter(config)?.map(Key::text),
        })
    }

    /// From a file that `chit --json keys` wrote.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::usage(format!("--key {}: {what}", file.display()));
        let len = std::fs::metadata(file).map_err(|error| wrong(error.to_string()))?.len();
        if len > FILE_LEN_MAX {
            return Err(wrong("larger than a file of keys can be".to_owned()));
        }
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let keys: Self = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("not what `chit --json keys` writes: {error}")))?;
        if keys.format == FORMAT { Ok(keys) } else { Err(wrong(format!("format {:?}", keys.format))) }
    }
}

/// Public key of the till's signature on receipts.
pub fn receipt_key(shop: &Shop) -> Result<String, Failure> {
    let seed = secret(&shop.shared, "till")?;
    Ok(hex::encode(SigningKey::from_bytes(&seed).verifying_key().as_bytes()))
}

pub fn secret(shared: &Shared, name: &str) -> Result<[u8; KEY_LEN], Failure> {
    let file = format!("{name}.key");
    let stored = shared.key(&file).map_err(|error| Failure::other("KEY_MISSING", error.to_string()))?;
    stored.try_into().map_err(|_other_length| {
        Failure::other("KEY_DAMAGED", format!("{file} must have {KEY_LEN} bytes: restore it from the backup"))
    })
}

/// As the ledger names itself: its origin holds the id of its key.
pub fn verifier_key(key: &VerifyingKey) -> String {
    let public = [&[NOTE_ED25519][..], key.as_bytes()].concat();
    let origin = format!("chit-ledger-{:08x}", signed_note::key_id("chit-ledger", &public));
    let id = signed_note::key_id(&origin, &public);
    format!("{origin}+{id:08x}+{}", BASE64_STANDARD.encode(public))
}

/// age writes secret keys as Bech32 (BIP 173) in upper case.
pub fn recipient(seed: &[u8; KEY_LEN]) -> Result<String, Failure> {
    let text =
        bech32::encode::<Bech32>(Hrp::parse_unchecked("age-secret-key-"), seed).context("an age key")?;
    let identity = age::x25519::Identity::from_str(&text.to_uppercase())
        .map_err(|error| Failure::other("KEY_DAMAGED", format!("an age key: {error}")))?;
    Ok(identity.to_public().to_string())
}

/// `[media-capture] arbiter`; the rest of that section is media-capture's business.
fn arbiter(config: &Path) -> anyhow::Result<Option<String>> {
    let place = || format!("cannot read {}", config.display());
    let file: toml::Table =
        std::fs::read_to_string(config).with_context(place)?.parse().with_context(place)?;
    let arbiter = file.get("media-capture").and_then(|section| section.get("arbiter"));
    let arbiter = arbiter.and_then(|arbiter| arbiter.as_str()).map(str::trim);
    Ok(arbiter.filter(|arbiter| !arbiter.is_empty()).map(str::to_owned))
}
