//! A clip while it grows: each fragment an age file of its own behind its length, so that half a second is durable
//! by itself and nothing ever lies on the disk in clear.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::keys::{self, FilmKey};
use super::sync_folder;

/// Half a second at ten times the greatest rate; a longer record is none of ours.
const RECORD_BYTES_MAX: u32 = 16 * 1024 * 1024;
const LENGTH: usize = 4;

pub struct Spool {
    file: File,
    key: FilmKey,
}

impl Spool {
    pub fn create(path: &Path, key: &FilmKey) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        if let Some(folder) = path.parent() {
            sync_folder(folder)?;
        }
        Ok(Self { file, key: key.clone() })
    }

    /// Durable when it returns.
    pub fn append(&mut self, plain: &[u8]) -> io::Result<()> {
        let sealed = self.key.seal(plain)?;
        let mut record = Vec::with_capacity(LENGTH + sealed.len());
        record.extend_from_slice(&(sealed.len() as u32).to_be_bytes());
        record.extend_from_slice(&sealed);
        self.file.write_all(&record)?;
        self.file.sync_data()
    }
}

/// Hands out the plain records up to the first that is not whole; returns where that one begins.
pub fn read(path: &Path, key: &FilmKey, mut each: impl FnMut(&[u8]) -> io::Result<bool>) -> io::Result<u64> {
    let mut file = BufReader::new(File::open(path)?);
    let mut whole = 0;
    loop {
        let Some(sealed) = next(&mut file)? else { return Ok(whole) };
        let mut plain = Vec::with_capacity(sealed.len());
        let opened = keys::decrypt(key.identity(), &sealed[..]).and_then(|mut r| r.read_to_end(&mut plain));
        if opened.is_err() || !each(&plain)? {
            return Ok(whole);
        }
        whole += (LENGTH + sealed.len()) as u64;
    }
}

/// `None`: the file ends here, or in the middle of a record.
fn next(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; LENGTH];
    let torn = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Ok(None),
        _ => Err(error),
    };
    if let Err(error) = file.read_exact(&mut length) {
        return torn(error);
    }
    let length = u32::from_be_bytes(length);
    if length > RECORD_BYTES_MAX {
        return Ok(None);
    }
    let mut sealed = vec![0; length as usize];
    match file.read_exact(&mut sealed) {
        Ok(()) => Ok(Some(sealed)),
        Err(error) => torn(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_cut_at_any_byte_gives_its_whole_records_and_shows_nothing_in_clear() {
        let dir = tempfile::tempdir().unwrap();
        let (path, key) = (dir.path().join("video.mp4.spool"), FilmKey::generate());
        let records = [b"the first record".repeat(3), b"the second".repeat(9), vec![9; 70_000]];
        let mut spool = Spool::create(&path, &key).unwrap();
        records.iter().for_each(|record| spool.append(record).unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"the second"));
        for cut in (0..bytes.len()).step_by(97).chain([bytes.len()]) {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let mut seen = Vec::new();
            let whole = read(&path, &key, |record| {
                seen.push(record.to_vec());
                Ok(true)
            });
            assert!(records.starts_with(&seen), "cut at {cut}");
            assert!(whole.unwrap() <= cut as u64);
            assert_eq!(seen.len() == records.len(), cut == bytes.len());
        }
        assert_eq!(read(&path, &FilmKey::generate(), |_| Ok(true)).unwrap(), 0, "another key opens nothing");
    }
}
