//! The file of a batch once more, for a bank that has lost it and for whoever checks it.

use std::path::Path;

use chit_proto::checkout::v1::GetBankFileRequest;
use serde_json::json;

use crate::commands::new_files;
use crate::failure::Failure;
use crate::shop::Shop;

pub async fn run(shop: &Shop, batch_id: String, path: &Path) -> Result<(), Failure> {
    let mut pieces = shop.bank().get_bank_file(GetBankFileRequest { batch_id }).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await? {
        bytes.extend(piece.chunk);
    }
    new_files::write(path, &bytes)?;
    let text = format!("{} bytes in {}; they name payers and accounts", bytes.len(), path.display());
    shop.output.result(text, &json!({ "bytes": bytes.len(), "file": path.to_string_lossy() }));
    Ok(())
}
