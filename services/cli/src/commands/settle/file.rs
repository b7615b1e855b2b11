//! The file of a batch once more, for a bank that has lost it and for whoever checks it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chit_proto::checkout::v1::GetBankFileRequest;
use serde_json::json;

use crate::failure::Failure;
use crate::shop::Shop;

/// Names and accounts of payers are in it.
const FILE_MODE: u32 = 0o600;

pub async fn run(shop: &Shop, batch_id: String, path: &Path) -> Result<(), Failure> {
    let mut pieces = shop.bank().get_bank_file(GetBankFileRequest { batch_id }).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await? {
        bytes.extend(piece.chunk);
    }
    let unwritten =
        |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).map_err(unwritten)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(unwritten)?;
    let text = format!("{} bytes in {}; they name payers and accounts", bytes.len(), path.display());
    shop.output.result(text, &json!({ "bytes": bytes.len(), "file": path.to_string_lossy() }));
    Ok(())
}
