//! Names of backups, how many are kept, and the note of the last one that `chit doctor` reads.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chit_runtime::Shared;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::snapshot::{self, OWN_PREFIX};
use crate::failure::Failure;

pub const STAGING_PREFIX: &str = ".chit-backup-";
pub const UNPACKING_PREFIX: &str = ".chit-restore-";
const NOTE: &str = ".chit-last-backup.json";
/// More in one folder are not ours to sort.
const BACKUPS_MAX: usize = 10_000;

/// Of the last backup that was verified, by the machine's clock.
#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
pub struct Note {
    #[serde(with = "super::time_text")]
    pub taken_at: Timestamp,
    pub file: PathBuf,
}

pub fn note(shared: &Shared, note: &Note) -> anyhow::Result<()> {
    let place = || format!("cannot write {NOTE} into {}", shared.state_dir.display());
    let draft = tempfile::NamedTempFile::with_prefix_in(OWN_PREFIX, &shared.state_dir).with_context(place)?;
    fs::write(draft.path(), serde_json::to_vec(note)?).with_context(place)?;
    draft.persist(shared.state_dir.join(NOTE)).with_context(place)?;
    Ok(())
}

/// `None`: no backup was made, or nobody may know.
pub fn last(shared: &Shared) -> Option<Note> {
    serde_json::from_slice(&fs::read(shared.state_dir.join(NOTE)).ok()?).ok()
}

/// The file to write.
pub fn target(to: &Path, keeps: bool, now: Timestamp) -> Result<PathBuf, Failure> {
    let names_folder = to.as_os_str().as_encoded_bytes().ends_with(b"/");
    if to.is_dir() || names_folder || keeps {
        fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
        return Ok(to.join(now.strftime("chit-%Y%m%d-%H%M%S.age").to_string()));
    }
    if to.exists() {
        return Err(Failure::usage(format!("{} exists: choose another name", to.display())));
    }
    Ok(to.to_owned())
}

/// Removes all but the newest; returns what went.
pub fn prune(folder: &Path, keep: usize) -> anyhow::Result<Vec<PathBuf>> {
    let place = || format!("cannot remove old backups in {}", folder.display());
    let entries = fs::read_dir(folder).with_context(place)?.flatten().take(BACKUPS_MAX);
    let mut backups: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|file| is_backup(file)).collect();
    // The time stands in the name.
    backups.sort();
    backups.truncate(backups.len().saturating_sub(keep));
    for file in &backups {
        fs::remove_file(file).with_context(place)?;
    }
    Ok(backups)
}

fn is_backup(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stamp = name.strip_prefix("chit-").and_then(|rest| rest.strip_suffix(".age"));
    stamp.is_some_and(|stamp| {
        stamp.len() == 15 && stamp.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    })
}

pub fn lock(state: &Path) -> Result<File, Failure> {
    let folder = File::open(state).with_context(|| format!("cannot open {}: use sudo", state.display()))?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(fs::TryLockError::WouldBlock) => {
            Err(Failure::refused("BACKUP_RUNS", "another backup or restore of this shop is running"))
        }
        Err(fs::TryLockError::Error(error)) => Err(anyhow::Error::new(error).context("cannot lock").into()),
    }
}

/// A file of a service, if there is one: what the first start and the package leave at the top is none.
pub fn first_store(state: &Path) -> anyhow::Result<Option<PathBuf>> {
    let files = snapshot::list(state)?.into_iter().filter(|(_, found)| !found.is_folder);
    let store = files.map(|(path, _)| path).find(|path| path.components().count() > 1);
    Ok(store.map(|path| state.join(path)))
}

/// What an earlier run left that was killed.
pub fn sweep(state: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(state).with_context(|| state.display().to_string())?.flatten() {
        let name = entry.file_name();
        let ours = |prefix| name.to_string_lossy().starts_with(prefix);
        if ours(STAGING_PREFIX) || ours(UNPACKING_PREFIX) {
            match fs::remove_dir_all(entry.path()) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", entry.path().display()));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_backups_are_kept_and_nothing_else_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["chit-20261128-030000.age", "chit-20261129-030000.age", "chit-20261130-030000.age"];
        for name in names.iter().chain(&["chit-notes.age", "photo.jpg"]) {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        assert_eq!(prune(dir.path(), 2).unwrap(), [dir.path().join(names[0])]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
        assert!(prune(dir.path(), 2).unwrap().is_empty());
    }

    #[test]
    fn a_folder_gets_a_file_named_by_the_time_and_an_existing_file_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-30T19:00:01Z".parse().unwrap();
        assert_eq!(target(dir.path(), false, now).unwrap(), dir.path().join("chit-20261130-190001.age"));
        let file = dir.path().join("mine.age");
        assert_eq!(target(&file, false, now).unwrap(), file);
        fs::write(&file, "x").unwrap();
        assert_eq!(target(&file, false, now).unwrap_err().exit_code(), 64);
    }

    #[test]
    fn two_backups_at_a_time_are_one_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock(dir.path()).unwrap();
        assert_eq!(lock(dir.path()).unwrap_err().reason, "BACKUP_RUNS");
        drop(first);
        lock(dir.path()).unwrap();
    }
}
