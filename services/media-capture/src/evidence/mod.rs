//! The folder of one sale's evidence. Nothing lies in it in clear at any time: photos and goods are sealed as they
//! come, the clip fragment by fragment, and the manifest says what is in there.

pub mod film_keys;
pub mod keys;
pub mod manifest;
mod sealing;
pub mod spool;

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chit_proto::media_capture::v1::{FileEntry, Manifest};
use prost::Message;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::domain::ids::SaleId;
use crate::domain::recording::Segment;
use keys::{FilmKey, Keepers};
use manifest::{MANIFEST_FILE, SIGNATURE_FILE, Signed};

pub const GOODS_FILE: &str = "goods.bin";
/// A manifest, a photo, the goods: what is read whole.
const SMALL_BYTES_MAX: u64 = 16 * 1024 * 1024;

const PIECE_BYTES: usize = 64 * 1024;

/// The plain bytes of a file of a bundle.
pub trait Plain: Read + Seek + Send {}
impl<T: Read + Seek + Send> Plain for T {}

pub struct Bundle {
    folder: PathBuf,
}

impl Bundle {
    pub fn of(evidence: &Path, sale: &SaleId) -> Self {
        Self { folder: evidence.join(sale.as_str()) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn create(&self) -> io::Result<()> {
        let parent = self.folder.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        sync_folder(parent)
    }

    /// Whole or not there: a torn photo would be sealed as if it were one.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let draft = self.folder.join(format!("{name}.draft"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, self.folder.join(name))?;
        sync_folder(&self.folder)
    }

    /// A video file that was begun but never recorded as begun holds nothing that is known of.
    pub fn remove_unknown_video(&self, number: u32) -> io::Result<()> {
        match fs::remove_file(self.spool(number)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Where a clip grows.
    pub fn spool(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.spool", Segment::file_name(number)))
    }

    pub fn write_manifest(&self, signed: &Signed) -> io::Result<()> {
        self.write(MANIFEST_FILE, &signed.bytes)?;
        self.write(SIGNATURE_FILE, &signed.signature)
    }

    /// Its bytes, if they are those that were sealed.
    pub fn manifest_as_sealed(&self, sha256: [u8; 32]) -> io::Result<Vec<u8>> {
        let bytes = self.read(MANIFEST_FILE)?;
        if Sha256::digest(&bytes)[..] == sha256 {
            return Ok(bytes);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, Tampered(MANIFEST_FILE.to_owned())))
    }

    pub fn manifest(&self) -> io::Result<Manifest> {
        Manifest::decode(&self.read(MANIFEST_FILE)?[..]).map_err(io::Error::other)
    }

    /// Nothing in it changes any more, not even by mistake. What the manifest does not list is the rest of
    /// something a crash interrupted, and goes.
    pub fn lock(&self) -> io::Result<()> {
        let manifest = self.manifest()?;
        for file in fs::read_dir(&self.folder)? {
            let (path, name) = file.map(|file| (file.path(), file.file_name()))?;
            let listed = manifest.files.iter().any(|entry| name == *stored_name(entry));
            if listed || name == MANIFEST_FILE || name == SIGNATURE_FILE {
                fs::set_permissions(path, Permissions::from_mode(0o400))?;
            } else {
                fs::remove_file(path)?;
            }
        }
        fs::set_permissions(&self.folder, Permissions::from_mode(0o500))
    }

    /// The film's files go; their key went before, so this only gives the room back, so many bytes.
    pub fn remove_film(&self) -> io::Result<u64> {
        let manifest = self.manifest()?;
        let mut freed = 0;
        fs::set_permissions(&self.folder, Permissions::from_mode(0o700))?;
        for entry in manifest.files.iter().filter(|entry| is_film(entry)) {
            match fs::remove_file(self.folder.join(stored_name(entry))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => {
                    removed?;
                    freed += stored_size(entry);
                }
            }
        }
        sync_folder(&self.folder)?;
        fs::set_permissions(&self.folder, Permissions::from_mode(0o500))?;
        Ok(freed)
    }

    /// Everything goes; returns how many bytes that gave back.
    pub fn remove(&self) -> io::Result<u64> {
        if !self.folder.exists() {
            return Ok(0);
        }
        let files = fs::read_dir(&self.folder)?.flatten();
        let freed = files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum();
        fs::set_permissions(&self.folder, Permissions::from_mode(0o700))?;
        fs::remove_dir_all(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync_folder)?;
        Ok(freed)
    }

    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        read_bounded(&self.folder.join(name))
    }

    /// A listed file's plain bytes, decrypted on the way and hashed to their end before the first is handed out: who has the
    /// shop's key can seal anything, and what is shown must be what was sealed. `None`: its film key was erased.
    pub fn open_plain(
        &self,
        entry: &FileEntry,
        keepers: &Keepers,
        film: Option<&FilmKey>,
    ) -> io::Result<Option<Box<dyn Plain>>> {
        let open = || File::open(self.folder.join(stored_name(entry))).map(BufReader::new);
        let identity = match &entry.sealed {
            None => return as_sealed(entry, Box::new(open()?)).map(Some),
            Some(sealed) if sealed.film => match film {
                None => return Ok(None),
                Some(film) => film.identity(),
            },
            Some(_) => keepers.shop(),
        };
        let plain = keys::decrypt(identity, open()?).map_err(|_| tampered(entry))?;
        as_sealed(entry, Box::new(plain)).map(Some)
    }
}

/// A file of a bundle, or its manifest, is not what was sealed.
#[derive(Debug, Error)]
#[error("{0} is not what was sealed: the evidence of this sale was tampered with")]
pub struct Tampered(String);

fn tampered(entry: &FileEntry) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Tampered(entry.name.clone()))
}

fn as_sealed(entry: &FileEntry, mut plain: Box<dyn Plain>) -> io::Result<Box<dyn Plain>> {
    let found = size_and_hash(plain.by_ref().take(entry.size_bytes.saturating_add(1)));
    match found {
        // age finds a piece that was changed; a failing disk says so otherwise.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
            Err(tampered(entry))
        }
        Err(error) => Err(error),
        Ok((size, hash)) if size == entry.size_bytes && hash[..] == entry.sha256[..] => {
            plain.seek(SeekFrom::Start(0))?;
            Ok(plain)
        }
        Ok(_) => Err(tampered(entry)),
    }
}

fn size_and_hash(mut plain: impl Read) -> io::Result<(u64, [u8; 32])> {
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    loop {
        match plain.read(&mut piece)? {
            0 => return Ok((size, hash.finalize().into())),
            len => {
                hash.update(&piece[..len]);
                size += len as u64;
            }
        }
    }
}

/// Where a listed file lies. Version 1 stored it under its own name.
pub fn stored_name(entry: &FileEntry) -> &str {
    entry.sealed.as_ref().map_or(&*entry.name, |sealed| &*sealed.name)
}

/// What a listed file takes of the disk.
pub fn stored_size(entry: &FileEntry) -> u64 {
    entry.sealed.as_ref().map_or(entry.size_bytes, |sealed| sealed.size_bytes)
}

/// What shows faces. Version 1 did not say it in so many words.
pub fn is_film(entry: &FileEntry) -> bool {
    match &entry.sealed {
        Some(sealed) => sealed.film,
        None => entry.media_type.starts_with("video/") || entry.media_type.starts_with("image/"),
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(SMALL_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SMALL_BYTES_MAX {
        return Err(io::Error::other(format!("{} is larger than it can be", path.display())));
    }
    Ok(bytes)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
