//! A copy of the state folder: all of it while the services run, then once more what changed meanwhile, while they are held.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail, ensure};

/// Ten years of a busy shop's evidence; more is not a state folder.
const FILES_MAX: usize = 4_000_000;
const DEPTH_MAX: usize = 8;
const PIECE: usize = 64 << 10;
/// A file's time is the kernel's tick: one that was written just now may be written again at the same time.
const SETTLED: Duration = Duration::from_secs(2);
/// Backup programs leave folders with this file out (bford.info/cachedir); the keys of films lie in one.
const CACHE_TAG: &str = "CACHEDIR.TAG";
/// Names at the top that are the command's own: staging folders and notes.
pub const OWN_PREFIX: &str = ".chit-";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub is_folder: bool,
    pub mode: u32,
    pub len: u64,
    inode: u64,
    modified_ns: i128,
}

impl Found {
    fn of(meta: &Metadata) -> Self {
        Self {
            is_folder: meta.is_dir(),
            mode: meta.mode() & 0o7777,
            len: meta.len(),
            inode: meta.ino(),
            modified_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
        }
    }

    /// Sealed evidence: nobody writes it any more, and whoever removes it removes a name.
    fn is_final(&self) -> bool {
        !self.is_folder && self.mode & 0o222 == 0
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i128::try_from(now.as_nanos()).unwrap_or_default() - self.modified_ns > SETTLED.as_nanos() as i128
    }
}

/// What is there, by its path below the folder.
pub type Listing = BTreeMap<PathBuf, Found>;

pub fn list(folder: &Path) -> anyhow::Result<Listing> {
    let mut all = Listing::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let entries = match fs::read_dir(folder.join(&below)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.with_context(|| folder.join(&below).display().to_string())?,
        };
        for entry in entries {
            let entry = entry?;
            let path = below.join(entry.file_name());
            let own =
                below.as_os_str().is_empty() && entry.file_name().to_string_lossy().starts_with(OWN_PREFIX);
            let Ok(meta) = entry.metadata() else { continue };
            if own || !(meta.is_dir() || meta.is_file()) || entry.path().join(CACHE_TAG).exists() {
                continue;
            }
            if meta.is_dir() {
                ensure!(path.components().count() < DEPTH_MAX, "{} lies too deep", entry.path().display());
                open.push(path.clone());
            }
            all.insert(path, Found::of(&meta));
            ensure!(all.len() <= FILES_MAX, "{} has more than {FILES_MAX} files", folder.display());
        }
    }
    Ok(all)
}

pub struct Snapshot {
    from: PathBuf,
    to: PathBuf,
    copied: Listing,
}

impl Snapshot {
    /// Copies everything, of no moment yet. What is final gets a second name instead of a second copy.
    pub fn begin(from: &Path, to: &Path) -> anyhow::Result<Self> {
        let began = SystemTime::now();
        let mut snapshot = Self { from: from.to_owned(), to: to.to_owned(), copied: Listing::new() };
        for (path, found) in list(from)? {
            if snapshot.copy(&path, &found)? && (found.is_folder || found.is_settled(began)) {
                snapshot.copied.insert(path, found);
            }
        }
        Ok(snapshot)
    }

    /// Copies what is not yet as it is now. Nobody may write meanwhile.
    pub fn finish(mut self) -> anyhow::Result<Listing> {
        let now = list(&self.from)?;
        for (path, found) in &now {
            let before = self.copied.remove(path);
            if before.as_ref() == Some(found) {
                continue;
            }
            let to = self.to.join(path);
            // A second name of the store's own file is never written to.
            let own_copy = fs::metadata(&to).is_ok_and(|copy| copy.nlink() == 1);
            let copied = if found.is_folder {
                make_folder(&to)
            } else if own_copy && !found.is_final() {
                patch(&self.from.join(path), &to)
            } else {
                remove(&to).and_then(|()| self.link_or_copy(path, found))
            };
            copied.with_context(|| format!("cannot copy {}", path.display()))?;
        }
        for path in list(&self.to)?.into_keys().filter(|path| !now.contains_key(path)) {
            remove(&self.to.join(&path)).with_context(|| format!("cannot leave {} out", path.display()))?;
        }
        Ok(now)
    }

