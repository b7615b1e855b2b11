//! Where the index lies: its file, the copy that a compaction makes beside it, and their names. Behind a trait, so that tests
//! can take the power amid a compaction.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use redb::Database;

use super::index;

pub trait IndexPlace: Send + Sync + 'static {
    fn len(&self) -> io::Result<u64>;
    /// Bytes that may still be written beside it; `None` = the file system does not say.
    fn free(&self) -> Option<u64>;
    /// Makes the copy and opens it.
    fn copy(&self) -> Result<Database, redb::Error>;
    fn copy_len(&self) -> io::Result<u64>;
    /// What is in the copy becomes durable.
    fn sync_copy(&self) -> io::Result<()>;
    /// From here on the index's name leads to the copy; after a power cut perhaps not, until the names are synced.
    fn put_copy_in_place(&self) -> io::Result<()>;
    fn sync_names(&self) -> io::Result<()>;
    /// Removes the copy, if there is one.
    fn drop_copy(&self) -> io::Result<()>;
    /// Gives a damaged index another name, which is returned.
    fn set_aside(&self) -> io::Result<String>;
}

/// A file in the ledger's folder.
pub struct IndexFile(pub PathBuf);

impl IndexFile {
    fn draft(&self) -> PathBuf {
        self.0.with_extension("redb.draft")
    }
}

impl IndexPlace for IndexFile {
    fn len(&self) -> io::Result<u64> {
        Ok(fs::metadata(&self.0)?.len())
    }

    fn free(&self) -> Option<u64> {
        let known = rustix::fs::statvfs(self.0.parent()?).ok()?;
        Some(known.f_bavail.saturating_mul(known.f_frsize))
    }

    fn copy(&self) -> Result<Database, redb::Error> {
        fs::copy(&self.0, self.draft())?;
        Ok(index::open_database(&self.draft())?)
    }

    fn copy_len(&self) -> io::Result<u64> {
        Ok(fs::metadata(self.draft())?.len())
    }

    fn sync_copy(&self) -> io::Result<()> {
        File::open(self.draft())?.sync_all()
    }

    fn put_copy_in_place(&self) -> io::Result<()> {
        fs::rename(self.draft(), &self.0)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.0.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    fn drop_copy(&self) -> io::Result<()> {
        match fs::remove_file(self.draft()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn set_aside(&self) -> io::Result<String> {
        let aside = self.0.with_extension("redb.damaged");
        fs::rename(&self.0, &aside)?;
        Ok(aside.display().to_string())
    }
}
