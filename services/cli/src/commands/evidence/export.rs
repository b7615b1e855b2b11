//! One zip file that leaves the shop.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chit_proto::media_capture::v1::ExportEvidenceRequest;
use serde_json::json;

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
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&wanted.to).map_err(|error| {
            match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    Failure::refused("FILE_EXISTS", format!("{} exists; name another", wanted.to.display()))
                }
                _ => io_failure(&error, &wanted.to),
            }
        })?;
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
    let mut written = 0;
    while let Some(piece) = pieces.message().await? {
        file.write_all(&piece.data).map_err(|error| io_failure(&error, &wanted.to))?;
        written += piece.data.len() as u64;
    }
    file.sync_all().map_err(|error| io_failure(&error, &wanted.to))?;
    Ok(written)
}

fn io_failure(error: &io::Error, path: &Path) -> Failure {
    Failure::other("FILE_NOT_WRITTEN", format!("{}: {error}", path.display()))
}
