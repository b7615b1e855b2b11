//! Values as bytes.

use super::keys::NEVER;
use super::memtable::Position;
use super::storage::{Head, Touch, TouchKind};
use crate::domain::{
    Account, AccountFlags, AccountId, AccountTerms, Balances, Currency, PendingState, Stamp, StorageError,
    TransferId, UnixMicros,
};

pub const ROW_VERSION: u8 = 1;
/// Raise it when a table changes: an index of another version is rebuilt from the journal.
const INDEX_VERSION: u8 = 3;
/// Bytes of an account row without touches, and of one touch.
const ACCOUNT_LEN: usize = 54;
const TOUCH_LEN: usize = 17;

const OPEN: u8 = 1;
const POSTED: u8 = 2;
const VOIDED: u8 = 3;
const EXPIRED: u8 = 4;

const TOUCH_OPENED: u8 = 1;
const TOUCH_TRANSFERRED: u8 = 2;
const TOUCH_EXPIRED: u8 = 3;

/// `recent` are the touches since the account's last history row.
pub fn account_row(account: &Account, recent: &[Touch]) -> Vec<u8> {
    let AccountTerms { id: _, currency, code, flags, credit_limit_minor } = account.terms;
    let flags = [
        flags.debits_must_not_exceed_credits,
        flags.credits_must_not_exceed_debits,
        flags.frozen,
        flags.closed,
    ];
    let flags = flags.iter().enumerate().fold(0, |bits, (bit, set)| bits | u8::from(*set) << bit);
    let mut row = Vec::with_capacity(ACCOUNT_LEN + recent.len() * TOUCH_LEN);
    row.push(ROW_VERSION);
    row.extend(currency.numeric().to_be_bytes());
    row.extend(code.to_be_bytes());
    row.push(flags);
    row.extend(credit_limit_minor.to_be_bytes());
    row.extend(account.created.0.to_be_bytes());
    row.extend(balances_bytes(&account.balances));
    put_touches(&mut row, recent);
    row
}

/// The touches in an account's own row.
pub fn recent_touches(account: AccountId, row: &[u8]) -> Result<Vec<Touch>, StorageError> {
    let rest = row.get(ACCOUNT_LEN..).ok_or_else(|| StorageError::new("an account row is too short"))?;
    touches(account, &mut Bytes(rest))
}

pub fn account(id: AccountId, row: &[u8]) -> Result<Account, StorageError> {
    let mut rest = Bytes(body(row)?);
    let currency = Currency::from_numeric(u16::from_be_bytes(rest.take()?));
    let currency = currency.ok_or_else(|| StorageError::new("an account row has an unknown currency"))?;
    let code = u16::from_be_bytes(rest.take()?);
    let [flags] = rest.take()?;
    let set = |bit: u8| flags >> bit & 1 == 1;
    let flags = AccountFlags {
        debits_must_not_exceed_credits: set(0),
        credits_must_not_exceed_debits: set(1),
        frozen: set(2),
        closed: set(3),
    };
    let credit_limit_minor = rest.i64()?;
    let created = UnixMicros(rest.i64()?);
    let terms = AccountTerms { id, currency, code, flags, credit_limit_minor };
    Ok(Account { terms, balances: balances(&mut rest)?, created })
}

fn balances_bytes(balances: &Balances) -> [u8; 32] {
    let sums =
        [balances.debits_pending, balances.debits_posted, balances.credits_pending, balances.credits_posted];
    let mut bytes = [0; 32];
    for (place, sum) in bytes.chunks_exact_mut(8).zip(sums) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

fn balances(rest: &mut Bytes<'_>) -> Result<Balances, StorageError> {
    Ok(Balances {
        debits_pending: rest.i64()?,
        debits_posted: rest.i64()?,
        credits_pending: rest.i64()?,
        credits_posted: rest.i64()?,
    })
}

/// The sums after the last of the touches, and the touches.
pub fn history_row(balances: &Balances, touches: &[Touch]) -> Vec<u8> {
    let mut row = Vec::with_capacity(33 + touches.len() * TOUCH_LEN);
    row.push(ROW_VERSION);
    row.extend(balances_bytes(balances));
    put_touches(&mut row, touches);
    row
}

fn put_touches(row: &mut Vec<u8>, touches: &[Touch]) {
    for touch in touches {
        row.push(match touch.kind {
            TouchKind::Opened => TOUCH_OPENED,
            TouchKind::Transferred => TOUCH_TRANSFERRED,
            TouchKind::Expired => TOUCH_EXPIRED,
        });
        row.extend(touch.seq.to_be_bytes());
        row.extend(touch.offset.to_be_bytes());
    }
}

pub fn history(account: AccountId, row: &[u8]) -> Result<(Balances, Vec<Touch>), StorageError> {
    let mut rest = Bytes(body(row)?);
    let balances = balances(&mut rest)?;
    Ok((balances, touches(account, &mut rest)?))
}

fn touches(account: AccountId, rest: &mut Bytes<'_>) -> Result<Vec<Touch>, StorageError> {
    let mut touches = Vec::with_capacity(rest.0.len() / TOUCH_LEN);
    while !rest.0.is_empty() {
        let kind = match rest.take()? {
            [TOUCH_OPENED] => TouchKind::Opened,
            [TOUCH_TRANSFERRED] => TouchKind::Transferred,
            [TOUCH_EXPIRED] => TouchKind::Expired,
            _ => return Err(StorageError::new("a history row has an unknown kind")),
        };
        let (seq, offset) = (u64::from_be_bytes(rest.take()?), u64::from_be_bytes(rest.take()?));
        touches.push(Touch { account, seq, offset, kind });
    }
    Ok(touches)
}

/// `journal` is the id of the journal file that the index belongs to.
pub fn position_row(journal: u64, position: &Position) -> Vec<u8> {
    let Position { head, newest, end, largest_id, earliest_expiry: _ } = position;
    let mut row = vec![INDEX_VERSION];
    row.extend(journal.to_be_bytes());
    row.extend(head.seq.to_be_bytes());
    row.extend(head.hash);
    row.extend(head.root);
    row.extend(newest.time.0.to_be_bytes());
    row.extend(end.to_be_bytes());
    row.extend(largest_id.map_or([0; 16], TransferId::to_bytes));
    row
}

/// `None` = the index was made by another version of Chit.
pub fn position(row: &[u8]) -> Result<Option<(u64, Position)>, StorageError> {
    let Some((&INDEX_VERSION, rest)) = row.split_first() else { return Ok(None) };
    let mut rest = Bytes(rest);
    let journal = u64::from_be_bytes(rest.take()?);
    let head = Head { seq: u64::from_be_bytes(rest.take()?), hash: rest.take()?, root: rest.take()? };
    let newest = Stamp { seq: head.seq, time: UnixMicros(rest.i64()?) };
    let end = u64::from_be_bytes(rest.take()?);
    let largest_id = Some(rest.take()?).filter(|id| *id != [0; 16]).map(TransferId::from_bytes);
    Ok(Some((journal, Position { head, newest, end, largest_id, earliest_expiry: None })))
}

/// What is left of a row.
struct Bytes<'r>(&'r [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], StorageError> {
        let (first, rest) =
            self.0.split_first_chunk().ok_or_else(|| StorageError::new("a row is too short"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn i64(&mut self) -> Result<i64, StorageError> {
        Ok(i64::from_be_bytes(self.take()?))
    }
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

pub fn body(row: &[u8]) -> Result<&[u8], StorageError> {
    match row.split_first() {
        Some((&ROW_VERSION, body)) => Ok(body),
        _ => Err(StorageError::new("a row has an unknown version")),
    }
}
