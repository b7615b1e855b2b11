//! Puts an export into the running, empty ledger.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use chit_proto::ledger::v1::ImportJournalRequest;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{check, client, key_text, unreadable, verify};
use crate::failure::Failure;
use crate::shop::Shop;

/// Records of one message.
const PIECE: usize = 500;

pub async fn run(shop: &Shop, file: &Path, key: &str) -> Result<(), Failure> {
    // Nothing is sent before the whole file is known to be good.
    let verified = check(file, key)?;
    let (sender, pieces) = mpsc::channel(4);
    let reading = tokio::task::spawn_blocking({
        let (file, key) = (file.to_owned(), key_text(key)?);
        move || send(&file, &key, &sender)
    });
    let answer = client(shop).import_journal(ReceiverStream::new(pieces)).await?.into_inner();
    reading.await.map_err(|error| Failure::other("FAILED", error.to_string()))??;
    let head = answer.head.unwrap_or_default();
    let root = hex::encode(head.root);
    if root != verified.root || head.seq != verified.records {
        let text = "the ledger's root is not the export's: it holds more than was imported";
        return Err(Failure::other("IMPORT_DIFFERS", text));
    }
    let text = format!(
        "imported {} records ({} were there already)\nroot {root}, as exported",
        answer.appended, answer.known
    );
    shop.output.result(text, &json!({ "appended": answer.appended, "known": answer.known, "root": root }));
    Ok(())
}

/// Ends early when the ledger has refused: its answer says why.
fn send(file: &Path, key: &str, sender: &mpsc::Sender<ImportJournalRequest>) -> Result<(), Failure> {
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    let mut piece = Vec::with_capacity(PIECE);
    verify::read(BufReader::new(opened), key, |_, record| {
        piece.push(record);
        if piece.len() == PIECE {
            let _refused = sender.blocking_send(ImportJournalRequest { records: std::mem::take(&mut piece) });
        }
        Ok(())
    })?;
    if !piece.is_empty() {
        let _refused = sender.blocking_send(ImportJournalRequest { records: piece });
    }
    Ok(())
}
