//! The reconciliation as the shop's accountant reads it.

use std::path::Path;

use chit_proto::checkout::v1::{ExportReconciliationRequest, ReconciliationFormat};
use serde_json::json;

use crate::commands::new_files;
use crate::failure::Failure;
use crate::shop::Shop;

pub async fn run(shop: &Shop, path: &Path, language: String) -> Result<(), Failure> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let format = match ending.as_deref() {
        Some("csv") => ReconciliationFormat::Csv,
        Some("pdf") => ReconciliationFormat::Pdf,
        _ => return Err(Failure::usage("name a file that ends in .csv or .pdf")),
    };
    let request = ExportReconciliationRequest { page_size: 0, format: format as i32, language };
    let mut pieces = shop.bank().export_reconciliation(request).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await? {
        bytes.extend(piece.chunk);
    }
    new_files::write(path, &bytes)?;
    let text = format!("{} bytes in {}", bytes.len(), path.display());
    shop.output.result(text, &json!({ "bytes": bytes.len(), "file": path.to_string_lossy() }));
    Ok(())
}
