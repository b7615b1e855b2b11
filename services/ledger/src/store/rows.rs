//! Keys and values as bytes.

use chit_proto::ledger::v1 as pb;
use prost::Message as _;

use crate::domain::{Account, AccountId, PendingState, StorageError, Subject, TransferId, UnixMicros};
use crate::wire;

const ROW_VERSION: u8 = 1;
const NEVER: i64 = i64::MAX;

const OPEN: u8 = 1;
const POSTED: u8 = 2;
const VOIDED: u8 = 3;
const EXPIRED: u8 = 4;

pub fn account_row(account: &Account) -> Vec<u8> {
    let mut row = vec![ROW_VERSION];
    row.extend(wire::account_to_pb(account).encode_to_vec());
    row
}

pub fn account(row: &[u8]) -> Result<Account, StorageError> {
    let body = body(row)?;
    let message = pb::Account::decode(body).map_err(StorageError::new)?;
    wire::account_from_pb(&message).map_err(StorageError::new)
}

pub fn pending_row(state: PendingState) -> [u8; 10] {
    let (byte, expires) = match state {
        PendingState::Open { expires } => (OPEN, expires),
        PendingState::Posted => (POSTED, None),
        PendingState::Voided => (VOIDED, None),
        PendingState::Expired => (EXPIRED, None),
    };
    let mut row = [0; 10];
    row[0] = ROW_VERSION;
    row[1] = byte;
    row[2..].copy_from_slice(&expires.map_or(NEVER, |at| at.0).to_be_bytes());
    row
}

pub fn pending(row: &[u8; 10]) -> Result<PendingState, StorageError> {
    let [state, expires @ ..] = body(row)? else {
        return Err(StorageError::new("a pending row is too short"));
    };
    let expires: [u8; 8] = expires.try_into().map_err(StorageError::new)?;
    let expires = match i64::from_be_bytes(expires) {
        NEVER => None,
        at => Some(UnixMicros(at)),
    };
    match *state {
        OPEN => Ok(PendingState::Open { expires }),
        POSTED => Ok(PendingState::Posted),
        VOIDED => Ok(PendingState::Voided),
        EXPIRED => Ok(PendingState::Expired),
        _ => Err(StorageError::new("a pending row has an unknown state")),
    }
}

fn body(row: &[u8]) -> Result<&[u8], StorageError> {
    match row.split_first() {
        Some((&ROW_VERSION, body)) => Ok(body),
        _ => Err(StorageError::new("a row has an unknown version")),
    }
}

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
