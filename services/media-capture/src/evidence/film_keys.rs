//! The film keys, one small file each, in a folder that backups leave out: erasing a file there erases that film in
//! every copy. A table of a database would not do, because its old pages stay on the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::keys::{FilmKey, Keepers};
use super::sync_folder;
use crate::domain::ids::SaleId;

/// Tells backup programs (tar, borg, restic) to leave the folder out: bford.info/cachedir.
const TAG_FILE: &str = "CACHEDIR.TAG";
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # The keys of Chit's films. A backup of this folder would keep films that were erased.\n";

pub struct FilmKeys {
    folder: PathBuf,
}

impl FilmKeys {
    pub fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let tag = folder.join(TAG_FILE);
        if !tag.exists() {
            fs::write(tag, TAG)?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// Durable before it is used: film without a key is lost.
    pub fn create(&self, sale: &SaleId, keepers: &Keepers) -> io::Result<FilmKey> {
        let key = FilmKey::generate();
        let sealed = keepers.seal(key.to_secret().as_bytes())?;
        let draft = self.folder.join(format!("{sale}.draft"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&sealed)?;
        file.sync_all()?;
        fs::rename(&draft, self.path(sale))?;
        sync_folder(&self.folder)?;
        Ok(key)
    }

    /// `None`: it was erased, or the bundle is older than film keys.
    pub fn load(&self, sale: &SaleId, keepers: &Keepers) -> io::Result<Option<FilmKey>> {
        match fs::read(self.path(sale)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            sealed => FilmKey::from_secret(&keepers.open(&sealed?)?).map(Some),
        }
    }

    /// As it is stored: for an arbiter, who opens it with a key of their own.
    pub fn wrapped(&self, sale: &SaleId) -> io::Result<Vec<u8>> {
        fs::read(self.path(sale))
    }

    /// Overwritten before it goes. What a flash disk keeps of it inside is sealed to shop and arbiter still.
    pub fn erase(&self, sale: &SaleId) -> io::Result<()> {
        let path = self.path(sale);
        let mut file = match File::options().write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let len = file.metadata()?.len();
        file.write_all(&vec![0; len as usize])?;
        file.sync_all()?;
        fs::remove_file(&path)?;
        sync_folder(&self.folder)
    }

    fn path(&self, sale: &SaleId) -> PathBuf {
        self.folder.join(format!("{sale}.age"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_key_is_gone_and_erasing_it_again_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FilmKeys::open(&dir.path().join("film-keys")).unwrap();
        let keepers = Keepers::new(&[7; 32], "").unwrap();
        let sale = SaleId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2F").unwrap();
        let made = keys.create(&sale, &keepers).unwrap();
        assert_eq!(keys.load(&sale, &keepers).unwrap().unwrap().to_secret(), made.to_secret());
        for _ in 0..2 {
            keys.erase(&sale).unwrap();
            assert!(keys.load(&sale, &keepers).unwrap().is_none());
        }
        let left: Vec<_> = fs::read_dir(dir.path().join("film-keys")).unwrap().collect();
        assert_eq!(left.len(), 1, "the tag that keeps backups away");
    }
}
