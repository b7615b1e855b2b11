//! The append-only journal file: what is in it is committed, everything else can be made from it again.
//!
//! All numbers are little-endian. The first sector holds magic `CHITJNL2`, a random id of the file (8 bytes) and a
//! CRC-32 of both. Then come groups, one a commit, each starting on a sector, so that no later group has bytes in a
//! sector that was acknowledged. (The page cache writes pages of 4 KiB, and so do disks with such physical sectors: there
//! the acknowledged bytes beside a new group are written again, unchanged, and a disk that tears such a write could
//! damage them.) A group: magic `CGRP`, CRC-32 of the rest, file id (8), first sequence number (8), number of records
//! (4), length of the records (4), chain value before the first record (32), and the records, each as length (4),
//! CRC-32 (4) and stored bytes. A group is there whole or not at all.

use std::io;
use std::sync::Arc;

use super::disk::Disk;
use crate::journal::ChainHash;

/// The journal file, inside the ledger's state folder.
pub const JOURNAL_FILE: &str = "journal.chit";
/// Groups never share a unit of this size.
pub const SECTOR: u64 = 512;
const FILE_MAGIC: &[u8; 8] = b"CHITJNL2";
const GROUP_MAGIC: &[u8; 4] = b"CGRP";
const GROUP_HEADER: usize = 64;
const RECORD_HEADER: usize = 8;
/// Longest list of records of one group; the writer's groups are far shorter.
const BODY_LEN_MAX: usize = 256 << 20;
/// What is read at a time when a record's length is not known yet: most records fit.
const READ_AHEAD: usize = 512;
/// Searched at a time.
const PIECE: usize = 1 << 20;

/// Why the journal file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the journal file cannot be read or written")]
    Io(#[from] io::Error),
    #[error("the journal's first sector is damaged: restore the ledger from a backup")]
    Header,
    #[error("the journal is damaged at byte {0}: restore the ledger from a backup")]
    Damaged(u64),
    #[error("the random id of a new journal cannot be drawn")]
    Random(#[from] getrandom::Error),
}

/// A committed group as read back.
pub struct Group {
    pub first_seq: u64,
    pub previous: ChainHash,
    /// Offset of each record in the file, and its stored bytes.
    pub records: Vec<(u64, Vec<u8>)>,
    /// Where the next group starts.
    pub next: u64,
}

/// A group that is not yet written.
pub struct GroupBytes {
    bytes: Vec<u8>,
    count: u32,
}

impl GroupBytes {
    pub fn new() -> Self {
        Self::within(Vec::new())
    }

    /// Uses the memory of an earlier group: fresh pages for each large group are a tenth of a commit's work.
    pub fn within(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        bytes.resize(GROUP_HEADER, 0);
        Self { bytes, count: 0 }
    }

    /// Appends a record and returns its offset from the start of the group.
    pub fn push(&mut self, stored: &[u8]) -> u64 {
        let place = self.bytes.len() as u64;
        self.bytes.extend((stored.len() as u32).to_le_bytes());
        self.bytes.extend(crc32fast::hash(stored).to_le_bytes());
        self.bytes.extend(stored);
        self.count += 1;
        place
    }

    /// Bytes that the group will take in the file.
    pub fn padded_len(&self) -> u64 {
        (self.bytes.len() as u64).next_multiple_of(SECTOR)
    }

    fn seal(mut self, id: [u8; 8], first_seq: u64, previous: &ChainHash) -> Vec<u8> {
        let body_len = (self.bytes.len() - GROUP_HEADER) as u32;
        self.bytes[..4].copy_from_slice(GROUP_MAGIC);
        self.bytes[8..16].copy_from_slice(&id);
        self.bytes[16..24].copy_from_slice(&first_seq.to_le_bytes());
        self.bytes[24..28].copy_from_slice(&self.count.to_le_bytes());
        self.bytes[28..32].copy_from_slice(&body_len.to_le_bytes());
        self.bytes[32..64].copy_from_slice(previous);
        let crc = crc32fast::hash(&self.bytes[8..]);
        self.bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(SECTOR as usize), 0);
        self.bytes
    }
}

/// The file. Cheap to share.
#[derive(Clone)]
pub struct JournalFile {
    disk: Arc<dyn Disk>,
    id: [u8; 8],
}

