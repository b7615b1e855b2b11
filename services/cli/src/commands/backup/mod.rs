//! `chit backup`: the whole shop as it was at one moment, in one file that only the recovery key opens. See
//! docs/adr/0041-a-backup-is-a-power-cut.md.

pub mod archive;
mod hold;
mod keeping;
mod settings;
mod snapshot;
mod time_text;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use age::x25519::{Identity, Recipient};
use anyhow::Context as _;
use chit_runtime::{Clock, Shared};
use jiff::Timestamp;
use serde_json::json;

use super::recovery;
use crate::failure::Failure;
use crate::output::Output;
use archive::{About, Writer};
use hold::Hold;
use snapshot::{Listing, Snapshot};

use keeping::Note;
pub use keeping::{UNPACKING_PREFIX, first_store, last as last_backup, lock, sweep};

/// A copy that somebody disturbed is taken again.
const TRIES_MAX: usize = 3;

#[derive(clap::Args, Debug)]
pub struct BackupArgs {
    /// File to write, which must not exist; or a folder, which gets chit-DATE-TIME.age.
    to: PathBuf,
    /// Keep so many of the folder's backups, and remove older ones after this one was verified.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

struct Done {
    file: PathBuf,
    about: About,
    files: usize,
    bytes: u64,
    stores: usize,
    held: Duration,
}

pub fn run(shared: &Shared, config: &Path, args: &BackupArgs, output: Output) -> Result<(), Failure> {
    let target = keeping::target(&args.to, args.keep.is_some(), Timestamp::now())?;
    let recipient = recipient(shared)?;
    let done = take(shared, config, &target, &recipient)?;
    let removed = match args.keep {
        Some(keep) => keeping::prune(&args.to, keep.into())?,
        None => Vec::new(),
    };
    keeping::note(shared, &Note { taken_at: Timestamp::now(), file: done.file.clone() })?;
    let held_ms = u64::try_from(done.held.as_millis()).unwrap_or(u64::MAX);
    let text = format!(
        "backed up and read back: {} files, {} MB, {} stores opened: {}\nof {:.0}; the shop stood still for {held_ms} ms\n\
         only the recovery key opens it, with `chit restore`; keep it on another disk than the shop's",
        done.files,
        done.bytes.div_ceil(1 << 20),
        done.stores,
        done.file.display(),
        done.about.taken_at
    );
    output.result(
        text,
        &json!({
            "file": done.file, "taken_at": done.about.taken_at.to_string(), "files": done.files, "bytes": done.bytes,
            "stores": done.stores, "held_ms": held_ms, "removed": removed,
        }),
    );
    Ok(())
}

/// Whoever opens the backup has the paper that `chit init` told to write.
fn recipient(shared: &Shared) -> Result<Recipient, Failure> {
    let missing = |what: String| {
        Failure::refused(
            "RECOVERY_KEY_MISSING",
            format!("{what}: run `chit init`, which shows the recovery key once, and write it down"),
        )
    };
    if !recovery::is_made(&shared.keys_dir) {
        return Err(missing(format!("{} has no recovery key", shared.keys_dir.display())));
    }
    // As the keys are now: a key that was replaced by hand is in it, too.
    recovery::wrap(&shared.keys_dir)?;
    Ok(recovery::recipient(&shared.keys_dir)?)
}

fn take(shared: &Shared, config: &Path, target: &Path, recovery: &Recipient) -> Result<Done, Failure> {
    let state = &shared.state_dir;
    let _one_at_a_time = keeping::lock(state)?;
    keeping::sweep(state)?;
    let staging = tempfile::Builder::new().prefix(keeping::STAGING_PREFIX).tempdir_in(state);
    let staging = staging.with_context(|| format!("cannot write into {}: use sudo", state.display()))?;
    let (listing, held, taken_at) = copy(shared, config, staging.path())?;
    let stores = snapshot::check_stores(staging.path(), &listing)?;
    let about = About {
        format: archive::FORMAT.to_owned(),
        chit_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at,
        sandbox: shared.sandbox,
    };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = || format!("cannot write into {}", folder.display());
    let draft = tempfile::NamedTempFile::new_in(folder).with_context(place)?;
    // Forgotten when this ends: it lets us read back what is sealed to a key that we do not have.
    let reader = Identity::generate();
    let out = archive::buffered(draft.as_file().try_clone().with_context(place)?);
    let mut writer = Writer::new(out, &[recovery, &reader.to_public()], &about)?;
    settings::add(&mut writer, shared, config)?;
    add_state(&mut writer, staging.path(), &listing)?;
    let bytes = writer.bytes;
    let (out, files) = writer.finish()?;
    out.into_inner()
        .map_err(|error| anyhow::anyhow!("{}: {error}", place()))?
        .sync_all()
        .with_context(place)?;
    let (read, read_files) = archive::read(draft.path(), &reader, |_, _| Ok(())).context("reading back")?;
    if (&read, read_files) != (&about, files) {
        return Err(Failure::other("BACKUP_DIFFERS", "what was written is not what was read back"));
    }
    draft.persist_noclobber(target).with_context(|| format!("cannot write {}", target.display()))?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(place)?;
    Ok(Done { file: target.to_owned(), about, files, bytes, stores, held })
}

/// Of one moment, and its business time.
fn copy(shared: &Shared, config: &Path, to: &Path) -> Result<(Listing, Duration, Timestamp), Failure> {
    let mut disturbed = None;
    for _ in 0..TRIES_MAX {
        let snapshot = Snapshot::begin(&shared.state_dir, to)?;
        let hold = Hold::of(&shared.state_dir, config)?;
        let taken_at = Clock::of(shared).now();
        let listing = snapshot.finish()?;
        match hold.release(&shared.state_dir) {
            Ok(held) => return Ok((listing, held, taken_at)),
            Err(error) => disturbed = Some(error),
        }
    }
    let why = disturbed.map_or_else(String::new, |error| format!("{error:#}"));
    Err(Failure::other("BACKUP_DISTURBED", format!("{why}; try again when the shop is quiet")))
}

fn add_state<W: std::io::Write>(
    writer: &mut Writer<W>,
    copy: &Path,
    listing: &Listing,
) -> anyhow::Result<()> {
    for (path, found) in listing {
        let name = format!("state/{}", path.to_str().context("a file's name is not UTF-8")?);
        if found.is_folder {
            writer.folder(&name, found.mode)?;
        } else {
            writer.file(&name, found.mode, &copy.join(path))?;
        }
    }
    Ok(())
}