    /// False: it is gone already.
    fn copy(&self, path: &Path, found: &Found) -> anyhow::Result<bool> {
        let copied =
            if found.is_folder { make_folder(&self.to.join(path)) } else { self.link_or_copy(path, found) };
        match copied {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot copy {}", path.display())),
        }
    }

    fn link_or_copy(&self, path: &Path, found: &Found) -> io::Result<()> {
        let (from, to) = (self.from.join(path), self.to.join(path));
        if found.is_final() && fs::hard_link(&from, &to).is_ok() {
            return Ok(());
        }
        fs::copy(from, to).map(drop)
    }
}

/// Only the pieces that differ are written: reading what is in memory is quick.
fn patch(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let to = File::options().read(true).write(true).create(true).truncate(false).open(to)?;
    let (mut new, mut old) = (vec![0; PIECE], vec![0; PIECE]);
    let mut at = 0;
    loop {
        let len = read_piece(&mut from, &mut new)?;
        if len == 0 {
            return to.set_len(at);
        }
        let same = to.read_exact_at(&mut old[..len], at).is_ok() && old[..len] == new[..len];
        if !same {
            to.write_all_at(&new[..len], at)?;
        }
        at += len as u64;
    }
}

fn read_piece(from: &mut File, piece: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < piece.len() {
        match from.read(&mut piece[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Every store opens and its sums are right. The copy is repaired as the service would repair its own after a SIGKILL.
pub fn check_stores(folder: &Path, listing: &Listing) -> anyhow::Result<usize> {
    let mut stores = 0;
    for path in listing.keys().filter(|path| path.extension().is_some_and(|end| end == "redb")) {
        let place = || format!("the copy of {} does not open", path.display());
        let mut store = redb::Builder::new().open(folder.join(path)).with_context(place)?;
        if !store.check_integrity().with_context(place)? {
            bail!(
                "{}: its sums are wrong; the store itself may be damaged, see the service's log",
                path.display()
            );
        }
        stores += 1;
    }
    Ok(stores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn write(dir: &Path, name: &str, text: &str) {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn texts(dir: &Path) -> Vec<(String, String)> {
        let files = list(dir).unwrap().into_iter().filter(|(_, found)| !found.is_folder);
        files
            .map(|(path, _)| (path.display().to_string(), fs::read_to_string(dir.join(&path)).unwrap()))
            .collect()
    }

    #[test]
    fn the_copy_is_what_is_there_at_its_end_whatever_changed_since_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("state"), dir.path().join("copy"));
        fs::create_dir_all(&to).unwrap();
        for name in ["ledger/journal", "checkout/store", "media/film/one", "media/gone", "media/sealed"] {
            write(&from, name, "before");
        }
        write(&from, "media/film-keys/CACHEDIR.TAG", "x");
        write(&from, "media/film-keys/one.age", "a film's key");
        write(&from, ".chit-backup-1/rest", "of another run");
        let sealed = from.join("media/sealed");
        fs::set_permissions(&sealed, fs::Permissions::from_mode(0o400)).unwrap();
        let snapshot = Snapshot::begin(&from, &to).unwrap();
        assert_eq!(fs::metadata(&sealed).unwrap().nlink(), 2, "what is final is not copied");
        write(&from, "ledger/journal", "before and after");
        write(&from, "checkout/store", "cut");
        write(&from, "media/new/two", "new");
        fs::remove_file(from.join("media/gone")).unwrap();
        // Erased and made anew under the same name: the copy's own must not be written through.
        fs::remove_file(&sealed).unwrap();
        write(&from, "media/sealed", "another");
        snapshot.finish().unwrap();
        assert_eq!(texts(&to), texts(&from));
        assert!(texts(&to).iter().all(|(name, _)| !name.contains("film-keys") && !name.contains("rest")));
    }

    #[test]
    fn a_damaged_store_is_no_backup() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.redb");
        drop(redb::Database::create(&file).unwrap());
        assert_eq!(check_stores(dir.path(), &list(dir.path()).unwrap()).unwrap(), 1);
        let mut bytes = fs::read(&file).unwrap();
        bytes[..200].fill(0);
        fs::write(&file, bytes).unwrap();
        let refused = check_stores(dir.path(), &list(dir.path()).unwrap()).unwrap_err();
        assert!(format!("{refused:#}").contains("a.redb"), "{refused:#}");
    }
}
