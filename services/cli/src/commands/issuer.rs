//! `chit issuer`: the work of an issuer's people (chit.issuer.v1): keys, cards for sealed envelopes, cards that were lost.

mod people;

use std::fmt::Write as _;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;

use anyhow::Context as _;
use chit_proto::issuer::v1::issuer_service_client::IssuerServiceClient;
use chit_proto::issuer::v1::{
    Approval, CustodyEntry, ListCustodyRequest, MakeCardsRequest, PrintedCard, RegisterHolderRequest,
    ReportLostRequest, ResetPayerRequest,
};
use chit_runtime::{Channel, Shared};
use chit_witness::Witness;
use clap::Subcommand;
use ed25519_dalek::SigningKey;
use serde_json::json;

use super::key_files::{self, Owner};
use super::{keys, recovery};
use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::ids;
use crate::output::Output;
use crate::shop::{Shop, ask};

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
        #[command(flatten)]
        approval: ApprovalArgs,
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
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Close a card that was reported lost, in every shop.
    Lost {
        /// 8 digits.
        card_serial: String,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Reopen a locked card for a payer whom you have seen, or give them another card in its place.
    Reset {
        /// 8 digits of the card that they have or had.
        card_serial: String,
        /// 8 digits on a closed envelope: their card from now on. The old one is worth nothing any more.
        #[arg(long, value_name = "SERIAL")]
        new_card: Option<String>,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Print what the issuer's people did with cards, and under whose name.
    Custody,
    /// The issuer's people, who make, hand over and reset cards under their name and PIN.
    People {
        #[command(subcommand)]
        command: people::PeopleCommand,
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
            let made = init(&shop.shared)?;
            tell_keys(&shop.shared, made, shop.output)
        }
        IssuerCommand::Keys => tell_keys(&shop.shared, Made::default(), shop.output),
        IssuerCommand::Cards { count, approval } => {
            let approval = proved(&approval).await?;
            let (client, request) =
                (client(shop), MakeCardsRequest { request_id: request_id()?, count, approval });
            let cards = ask!(client.make_cards(request)).await?.cards;
            let value = cards
                .iter()
                .map(|card| json!({"card_serial": card.card_serial, "row_codes": card.row_codes}));
            let value = json!({ "cards": value.collect::<Vec<_>>() });
            shop.output.result(cards.iter().map(text_of).collect::<String>(), &value);
            Ok(())
        }
        IssuerCommand::Holder { card_serial, phone, language, approval } => {
            let (request_id, approval) = (request_id()?, proved(&approval).await?);
            let request = RegisterHolderRequest { request_id, card_serial, phone, language, approval };
            let client = client(shop);
            ask!(client.register_holder(request)).await?;
            shop.output.result("this phone is asked from now on", &json!({ "registered": true }));
            Ok(())
        }
        IssuerCommand::Lost { card_serial, approval } => {
            let (request_id, approval) = (request_id()?, proved(&approval).await?);
            let request =
                ReportLostRequest { request_id, card_serial, approval, ..ReportLostRequest::default() };
            let client = client(shop);
            ask!(client.report_lost(request)).await?;
            shop.output.result("closed, if there is such a card", &json!({ "closed": true }));
            Ok(())
        }
        IssuerCommand::Reset { card_serial, new_card, approval } => {
            let (request_id, approval) = (request_id()?, proved(&approval).await?);
            let new_card_serial = new_card.unwrap_or_default();
            let said = match new_card_serial.as_str() {
                "" => "the card answers again",
                _ => {
                    "the old card is closed; hand the new one over, and let the shop enter it (`chit payer new-card`)"
                }
            };
            let request = ResetPayerRequest { request_id, card_serial, new_card_serial, approval };
            let client = client(shop);
            ask!(client.reset_payer(request)).await?;
            shop.output.result(said, &json!({ "reset": true }));
            Ok(())
        }
        IssuerCommand::Custody => custody(shop).await,
        IssuerCommand::People { command } => people::run(&shop.shared, command, shop.output),
    }
}

async fn proved(approval: &ApprovalArgs) -> Result<Option<Approval>, Failure> {
    let given = approval.given().await?;
    let missing = || Failure::usage("the record of custody names who does this: give --approver NAME");
    let given = given.ok_or_else(missing)?;
    Ok(Some(Approval { actor: given.actor, pin: given.pin }))
}

