//! The tables. Keys are fixed big-endian bytes, so that they sort by value and outlive redb's own type encodings.
//! Transfers and facts are not stored twice: their rows point into the journal.

use redb::TableDefinition;

/// <sequence number, version byte + JournalRecord>
pub const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
/// <sequence number, chain value after that record>
pub const CHAIN: TableDefinition<u64, [u8; 32]> = TableDefinition::new("chain");
/// <account id, version byte + Account with its sums>
pub const ACCOUNTS: TableDefinition<[u8; 16], &[u8]> = TableDefinition::new("accounts");
/// <transfer id, sequence number of the record that accepted or refused it>
pub const TRANSFERS: TableDefinition<[u8; 16], u64> = TableDefinition::new("transfers");
/// <pending transfer id, version byte + state byte + expiry (i64 µs, big-endian; i64::MAX = never)>
pub const PENDINGS: TableDefinition<[u8; 16], [u8; 10]> = TableDefinition::new("pendings");
/// <expiry (i64 µs, big-endian) + pending transfer id, nothing>: open pending transfers; those that never expire stand at i64::MAX
pub const OPEN_PENDINGS: TableDefinition<[u8; 24], ()> = TableDefinition::new("open_pendings");
/// <account id + sequence number, nothing>: accepted transfers of an account
pub const TRANSFERS_BY_ACCOUNT: TableDefinition<[u8; 24], ()> = TableDefinition::new("transfers_by_account");
/// <fact id, sequence number>
pub const FACTS: TableDefinition<[u8; 16], u64> = TableDefinition::new("facts");
/// <subject length (u16) + subject + sequence number, nothing>
pub const RECORDS_BY_SUBJECT: TableDefinition<&[u8], ()> = TableDefinition::new("records_by_subject");
/// <name, value>: "schema"
pub const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// Key of [`META`]: version of all the above.
pub const SCHEMA: &str = "schema";
pub const SCHEMA_VERSION: u64 = 1;
