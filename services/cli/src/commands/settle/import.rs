//! A file from the bank, sent to checkout piece by piece.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use chit_proto::checkout::v1::{ImportBankFileRequest, ImportBankFileResponse};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::failure::Failure;
use crate::shop::Shop;
use crate::view;

const PIECE_BYTES: usize = 256 << 10;

pub async fn run(shop: &Shop, path: &Path) -> Result<(), Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let (sender, pieces) = mpsc::channel(4);
    let reading = tokio::task::spawn_blocking({
        let path = path.to_owned();
        move || send(file, &path, &sender)
    });
    let answer = shop.bank().import_bank_file(ReceiverStream::new(pieces)).await;
    reading.await.map_err(|error| Failure::other("FAILED", error.to_string()))??;
    let answer = answer?.into_inner();
    shop.output.result(text(&answer), &value(&answer));
    Ok(())
}

/// Ends early when checkout has refused: its answer says why.
fn send(mut file: File, path: &Path, sender: &mpsc::Sender<ImportBankFileRequest>) -> Result<(), Failure> {
    loop {
        let mut chunk = vec![0; PIECE_BYTES];
        let read = file.read(&mut chunk).map_err(|error| unreadable(path, &error))?;
        chunk.truncate(read);
        if read == 0 || sender.blocking_send(ImportBankFileRequest { chunk }).is_err() {
            return Ok(());
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot read {}: {error}", path.display()))
}

fn text(answer: &ImportBankFileResponse) -> String {
    let tally = answer.tally.unwrap_or_default();
    let known = if answer.known { "yes: nothing changed now" } else { "" };
    view::table(&[
        ("file", format!("{} {}", answer.message, answer.message_id)),
        ("imported before", known.to_owned()),
        ("records", answer.records.to_string()),
        ("accepted", tally.accepted.to_string()),
        ("paid", tally.received.to_string()),
        ("not paid", tally.refused.to_string()),
        ("returned", tally.returned.to_string()),
        ("known before", tally.repeated.to_string()),
        ("not about sales", tally.others.to_string()),
        ("exceptions", tally.exceptions.to_string()),
    ])
}

fn value(answer: &ImportBankFileResponse) -> serde_json::Value {
    let tally = answer.tally.unwrap_or_default();
    json!({
        "sha256": hex::encode(&answer.sha256),
        "message": answer.message,
        "message_id": answer.message_id,
        "records": answer.records,
        "known": answer.known,
        "accepted": tally.accepted,
        "received": tally.received,
        "refused": tally.refused,
        "returned": tally.returned,
        "repeated": tally.repeated,
        "others": tally.others,
        "exceptions": tally.exceptions,
    })
}
