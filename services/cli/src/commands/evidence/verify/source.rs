//! Where a bundle lies: in a folder, or in the zip file of an export.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::failure::Failure;

const PIECE_LEN: usize = 64 << 10;

pub enum Source {
    Folder(PathBuf),
    Zip(Box<ZipArchive<BufReader<File>>>),
}

impl Source {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let unreadable = |error: String| {
            let text =
                format!("cannot read {}: {error}; give the folder of a bundle, or an export", path.display());
            Failure::other("EVIDENCE_UNREADABLE", text)
        };
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(error.to_string()))?;
        Ok(Self::Zip(Box::new(archive)))
    }

    pub fn names(&self) -> io::Result<BTreeSet<String>> {
        match self {
            Self::Folder(folder) => {
                let names = folder.read_dir()?;
                names
                    .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
                    .collect()
            }
            Self::Zip(archive) => {
                let names = archive.file_names_raw();
                Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
            }
        }
    }

    /// A file that is small by its nature; `None` = it is not there.
    pub fn small(&mut self, name: &str, len_max: usize) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let read = self.with(name, |reader| reader.take(len_max as u64 + 1).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(len) if len > len_max => Err(io::Error::other("larger than it can be")),
            Ok(_) => Ok(Some(bytes)),
        }
    }

    /// No more than one byte beyond the expected size is read: an archive may unpack without an end.
    pub fn size_and_hash(&mut self, name: &str, size_expected: u64) -> io::Result<(u64, [u8; 32])> {
        self.with(name, |reader| {
            let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE_LEN]);
            let mut reader = reader.take(size_expected.saturating_add(1));
            loop {
                let len = reader.read(&mut piece)?;
                if len == 0 {
                    return Ok((size, hash.finalize().into()));
                }
                hash.update(&piece[..len]);
                size += len as u64;
            }
        })
    }

    fn with<T>(&mut self, name: &str, read: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                // A link would let the bundle answer for bytes that are not in it.
                if !path.symlink_metadata()?.is_file() {
                    return Err(io::Error::other("not a regular file"));
                }
                read(&mut File::open(path)?)
            }
            Self::Zip(archive) => match stored_or_unpacked(archive, name) {
                Err(ZipError::FileNotFound) => Err(io::ErrorKind::NotFound.into()),
                Err(error) => Err(io::Error::other(error)),
                Ok(mut file) if file.is_file() => read(&mut file),
                Ok(_) => Err(io::Error::other("not a regular file")),
            },
        }
    }
}

/// What lies there as it is needs no check by the zip's own sum: the manifest's hash says more, and names what changed.
fn stored_or_unpacked<'a>(
    archive: &'a mut ZipArchive<BufReader<File>>,
    name: &str,
) -> Result<ZipFile<'a, BufReader<File>>, ZipError> {
    let index = archive.index_for_name(name).ok_or(ZipError::FileNotFound)?;
    let is_stored = archive.by_index_raw(index)?.compression() == CompressionMethod::Stored;
    if is_stored { archive.by_index_raw(index) } else { archive.by_index(index) }
}
