//! What a run leaves behind for people: papers, pictures, logs. A code card is not copied: it exists on paper only.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chit_proto::checkout::v1::Sale;

use crate::once::Receipt;

/// How the printer marks the one original.
const ORIGINAL: &str = "ORIGINAL";
const COPY: &str = "COPY";

/// Copies all papers but the code card to `to`/papers.
pub fn copy_papers(papers: &Path, card: Option<&Path>, to: &Path) -> anyhow::Result<()> {
    let to = to.join("papers");
    let card = card.and_then(Path::file_stem);
    copy_where(papers, &to, |file| file.file_stem() != card)
}

pub fn copy_logs(logs: &Path, to: &Path) -> anyhow::Result<()> {
    copy_where(logs, &to.join("logs"), |_| true)
}

fn copy_where(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let file = entry?.path();
        if let (true, Some(name)) = (wanted(&file), file.file_name()) {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}

/// The papers of one sale's receipt, by what is written on them: original first.
pub fn receipts(papers: &Path, receipt_no: &str) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    ensure!(!receipt_no.is_empty(), "a sale without a receipt number has no receipt");
    let (mut originals, mut copies) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(papers)? {
        let file = entry?.path();
        if file.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        match text {
            text if !text.contains(receipt_no) => {}
            text if text.contains(ORIGINAL) => originals.push(file),
            text if text.contains(COPY) => copies.push(file),
            _ => {}
        }
    }
    Ok((originals, copies))
}

/// Copies the original to `to`/receipt.* and counts papers; the count must be what checkout says.
pub fn receipt(papers: &Path, sale: &Sale, to: &Path) -> anyhow::Result<Receipt> {
    let (originals, copies) = receipts(papers, &sale.receipt_no)?;
    let told = sale.receipt.clone().context("the sale has no receipt")?;
    let counted = (u32::try_from(originals.len())?, u32::try_from(copies.len())?);
    ensure!(counted == (told.originals, told.copies), "papers {counted:?}, checkout says {told:?}");
    let paper = originals.first().context("there is no ORIGINAL on paper")?;
    let copy = |extension: &str| {
        let file = to.join("receipt").with_extension(extension);
        fs::copy(paper.with_extension(extension), &file).map(|_| file)
    };
    copy("txt")?;
    Ok(Receipt { escpos: copy("escpos")?, png: copy("png")?, original: counted.0, copies: counted.1 })
}