impl JournalFile {
    /// Reads the file's header, or writes one to a file that never held a group.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self, JournalError> {
        let mut sector = [0; SECTOR as usize];
        disk.read_at(0, &mut sector)?;
        let crc = crc32fast::hash(&sector[..16]).to_le_bytes();
        if &sector[..8] == FILE_MAGIC && sector[16..20] == crc {
            let mut id = [0; 8];
            id.copy_from_slice(&sector[8..16]);
            return Ok(Self { disk, id });
        }
        // A first start that lost power: the header is durable before the first group is written.
        if !is_blank(&*disk, SECTOR)? {
            return Err(JournalError::Header);
        }
        let mut id = [0; 8];
        getrandom::fill(&mut id)?;
        let mut sector = [0; SECTOR as usize];
        sector[..8].copy_from_slice(FILE_MAGIC);
        sector[8..16].copy_from_slice(&id);
        let crc = crc32fast::hash(&sector[..16]).to_le_bytes();
        sector[16..20].copy_from_slice(&crc);
        disk.write_at(0, &sector)?;
        disk.sync()?;
        Ok(Self { disk, id })
    }

    /// Tells journals apart, so that an index is never laid over another one.
    pub fn id(&self) -> u64 {
        u64::from_le_bytes(self.id)
    }

    /// Writes a group at `offset` and makes it durable. Returns what was written, for [`GroupBytes::within`].
    pub fn append(
        &self,
        offset: u64,
        group: GroupBytes,
        first_seq: u64,
        previous: &ChainHash,
    ) -> io::Result<Vec<u8>> {
        let bytes = group.seal(self.id, first_seq, previous);
        self.disk.write_durably(offset, &bytes)?;
        Ok(bytes)
    }

    pub fn sync(&self) -> io::Result<()> {
        self.disk.sync()
    }

    /// Writes the bytes from `from` to `to` once more, durably. After a failed sync Linux shows bytes that are not on the
    /// disk and holds them for clean, so that another sync does nothing: only a write makes it try again.
    pub fn write_again(&self, from: u64, to: u64) -> io::Result<()> {
        let mut bytes = vec![0; (to - from) as usize];
        let read = self.disk.read_at(from, &mut bytes)?;
        self.disk.write_durably(from, &bytes[..read])
    }

    pub fn len(&self) -> io::Result<u64> {
        self.disk.len()
    }

    /// Lengthens the file by zeros: writing over allocated blocks is quicker than growing the file in each commit.
    pub fn extend(&self, from: u64, to: u64) -> io::Result<()> {
        self.disk.write_ahead(from, &vec![0; (to - from) as usize])
    }

    /// The group at `offset`; `None` = no whole group starts there.
    pub fn group(&self, offset: u64) -> io::Result<Option<Group>> {
        let mut header = [0; GROUP_HEADER];
        if self.disk.read_at(offset, &mut header)? < GROUP_HEADER
            || &header[..4] != GROUP_MAGIC
            || header[8..16] != self.id
        {
            return Ok(None);
        }
        let count = number(&header[24..28]) as usize;
        let body_len = number(&header[28..32]) as usize;
        if body_len > BODY_LEN_MAX || count > body_len / RECORD_HEADER || count == 0 {
            return Ok(None);
        }
        let mut body = vec![0; body_len];
        if self.disk.read_at(offset + GROUP_HEADER as u64, &mut body)? < body_len {
            return Ok(None);
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header[8..]);
        crc.update(&body);
        if crc.finalize().to_le_bytes() != header[4..8] {
            return Ok(None);
        }
        let mut first_seq = [0; 8];
        first_seq.copy_from_slice(&header[16..24]);
        let mut previous = [0; 32];
        previous.copy_from_slice(&header[32..64]);
        let Some(records) = split(&body, count, offset + GROUP_HEADER as u64) else { return Ok(None) };
        let next = offset + ((GROUP_HEADER + body_len) as u64).next_multiple_of(SECTOR);
        Ok(Some(Group { first_seq: u64::from_le_bytes(first_seq), previous, records, next }))
    }

    /// The stored bytes of the record at `offset`.
    pub fn record(&self, offset: u64) -> Result<Vec<u8>, JournalError> {
        let mut bytes = vec![0; READ_AHEAD];
        let read = self.disk.read_at(offset, &mut bytes)?;
        bytes.truncate(read);
        let header = bytes.get(..RECORD_HEADER).ok_or(JournalError::Damaged(offset))?;
        let (len, crc) = (number(&header[..4]) as usize, number(&header[4..]));
        if len > BODY_LEN_MAX {
            return Err(JournalError::Damaged(offset));
        }
        let had = bytes.len();
        if had < RECORD_HEADER + len {
            bytes.resize(RECORD_HEADER + len, 0);
            let rest = self.disk.read_at(offset + had as u64, &mut bytes[had..])?;
            bytes.truncate(had + rest);
        }
        let stored = bytes.get(RECORD_HEADER..RECORD_HEADER + len).ok_or(JournalError::Damaged(offset))?;
        if crc32fast::hash(stored) == crc { Ok(stored.to_vec()) } else { Err(JournalError::Damaged(offset)) }
    }

    /// Does any group of this file start at or behind `offset`? A commit is only begun when the one before is durable,
    /// so a whole group behind a broken one means damage and not a power failure.
    pub fn any_group_from(&self, offset: u64) -> io::Result<bool> {
        let mut piece = vec![0; PIECE];
        let mut at = offset;
        loop {
            let read = self.disk.read_at(at, &mut piece)?;
            for start in (0..read).step_by(SECTOR as usize) {
                let is_group = piece[start..read].starts_with(GROUP_MAGIC);
                if is_group && self.group(at + start as u64)?.is_some() {
                    return Ok(true);
                }
            }
            if read < piece.len() {
                return Ok(false);
            }
            at += read as u64;
        }
    }
}

fn split(body: &[u8], count: usize, start: u64) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut records = Vec::with_capacity(count);
    let mut at = 0;
    for _ in 0..count {
        let header = body.get(at..at + RECORD_HEADER)?;
        let len = number(&header[..4]) as usize;
        let stored = body.get(at + RECORD_HEADER..at + RECORD_HEADER + len)?;
        records.push((start + at as u64, stored.to_vec()));
        at += RECORD_HEADER + len;
    }
    (at == body.len()).then_some(records)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn is_blank(disk: &dyn Disk, from: u64) -> io::Result<bool> {
    let mut piece = vec![0; PIECE];
    let mut at = from;
    loop {
        let read = disk.read_at(at, &mut piece)?;
        if piece[..read].iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        if read < piece.len() {
            return Ok(true);
        }
        at += read as u64;
    }
}
