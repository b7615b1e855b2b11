//! One file.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use crate::{Dice, Power};

/// What the disk writes whole or tears, in bytes.
pub const SECTOR: u64 = 512;

#[derive(Debug, Default)]
struct Platter {
    durable: Vec<u8>,
    /// As the operating system shows it.
    shown: Vec<u8>,
    /// Sectors that were written since the last sync.
    dirty: BTreeSet<u64>,
    /// Syncs say yes and do nothing.
    lies: bool,
    room: Option<u64>,
    failing_syncs: bool,
    panics: bool,
    operations: u64,
}

#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    platter: Arc<Mutex<Platter>>,
    power: Power,
}

impl SimulatedDisk {
    pub fn new(power: &Power) -> Self {
        Self { platter: Arc::default(), power: power.clone() }
    }

    fn holding(bytes: Vec<u8>, power: &Power) -> Self {
        let platter = Platter { durable: bytes.clone(), shown: bytes, ..Platter::default() };
        Self { platter: Arc::new(Mutex::new(platter)), power: power.clone() }
    }

    pub fn lies(&self) {
        self.platter.lock().unwrap().lies = true;
    }

    /// Bytes that the file may have.
    pub fn has_room_for(&self, bytes: Option<u64>) {
        self.platter.lock().unwrap().room = bytes;
    }

    pub fn fails_to_sync(&self, fails: bool) {
        self.platter.lock().unwrap().failing_syncs = fails;
    }

    /// Each write panics, as redb does at some kinds of bad pages.
    pub fn panics(&self, panics: bool) {
        self.platter.lock().unwrap().panics = panics;
    }

    pub fn operations(&self) -> u64 {
        self.platter.lock().unwrap().operations
    }

    /// A redb file on this disk.
    pub fn database(&self) -> Result<redb::Database, redb::DatabaseError> {
        redb::Database::builder().create_with_backend(self.clone())
    }

    /// Another file in its place, without a byte.
    pub fn empty(&self) {
        let mut platter = self.platter.lock().unwrap();
        *platter = Platter { lies: platter.lies, room: platter.room, ..Platter::default() };
    }

    pub fn flip(&self, bit: u64) {
        let mut platter = self.platter.lock().unwrap();
        platter.shown[(bit / 8) as usize] ^= 1 << (bit % 8);
        platter.durable = platter.shown.clone();
    }

    /// What a new process finds after a kill: everything that was written, be it on the disk or not.
    pub fn after_kill(&self, power: &Power) -> Self {
        let platter = self.platter.lock().unwrap();
        let found = Platter {
            durable: platter.durable.clone(),
            shown: platter.shown.clone(),
            dirty: platter.dirty.clone(),
            ..Platter::default()
        };
        Self { platter: Arc::new(Mutex::new(found)), power: power.clone() }
    }

    /// What is on the disk after the power was lost: each sector written since the last sync is kept, dropped or torn.
    pub fn after_power_loss(&self, dice: &mut Dice, power: &Power) -> Self {
        let platter = self.platter.lock().unwrap();
        let mut image = platter.durable.clone();
        if dice.below(2) == 0 {
            image.resize(image.len().max(platter.shown.len()), 0);
        }
        for sector in &platter.dirty {
            let from = (sector * SECTOR) as usize;
            let to = (from + SECTOR as usize).min(platter.shown.len()).min(image.len());
            if from >= to {
                continue;
            }
            match dice.below(3) {
                0 => {}
                1 => image[from..to].copy_from_slice(&platter.shown[from..to]),
                _ => {
                    let torn = from + dice.below((to - from) as u64) as usize;
                    image[from..torn].copy_from_slice(&platter.shown[from..torn]);
                }
            }
        }
        Self::holding(image, power)
    }

    fn change(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.power.spend()?;
        let panics = self.platter.lock().unwrap().panics;
        assert!(!panics, "a bad page");
        let mut platter = self.platter.lock().unwrap();
        platter.operations += 1;
        let end = offset + bytes.len() as u64;
        if platter.room.is_some_and(|room| end > room) {
            return Err(io::Error::from_raw_os_error(28)); // ENOSPC
        }
        let len = platter.shown.len().max(end as usize);
        platter.shown.resize(len, 0);
        platter.shown[offset as usize..end as usize].copy_from_slice(bytes);
        platter.dirty.extend(offset / SECTOR..end.div_ceil(SECTOR));
        Ok(())
    }
}

impl SimulatedDisk {
    /// Length as the operating system shows it.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.platter.lock().unwrap().shown.len() as u64)
    }

    /// As many bytes as there are, up to the length of `out`.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let platter = self.platter.lock().unwrap();
        let rest = platter.shown.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(out.len());
        out[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(offset, bytes)
    }

    pub fn sync(&self) -> io::Result<()> {
        self.power.spend()?;
        let mut platter = self.platter.lock().unwrap();
        platter.operations += 1;
        if platter.failing_syncs {
            // As Linux does: what could not be written is shown, and is not tried again.
            platter.dirty.clear();
            return Err(io::Error::from_raw_os_error(5)); // EIO
        }
        if !platter.lies {
            let Platter { durable, shown, dirty, .. } = &mut *platter;
            durable.resize(shown.len(), 0);
            for sector in std::mem::take(dirty) {
                let from = ((sector * SECTOR) as usize).min(shown.len());
                let to = (from + SECTOR as usize).min(shown.len());
                durable[from..to].copy_from_slice(&shown[from..to]);
            }
        }
        Ok(())
    }
}

impl redb::StorageBackend for SimulatedDisk {
    fn len(&self) -> io::Result<u64> {
        self.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let read = self.read_at(offset, out)?;
        if read == out.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.power.spend()?;
        let mut platter = self.platter.lock().unwrap();
        if platter.room.is_some_and(|room| len > room) {
            return Err(io::Error::from_raw_os_error(28)); // ENOSPC
        }
        let before = platter.shown.len() as u64;
        platter.shown.resize(len as usize, 0);
        platter.dirty.extend(before.min(len) / SECTOR..before.max(len).div_ceil(SECTOR));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(offset, data)
    }
}
