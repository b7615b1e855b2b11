//! A store's file is there whole or not at all: what is made begins under another name. A service that is killed in its
//! very first start would otherwise leave a file that no later start can open.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::{Builder, Database, DatabaseError, StorageError};

/// A file beside its place.
pub struct Draft {
    at: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// What an earlier attempt left is thrown away.
    pub fn begin(place: &Path) -> io::Result<Self> {
        let at = place.with_extension("new");
        match fs::remove_file(&at) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { at, place: place.to_owned() }),
        }
    }

    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Puts the file, which is whole and closed, into its place.
    pub fn finish(self) -> io::Result<()> {
        File::open(&self.at)?.sync_all()?;
        fs::rename(&self.at, &self.place)?;
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// Opens the store, and makes an empty one where there is none.
pub fn open_store(builder: &Builder, path: &Path) -> Result<Database, DatabaseError> {
    if !path.exists() {
        let draft = Draft::begin(path).map_err(StorageError::Io)?;
        drop(builder.create(draft.path())?);
        draft.finish().map_err(StorageError::Io)?;
    }
    builder.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::{ReadableDatabase as _, TableDefinition};

    const TABLE: TableDefinition<'_, &str, u64> = TableDefinition::new("table");

    #[test]
    fn what_a_death_in_the_first_start_left_is_thrown_away_and_a_store_keeps_what_it_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.redb");
        fs::write(dir.path().join("store.new"), [0; 4096]).unwrap();
        let store = open_store(&Builder::new(), &path).unwrap();
        let tx = store.begin_write().unwrap();
        tx.open_table(TABLE).unwrap().insert("sum", 7).unwrap();
        tx.commit().unwrap();
        drop(store);
        let again = open_store(&Builder::new(), &path).unwrap();
        let known = again.begin_read().unwrap().open_table(TABLE).unwrap();
        assert_eq!(redb::ReadableTable::get(&known, "sum").unwrap().map(|sum| sum.value()), Some(7));
        assert!(!dir.path().join("store.new").exists());
    }

    #[test]
    fn nothing_stands_in_the_place_before_the_file_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("store.redb");
        let draft = Draft::begin(&place).unwrap();
        fs::write(draft.path(), b"half").unwrap();
        assert!(!place.exists());
        draft.finish().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"half");
    }
}
