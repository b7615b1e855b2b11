//! The journal on a disk that a test breaks.

use std::io;

pub use chit_failing_disk::{Dice, Power, SimulatedDisk};

use super::disk::Disk;
use super::open_error::OpenError;

impl Disk for SimulatedDisk {
    fn len(&self) -> io::Result<u64> {
        self.size()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        self.read_at(offset, out)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_at(offset, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync()
    }
}

/// The index; emptied first if `anew`.
pub fn database(disk: &SimulatedDisk, anew: bool) -> Result<redb::Database, OpenError> {
    if anew {
        disk.empty();
    }
    Ok(disk.database().map_err(Box::new)?)
}
