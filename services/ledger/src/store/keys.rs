//! Keys as bytes that sort like their values.

use crate::domain::{AccountId, Subject, TransferId, UnixMicros};

/// The time of what never expires: after all others.
pub const NEVER: i64 = i64::MAX;

/// Times before 1970 sort first like all others that are long over.
fn sortable(time: i64) -> [u8; 8] {
    time.max(0).to_be_bytes()
}

pub fn open_key(expires: Option<UnixMicros>, id: TransferId) -> [u8; 24] {
    join(sortable(expires.map_or(NEVER, |at| at.0)), id.to_bytes())
}

/// Upper bound of what is over at `now`; never reaches those that do not expire.
pub fn open_key_last(now: UnixMicros) -> [u8; 24] {
    join(sortable(now.0.min(NEVER - 1)), [0xff; 16])
}

pub fn open_key_id(key: &[u8; 24]) -> TransferId {
    let mut id = [0; 16];
    id.copy_from_slice(&key[8..]);
    TransferId::from_bytes(id)
}

/// When the pending transfer of the key runs out of time; `None` = never.
pub fn open_key_expiry(key: &[u8; 24]) -> Option<UnixMicros> {
    let time = key.first_chunk().map_or(NEVER, |bytes| i64::from_be_bytes(*bytes));
    (time != NEVER).then_some(UnixMicros(time))
}

pub fn account_key(account: AccountId, seq: u64) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(&account.to_bytes());
    key[16..].copy_from_slice(&seq.to_be_bytes());
    key
}

pub fn account_key_seq(key: &[u8; 24]) -> u64 {
    last_u64(key)
}

pub fn subject_key(subject: &Subject, seq: u64) -> Vec<u8> {
    let text = subject.as_str().as_bytes();
    let len = u16::try_from(text.len()).expect("a subject has at most 64 characters");
    let mut key = len.to_be_bytes().to_vec();
    key.extend(text);
    key.extend(seq.to_be_bytes());
    key
}

pub fn subject_key_seq(key: &[u8]) -> u64 {
    last_u64(key)
}

fn last_u64(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn join(first: [u8; 8], last: [u8; 16]) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&first);
    key[8..].copy_from_slice(&last);
    key
}
