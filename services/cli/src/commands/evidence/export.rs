//! One zip file that leaves the shop.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chit_evidence::{MANIFEST_FILE, MANIFEST_LEN_MAX};
use chit_proto::media_capture::v1::ExportEvidenceRequest;
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::prove::{prove, prove_verdict};
use super::verify::{PROOF_FILE, VERDICT_FILE};
use crate::failure::Failure;
use crate::shop::Shop;

pub struct Wanted {
    pub sale_id: String,
    pub to: PathBuf,
    pub actor: String,
    pub reason: String,
    pub unredacted: bool,
    pub yes: bool,
}

pub async fn run(shop: &Shop, wanted: Wanted) -> Result<(), Failure> {
    if wanted.unredacted && !wanted.yes && !confirmed()? {
        return Err(Failure::refused("NOT_CONFIRMED", "nothing was exported"));
    }
    let written = match write(shop, &wanted).await {
        Ok(written) => written,
        Err(failure) => {
            // A torn archive must not look like one; without it the command can be repeated.
            if failure.reason != "FILE_EXISTS" {
                let _ = std::fs::remove_file(&wanted.to);
            }
            return Err(failure);
        }
    };
    let mut text = format!("{} ({written} bytes)\n", wanted.to.display());
    if wanted.unredacted {
        text.push_str("these are the originals: the payer's code gets a new serial at the next visit\n");
    }
    let value = json!({ "file": wanted.to, "size_bytes": written, "redacted": !wanted.unredacted });
    shop.output.result(text, &value);
    Ok(())
}

fn confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("--unredacted needs --yes where nobody can be asked"));
    }
    eprint!(
        "The payer's code can be read in the originals, by anybody who has the file. Their code gets a new serial at the \
         next visit. Export them? [y/N] "
    );
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| io_failure(&error, Path::new("stdin")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

async fn write(shop: &Shop, wanted: &Wanted) -> Result<u64, Failure> {
    let mut file =
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&wanted.to).map_err(
            |error| match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    Failure::refused("FILE_EXISTS", format!("{} exists; name another", wanted.to.display()))
                }
                _ => io_failure(&error, &wanted.to),
            },
        )?;
    if !wanted.unredacted {
        shop.output
            .progress("covering the payer's code frame by frame; this takes about as long as the clip");
    }
    let request = ExportEvidenceRequest {
        sale_id: wanted.sale_id.clone(),
        unredacted: wanted.unredacted,
        actor: wanted.actor.clone(),
        reason: wanted.reason.clone(),
    };
    let mut pieces = shop.evidence().export_evidence(request).await?.into_inner();
    while let Some(piece) = pieces.message().await? {
        file.write_all(&piece.data).map_err(|error| io_failure(&error, &wanted.to))?;
    }
    let proof = prove(shop, &manifest(&mut file).map_err(|error| io_failure(&error, &wanted.to))?).await?;
    let text = serde_json::to_vec_pretty(&proof).map_err(|error| io_failure(&error.into(), &wanted.to))?;
    append(&mut file, PROOF_FILE, &text).map_err(|error| io_failure(&error, &wanted.to))?;
    if let Some(verdict) = prove_verdict(shop, &wanted.sale_id).await? {
        let text =
            serde_json::to_vec_pretty(&verdict).map_err(|error| io_failure(&error.into(), &wanted.to))?;
        append(&mut file, VERDICT_FILE, &text).map_err(|error| io_failure(&error, &wanted.to))?;
    }
    file.sync_all().map_err(|error| io_failure(&error, &wanted.to))?;
    Ok(file.metadata().map_err(|error| io_failure(&error, &wanted.to))?.len())
}

fn manifest(file: &mut File) -> io::Result<Vec<u8>> {
    let mut archive = ZipArchive::new(file).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let entry = archive.by_name(MANIFEST_FILE).map_err(io::Error::other)?;
    entry.take(MANIFEST_LEN_MAX as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the ledger witnesses goes along: without it nothing shows when the bundle was sealed, nor that an issuer judged.
fn append(file: &mut File, name: &str, proof: &[u8]) -> io::Result<()> {
    let mut archive = ZipWriter::new_append(file).map_err(io::Error::other)?;
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file(name, stored).map_err(io::Error::other)?;
    archive.write_all(proof)?;
    archive.finish().map_err(io::Error::other)?;
    Ok(())
}

fn io_failure(error: &io::Error, path: &Path) -> Failure {
    Failure::other("FILE_NOT_WRITTEN", format!("{}: {error}", path.display()))
}
