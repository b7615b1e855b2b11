//! `chit ledger`: the journal as a file that anybody with the public key can check, and back again.

mod export;
mod format;
mod import;
mod verify;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::ledger::v1::{GetCheckpointRequest, GetCheckpointResponse};
use chit_runtime::Channel;
use clap::Subcommand;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::shop::{Shop, ask};
use verify::Verified;

#[derive(Subcommand, Debug)]
pub enum LedgerCommand {
    /// Print the public key that verifies this ledger's checkpoints. Give it to whoever shall check exports.
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
    },
    /// Write a verified export into a folder while the ledger runs; restore it with `chit ledger import`.
    Backup {
        /// Folder of the backups.
        folder: PathBuf,
    },
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
        LedgerCommand::Verify { file, key } => Some(check(file, key).map(|verified| {
            let text = format!(
                "{}: {} records are as they were signed\nroot {}",
                verified.origin, verified.records, verified.root
            );
            output.result(text, &json!({ "ok": true, "origin": verified.origin, "records": verified.records, "root": verified.root }));
        })),
        _ => None,
    }
}

pub async fn run(shop: &Shop, command: LedgerCommand) -> Result<(), Failure> {
    match command {
        LedgerCommand::Key => {
            let key = checkpoint(shop).await?.verifier_key;
            shop.output.result(&key, &json!({ "verifier_key": key }));
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
        LedgerCommand::Verify { file, key } => check(&file, &key).map(drop),
        LedgerCommand::Import { file, key } => import::run(shop, &file, &key).await,
    }
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
    Ok(ask!(client.get_checkpoint(GetCheckpointRequest {})).await?)
}
