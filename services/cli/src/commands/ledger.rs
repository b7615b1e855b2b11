//! `chit ledger`: the journal as a file that can be checked with the public key alone, and back again.

mod export;
mod format;
mod import;
mod receipt;
mod verify;
mod witness;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::ledger::v1::{
    CompactIndexRequest, CompactIndexResponse, GetCheckpointRequest, GetCheckpointResponse,
};
use chit_runtime::Channel;
use clap::Subcommand;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::shop::{Shop, ask};
pub use receipt::Receipt;
use verify::Verified;
#[cfg(test)]
pub use verify::tests as ledger_of_tests;
pub use verify::{checkpoint_signed_by, read as read_export};

#[derive(Subcommand, Debug)]
pub enum LedgerCommand {
    /// Print the public keys that verify this ledger's checkpoints (first line) and the till's receipts. Give them to
    /// those who check exports or receipts.
    Key,
    /// Write all records and a signed checkpoint as JSON lines.
    Export {
        /// File to write; must not exist.
        file: PathBuf,
    },
    /// Check every byte of an export, offline. Exit code 1: it was changed, or another key signed it.
    Verify {
        /// An export or a backup.
        file: PathBuf,
        /// Public key, as `chit ledger key` prints it, or a file that holds it.
        #[arg(long, value_name = "KEY|FILE")]
        key: String,
        /// A checkpoint that a witness cosigned (`chit ledger witness`): the export must begin with what the witness saw.
        #[arg(long, value_name = "NOTE", requires = "witness_key")]
        witnessed: Option<PathBuf>,
        /// Public key of the witness, got from the witness itself (`chit issuer keys`), or a file that holds it.
        #[arg(long, value_name = "KEY|FILE", requires = "witnessed")]
        witness_key: Option<String>,
    },
    /// Have the newest checkpoint cosigned by the issuer as a witness, and keep it in a file. From then on no rewritten ledger is
    /// cosigned, and whoever has the file tells one.
    Witness {
        /// File to write; an older one is replaced. Give copies away.
        file: PathBuf,
    },
    /// Check the text of a receipt's QR, offline, and against an export if there is one. Exit code 1: it was changed or made
    /// up, or the ledger was rewritten since.
    Receipt {
        /// What the QR says: CHIT1:...
        text: String,
        /// Public key of the till, as `chit ledger key` prints it, or a file that holds it.
        #[arg(long, value_name = "KEY|FILE")]
        receipt_key: String,
        /// An export or a backup of the ledger.
        #[arg(long, requires = "key")]
        export: Option<PathBuf>,
        /// Public key of the ledger that wrote the export.
        #[arg(long, value_name = "KEY|FILE", requires = "export")]
        key: Option<String>,
    },
    /// Write a verified export into a folder while the ledger runs; restore it with `chit ledger import`.
    Backup {
        /// Folder of the backups.
        folder: PathBuf,
    },
    /// Give back the disk space that the index does not use, while the ledger runs. A copy of it must fit on the disk.
    Compact,
    /// Put a verified export into an empty ledger: the same records, the same root.
    Import {
        /// An export or a backup.
        file: PathBuf,
        /// Public key of the ledger that wrote it.
        #[arg(long, value_name = "KEY|FILE")]
        key: String,
    },
}

/// What needs no configuration.
pub fn offline(command: &LedgerCommand, output: Output) -> Option<Result<(), Failure>> {
    match command {
        LedgerCommand::Verify { file, key, witnessed, witness_key } => {
            Some(check_export(file, key, witnessed.as_deref().zip(witness_key.as_deref()), output))
        }
        LedgerCommand::Receipt { text, receipt_key, export, key } => {
            Some(check_receipt(text, receipt_key, export.as_deref(), key.as_deref(), output))
        }
        _ => None,
    }
}

fn check_export(
    file: &Path,
    key: &str,
    witnessed: Option<(&Path, &str)>,
    output: Output,
) -> Result<(), Failure> {
    let (verified, seen) = match witnessed {
        Some((note, witness_key)) => {
            let (verified, seen) = witness::compare(file, key, note, witness_key)?;
            (verified, Some(seen))
        }
        None => (check(file, key)?, None),
    };
    let Verified { origin, records, root } = &verified;
    let mut text = format!("{origin}: {records} records are as they were signed\nroot {root}");
    if let Some(seen) = &seen {
        let at = i64::try_from(seen.unix_s).ok().and_then(|unix_s| jiff::Timestamp::from_second(unix_s).ok());
        let at = at.unwrap_or_default();
        text.push_str(&format!("\nthe first {} are those that the witness saw, {at}", seen.records));
    }
    output.result(
        text,
        &json!({
            "ok": true, "origin": origin, "records": records, "root": root,
            "witnessed_records": seen.map(|seen| seen.records),
        }),
    );
    Ok(())
}

