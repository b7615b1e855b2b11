//! The tables of the index. Keys are fixed big-endian bytes, so that they sort by value and outlive redb's own type
//! encodings. Records are not stored twice: rows point into the journal file.

use redb::TableDefinition;

/// <account id, account row: terms, sums, and the newest touches until they are enough for a row of [`HISTORY`]>
pub const ACCOUNTS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("accounts");
/// <largest transfer id of the row, spent row: ids in order, each with the offset of the record that accepted or refused it>
pub const TRANSFERS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("transfers");
/// <pending transfer id, version byte + state byte + expiry (i64 µs, big-endian; i64::MAX = never)>
pub const PENDINGS: TableDefinition<[u8; 16], [u8; 10]> = TableDefinition::new("pendings");
/// <expiry (i64 µs, big-endian) + pending transfer id, nothing>: open pending transfers; those that never expire sort at i64::MAX
pub const OPEN_PENDINGS: TableDefinition<[u8; 24], ()> = TableDefinition::new("open_pendings");
/// <account id + last sequence number of the row, history row: the sums after that record, and which records made them>
pub const HISTORY: TableDefinition<[u8; 24], &[u8]> = TableDefinition::new("history");
/// <fact id, offset>
pub const FACTS: TableDefinition<[u8; 16], u64> = TableDefinition::new("facts");
/// <subject length (u16) + subject + sequence number, offset>
pub const RECORDS_BY_SUBJECT: TableDefinition<&[u8], u64> = TableDefinition::new("records_by_subject");
/// <first sequence number of a group, its offset>
pub const GROUPS: TableDefinition<u64, u64> = TableDefinition::new("groups");
/// <number / 120 of the stored hash, up to 120 hashes of 32 bytes>
pub const HASHES: TableDefinition<u64, &[u8]> = TableDefinition::new("hashes");
/// <name, bytes>: "position"
pub const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");

/// Key of [`META`]: how far the index has come, and in which journal.
pub const POSITION: &str = "position";
/// Stored hashes of one row of [`HASHES`]: with redb's header they just fit into a page of 4 KiB.
pub const HASHES_PER_ROW: u64 = 120;
