//! `chit issuer`: the work of an issuer's people (chit.issuer.v1): keys, cards for sealed envelopes, cards that were lost.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;

use anyhow::Context as _;
use chit_proto::issuer::v1::issuer_service_client::IssuerServiceClient;
use chit_proto::issuer::v1::{MakeCardsRequest, PrintedCard, RegisterHolderRequest, ReportLostRequest};
use chit_runtime::{Channel, Shared};
use chit_witness::Witness;
use clap::Subcommand;
use ed25519_dalek::SigningKey;
use serde_json::json;

use super::{key_files, keys};
use crate::failure::Failure;
use crate::ids;
use crate::output::Output;
use crate::shop::{Shop, ask};

/// The secret of all cards, what signs verdicts and checkpoints, what opens codes, what opens the stores of the issuer and of its SMS gateway.
const KEYS: [&str; 6] =
    ["issuer-master", "issuer-verdict", "issuer-witness", "issuer-seal", "issuer-data", "sms-data"];
/// Columns of a card on paper.
const COLUMNS: usize = 3;

#[derive(Subcommand, Debug)]
pub enum IssuerCommand {
    /// Make the issuer's keys and print those that shops need; keeps what is there.
    Init,
    /// Print what a shop enters in `[checkout]`: the key of the verdicts, and what codes are sealed to; and the key of the witness.
    Keys,
    /// Make code cards and print them, once: into the envelope's printer, not into a file.
    Cards {
        /// How many, at most 100.
        #[arg(long, default_value_t = 1)]
        count: u32,
    },
    /// Say whose phone the issuer asks before a card's rows collect anything: when its envelope is handed over.
    Holder {
        /// 8 digits, outside on the envelope.
        card_serial: String,
        /// With + and the country code.
        #[arg(long)]
        phone: String,
        /// What they are written to in: zh-CN or en.
        #[arg(long, default_value = "zh-CN")]
        language: String,
    },
    /// Close a card that was reported lost, in every shop.
    Lost {
        /// 8 digits.
        card_serial: String,
    },
}

pub async fn run(shop: &Shop, command: IssuerCommand) -> Result<(), Failure> {
    let request_id = || -> anyhow::Result<String> {
        // The issuer wants a ULID; `--request-id` may be one.
        let given = shop.request_id();
        if given.parse::<ulid::Ulid>().is_ok() { Ok(given) } else { ids::ulid() }
    };
    match command {
        IssuerCommand::Init => {
            init(&shop.shared)?;
            tell_keys(&shop.shared, shop.output)
        }
        IssuerCommand::Keys => tell_keys(&shop.shared, shop.output),
        IssuerCommand::Cards { count } => {
            let (client, request) = (client(shop), MakeCardsRequest { request_id: request_id()?, count });
            let cards = ask!(client.make_cards(request)).await?.cards;
            let value = cards
                .iter()
                .map(|card| json!({"card_serial": card.card_serial, "row_codes": card.row_codes}));
            let value = json!({ "cards": value.collect::<Vec<_>>() });
            shop.output.result(cards.iter().map(text_of).collect::<String>(), &value);
            Ok(())
        }
        IssuerCommand::Holder { card_serial, phone, language } => {
            let request = RegisterHolderRequest { request_id: request_id()?, card_serial, phone, language };
            let client = client(shop);
            ask!(client.register_holder(request)).await?;
            shop.output.result("this phone is asked from now on", &json!({ "registered": true }));
            Ok(())
        }
        IssuerCommand::Lost { card_serial } => {
            let request =
                ReportLostRequest { request_id: request_id()?, card_serial, ..ReportLostRequest::default() };
            let client = client(shop);
            ask!(client.report_lost(request)).await?;
            shop.output.result("closed, if there is such a card", &json!({ "closed": true }));
            Ok(())
        }
    }
}

fn client(shop: &Shop) -> IssuerServiceClient<Channel> {
    IssuerServiceClient::new(chit_runtime::channel(&shop.shared, "issuer"))
}

fn init(shared: &Shared) -> anyhow::Result<()> {
    chit_runtime::config::claim_state(shared)?;
    let dir = &shared.keys_dir;
    let place = || format!("cannot prepare {}", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(place)?;
    key_files::make(dir, &KEYS)?;
    File::open(dir)?.sync_all().context("cannot make the keys durable")
}

fn tell_keys(shared: &Shared, output: Output) -> Result<(), Failure> {
    let verdict = SigningKey::from_bytes(&keys::secret(shared, "issuer-verdict")?).verifying_key();
    let (key, recipient) =
        (hex::encode(verdict.as_bytes()), keys::recipient(&keys::secret(shared, "issuer-seal")?)?);
    let witness_key = Witness::new(&keys::secret(shared, "issuer-witness")?).verifier_key();
    let text = format!(
        "issuer_key = \"{key}\"\nissuer_recipient = \"{recipient}\"\n\
         for [checkout] of a shop, by another way than what they verify\n\
         witness key: {witness_key}\n\
         for whoever checks exports of ledgers that are witnessed here\n"
    );
    let value = json!({ "issuer_key": key, "issuer_recipient": recipient, "witness_key": witness_key });
    output.result(text, &value);
    Ok(())
}

fn text_of(card: &PrintedCard) -> String {
    let mut text = format!("CARD {}\n", card.card_serial);
    let lines = card.row_codes.len().div_ceil(COLUMNS);
    for line in 0..lines {
        for (at, code) in card.row_codes.iter().enumerate().skip(line).step_by(lines) {
            let _ = write!(text, "{:02} {code}  ", at + 1);
        }
        text.push('\n');
    }
    text.push('\u{c}');
    text
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_issuers_keys_are_made_once_and_beside_those_of_a_shop() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        init(&shared).unwrap();
        let read = || KEYS.map(|name| fs::read(shared.keys_dir.join(key_files::key_file(name))).unwrap());
        let made = read();
        assert!(made.iter().all(|key| key.len() == 32));
        init(&shared).unwrap();
        assert_eq!(read(), made);
    }

    #[test]
    fn a_card_has_sixty_rows_in_three_columns() {
        let row_codes = (1..=60).map(|row| format!("{row:06}")).collect();
        let text = text_of(&PrintedCard { card_serial: "00000007".into(), row_codes });
        assert_eq!(text.lines().count(), 22);
        assert!(text.contains("01 000001  21 000021  41 000041"), "{text}");
    }
}