async fn custody(shop: &Shop) -> Result<(), Failure> {
    let (client, mut entries): (_, Vec<CustodyEntry>) = (client(shop), Vec::new());
    loop {
        let after_seq = entries.last().map_or(0, |last| last.seq);
        let page = ask!(client.list_custody(ListCustodyRequest { after_seq })).await?.entries;
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    let lines = entries.iter().map(|entry| {
        let time = entry.time.as_ref().and_then(chit_runtime::clock::from_proto);
        let time = time.map(|time| format!("{time:.0}")).unwrap_or_default();
        let act = entry.act().as_str_name().trim_start_matches("CUSTODY_ACT_");
        let new_card = hex::encode(&entry.new_card_id);
        (
            entry.seq,
            time,
            &entry.actor,
            act,
            hex::encode(&entry.card_id),
            new_card,
            hex::encode(&entry.sha256),
        )
    });
    let lines: Vec<_> = lines.collect();
    let text = lines.iter().map(|(seq, time, actor, act, card, new_card, _)| {
        format!("{seq:>5}  {time}  {actor:<12}  {act:<11}  {card}  {new_card}\n")
    });
    let value = lines.iter().map(|(seq, time, actor, act, card, new_card, sha256)| {
        json!({
            "seq": seq, "time": time, "actor": actor, "act": act, "card_id": card, "new_card_id": new_card,
            "sha256": sha256,
        })
    });
    let value = json!({ "custody": value.collect::<Vec<_>>() });
    shop.output.result(text.collect::<String>(), &value);
    Ok(())
}

fn client(shop: &Shop) -> IssuerServiceClient<Channel> {
    IssuerServiceClient::new(chit_runtime::channel(&shop.shared, "issuer"))
}

/// What is shown once.
#[derive(Default)]
pub(super) struct Made {
    pub(super) recovery_key: Option<String>,
    /// Name and PIN.
    first: Option<(String, String)>,
}

pub(super) fn init(shared: &Shared) -> anyhow::Result<Made> {
    chit_runtime::config::claim_state(shared)?;
    let dir = &shared.keys_dir;
    let place = || format!("cannot prepare {}", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(place)?;
    // The units look for the note of its keys, so it comes last.
    let first = people::first(dir)?;
    key_files::make(dir, Owner::Issuer)?;
    let recovery_key = recovery::wrap(dir)?;
    File::open(dir)?.sync_all().context("cannot make the keys durable")?;
    Ok(Made { recovery_key, first })
}

fn tell_keys(shared: &Shared, made: Made, output: Output) -> Result<(), Failure> {
    let verdict = SigningKey::from_bytes(&keys::secret(shared, "issuer-verdict")?).verifying_key();
    let (key, recipient) =
        (hex::encode(verdict.as_bytes()), keys::recipient(&keys::secret(shared, "issuer-seal")?)?);
    let witness_key = Witness::new(&keys::secret(shared, "issuer-witness")?).verifier_key();
    let mut text = format!(
        "issuer_key = \"{key}\"\nissuer_recipient = \"{recipient}\"\n\
         for [checkout] of a shop, by another way than what they verify\n\
         witness key: {witness_key}\n\
         for whoever checks exports of ledgers that are witnessed here\n"
    );
    let mut value = json!({ "issuer_key": key, "issuer_recipient": recipient, "witness_key": witness_key });
    if let Some((name, pin)) = made.first {
        text.push_str(&people::told(&name, &pin));
        value["pins"] = json!([{ "name": name, "pin": pin }]);
    }
    if let Some(identity) = made.recovery_key {
        text.push_str(&recovery::told(&identity));
        value["recovery_key"] = identity.into();
    }
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
        let shown = init(&shared).unwrap();
        assert!(shown.recovery_key.is_some() && shown.first.is_some());
        let read = |owner: Owner| -> Vec<_> {
            owner.key_files().map(|name| fs::read(shared.keys_dir.join(name)).unwrap()).collect()
        };
        let made = read(Owner::Issuer);
        assert!(made.iter().all(|key| key.len() == 32));
        let again = init(&shared).unwrap();
        assert!(again.recovery_key.is_none() && again.first.is_none(), "each is shown once");
        crate::commands::init::run(&shared, "CNY", Output::new(true)).unwrap();
        assert_eq!(read(Owner::Issuer), made);
        assert_eq!(key_files::key_files(&shared.keys_dir).len(), 15, "sms-data is of both");
    }

    #[test]
    fn a_card_has_sixty_rows_in_three_columns() {
        let row_codes = (1..=60).map(|row| format!("{row:06}")).collect();
        let text = text_of(&PrintedCard { card_serial: "00000007".into(), row_codes });
        assert_eq!(text.lines().count(), 22);
        assert!(text.contains("01 000001  21 000021  41 000041"), "{text}");
    }
}
