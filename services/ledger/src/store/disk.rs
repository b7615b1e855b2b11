//! What the journal needs of a disk, so that tests can lose power, fill it up and flip its bits.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::io::{Errno, ReadWriteFlags, pwritev2};

/// One file. Bytes that were never written read as zeros or lie beyond the end.
pub trait Disk: Send + Sync + 'static {
    fn len(&self) -> io::Result<u64>;
    /// Reads as many bytes as there are, up to the length of `out`.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize>;
    /// Writes all bytes, growing the file if need be. They are durable after the next [`Disk::sync`].
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything that was written durable.
    fn sync(&self) -> io::Result<()>;

    /// Writes all bytes and makes them durable.
    fn write_durably(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_at(offset, bytes)?;
        self.sync()
    }

    /// Writes bytes to unused room, beside writes elsewhere. They need not become durable.
    fn write_ahead(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_at(offset, bytes)
    }
}

/// A real file.
pub struct FileDisk {
    file: File,
    /// The same file opened once more: the kernel reports a failed write-back once to each opener, so that the
    /// writer of zeros ahead cannot take a failure from the committer.
    ahead: File,
}

impl FileDisk {
    /// Opens or creates the file, and makes its name durable.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let ahead = OpenOptions::new().write(true).open(path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Self { file, ahead })
    }
}

impl Disk for FileDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        while read < out.len() {
            match self.file.read_at(&mut out[read..], offset + read as u64) {
                Ok(0) => break,
                Ok(len) => read += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// One system call in place of two, and only these bytes are waited for (`RWF_DSYNC`, pwritev2(2)): zeros that are
    /// being written ahead stay out of it.
    fn write_durably(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut written = 0;
        while written < bytes.len() {
            let rest = [IoSlice::new(&bytes[written..])];
            match pwritev2(&self.file, &rest, offset + written as u64, ReadWriteFlags::DSYNC) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => written += len,
                Err(Errno::INTR) => {}
                // Not every file system knows the flag.
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
                    self.file.write_all_at(&bytes[written..], offset + written as u64)?;
                    return self.sync();
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Onto the disk at once, so that no commit finds megabytes of zeros before it.
    fn write_ahead(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.ahead.write_all_at(bytes, offset)?;
        self.ahead.sync_data()
    }
}
