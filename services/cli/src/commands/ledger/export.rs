//! Writes the journal of the running ledger.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chit_proto::ledger::v1::WatchJournalRequest;
use tempfile::NamedTempFile;

use super::{Verified, checkpoint, client, format, verify};
use crate::failure::Failure;
use crate::shop::Shop;

pub async fn to_file(shop: &Shop, file: &Path) -> Result<(PathBuf, Verified), Failure> {
    if file.exists() {
        return Err(Failure::usage(format!("{} exists: choose another name", file.display())));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (draft, verified) = write(shop, folder).await?;
    keep(draft, folder, file)?;
    Ok((file.to_owned(), verified))
}

/// Named after the number of records and the root, so that backups sort by age and two of the same state are one.
pub async fn to_folder(shop: &Shop, folder: &Path) -> Result<(PathBuf, Verified), Failure> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (draft, verified) = write(shop, folder).await?;
    let name =
        format!("ledger-{:012}-{}.jsonl", verified.records, verified.root.get(..16).unwrap_or_default());
    let file = folder.join(name);
    if !file.exists() {
        keep(draft, folder, &file)?;
    }
    Ok((file, verified))
}

/// Whole or not at all, readable by the owner only; verified as written on the disk.
async fn write(shop: &Shop, folder: &Path) -> Result<(NamedTempFile, Verified), Failure> {
    let answer = checkpoint(shop).await?;
    let signed = answer.checkpoint.unwrap_or_default();
    let origin = signed.signed_note.lines().next().unwrap_or_default();
    let place = || format!("cannot write into {}", folder.display());
    let mut draft = NamedTempFile::new_in(folder).with_context(place)?;
    let mut out = BufWriter::new(draft.as_file_mut());
    writeln!(out, "{}", format::header(origin, signed.tree_size)).with_context(place)?;
    let request = WatchJournalRequest { after_seq: 0 };
    let mut journal = client(shop).watch_journal(request).await?.into_inner();
    for seq in 1..=signed.tree_size {
        let entry = journal.message().await?.and_then(|message| message.entry);
        let record = entry.and_then(|entry| format::record(seq, &entry.record));
        let record = record.ok_or_else(|| {
            Failure::other("EXPORT_FAILED", format!("the ledger sent no record {seq}: see the ledger's log"))
        })?;
        writeln!(out, "{record}").with_context(place)?;
    }
    writeln!(out, "{}", format::checkpoint(&signed.signed_note)).with_context(place)?;
    out.flush().with_context(place)?;
    drop(out);
    draft.as_file().sync_all().with_context(place)?;
    let written = BufReader::new(File::open(draft.path()).with_context(place)?);
    let verified = verify::read(written, &answer.verifier_key, |_, _| Ok(()))?;
    Ok((draft, verified))
}

fn keep(draft: NamedTempFile, folder: &Path, file: &Path) -> Result<(), Failure> {
    let place = || format!("cannot write {}", file.display());
    draft.persist_noclobber(file).with_context(place)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(place)?;
    Ok(())
}