fn check_receipt(
    text: &str,
    receipt_key: &str,
    export: Option<&Path>,
    key: Option<&str>,
    output: Output,
) -> Result<(), Failure> {
    let receipt = receipt::read(text, &receipt::key(receipt_key)?)?;
    let checked = export.zip(key);
    if let Some((file, key)) = checked {
        receipt::in_export(&receipt, file, key)?;
    }
    let amount = crate::money::amount(receipt.amount_minor, &receipt.currency_code);
    let time = jiff::Timestamp::from_second(i64::from(receipt.time_s)).unwrap_or_default();
    let said = match checked {
        Some(_) => "the export holds it, and nothing older was changed since",
        None => "signed by the till; with --export the ledger is compared, too",
    };
    let root = hex::encode(receipt.root);
    let (sale_id, seq, tree_size) = (&receipt.sale_id, receipt.seq, receipt.tree_size);
    let text =
        format!("sale {sale_id}: {amount} at {time}\nrecord {seq} of {tree_size}, root {root}\n{said}");
    output.result(
        text,
        &json!({
            "ok": true, "sale_id": sale_id, "amount_minor": receipt.amount_minor,
            "currency_code": receipt.currency_code, "time_s": receipt.time_s, "ledger_seq": seq,
            "ledger_tree_size": tree_size, "ledger_root": root, "export_compared": checked.is_some(),
        }),
    );
    Ok(())
}

pub async fn run(shop: &Shop, command: LedgerCommand) -> Result<(), Failure> {
    match command {
        LedgerCommand::Key => {
            let key = checkpoint(shop).await?.verifier_key;
            let receipt_key = super::keys::receipt_key(shop)?;
            let text = format!("{key}\n{receipt_key}");
            shop.output.result(text, &json!({ "verifier_key": key, "receipt_key": receipt_key }));
            Ok(())
        }
        LedgerCommand::Export { file } => {
            let (file, verified) = export::to_file(shop, &file).await?;
            written(shop, "exported", &file, &verified);
            Ok(())
        }
        LedgerCommand::Backup { folder } => {
            let (file, verified) = export::to_folder(shop, &folder).await?;
            written(shop, "backed up", &file, &verified);
            Ok(())
        }
        LedgerCommand::Verify { file, key, witnessed, witness_key } => {
            check_export(&file, &key, witnessed.as_deref().zip(witness_key.as_deref()), shop.output)
        }
        LedgerCommand::Witness { file } => {
            let records = witness::cosign(shop, &file).await?;
            let text = format!("{records} records cosigned by the witness: {}", file.display());
            shop.output.result(text, &json!({ "file": file, "records": records }));
            Ok(())
        }
        LedgerCommand::Receipt { text, receipt_key, export, key } => {
            check_receipt(&text, &receipt_key, export.as_deref(), key.as_deref(), shop.output)
        }
        LedgerCommand::Compact => compact(shop).await,
        LedgerCommand::Import { file, key } => import::run(shop, &file, &key).await,
    }
}

/// A receipt's QR, by the key of the till that signs it.
pub fn receipt(text: &str, receipt_key: &str) -> Result<Receipt, Failure> {
    receipt::read(text, &receipt::key(receipt_key)?)
}

/// Reading and writing the whole index takes a while on a slow disk; the journal is never touched.
async fn compact(shop: &Shop) -> Result<(), Failure> {
    let sizes = client(shop).compact_index(CompactIndexRequest {}).await?.into_inner();
    let CompactIndexResponse { bytes_before, bytes_after } = sizes;
    let text = format!("index: {bytes_before} bytes before, {bytes_after} bytes now");
    shop.output.result(text, &json!({ "bytes_before": bytes_before, "bytes_after": bytes_after }));
    Ok(())
}

fn written(shop: &Shop, what: &str, file: &Path, verified: &Verified) {
    let Verified { records, root, .. } = verified;
    let text = format!("{what} and verified {records} records: {}\nroot {root}", file.display());
    shop.output.result(text, &json!({ "file": file, "records": records, "root": root }));
}

fn check(file: &Path, key: &str) -> Result<Verified, Failure> {
    let key = key_text(key)?;
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    verify::read(BufReader::new(opened), &key, |_, _| Ok(()))
}

fn unreadable(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::other("EXPORT_UNREADABLE", format!("cannot read {}: {error}", file.display()))
}

/// The key itself, or the first line of the file that holds it.
fn key_text(key: &str) -> Result<String, Failure> {
    if key.contains('+') {
        return Ok(key.trim().to_owned());
    }
    let text = std::fs::read_to_string(key).map_err(|error| {
        Failure::usage(format!("--key {key} is neither a public key nor a readable file: {error}"))
    })?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn client(shop: &Shop) -> LedgerServiceClient<Channel> {
    LedgerServiceClient::new(chit_runtime::channel(&shop.shared, "ledger"))
}

async fn checkpoint(shop: &Shop) -> Result<GetCheckpointResponse, Failure> {
    let client = client(shop);
    Ok(ask!(client.get_checkpoint(GetCheckpointRequest::default())).await?)
}
