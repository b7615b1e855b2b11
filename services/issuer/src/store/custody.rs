//! The record of custody, a chain of hashes, and the wrong PINs of those who may write in it.

use chit_pin::PinLockout;
use jiff::Timestamp;
use redb::ReadableTable;
use sha2::{Digest as _, Sha256};

use super::records::{self, CustodyRecord};
use super::{CUSTODY, Draft, PINS, Result, StoreError};
use crate::domain::{Act, Custody};

/// An act, its place and the hash that the next one names.
pub struct Kept {
    pub seq: u64,
    pub custody: Custody,
    pub sha256: [u8; 32],
}

impl Draft<'_> {
    /// In the transaction of what it is about.
    pub fn note(
        &self,
        at_ms: i64,
        actor: &str,
        act: Act,
        card: [u8; 8],
        new_card: Option<[u8; 8]>,
    ) -> Result<()> {
        let (seq, previous_sha256) =
            self.last_custody()?.map_or((1, [0; 32]), |last| (last.seq + 1, last.sha256));
        let custody = Custody { at_ms, actor: actor.to_owned(), act, card, new_card, previous_sha256 };
        let record = records::encode(&records::from_custody(&custody));
        let sealed = self.vault.seal(&context(seq), &record)?;
        self.transaction.open_table(CUSTODY)?.insert(seq, sealed.as_slice())?;
        Ok(())
    }

    /// So many after this place, oldest first.
    pub fn custody_after(&self, seq: u64, count: usize) -> Result<Vec<Kept>> {
        let table = self.transaction.open_table(CUSTODY)?;
        let mut kept: Vec<Kept> = Vec::new();
        for entry in table.range(seq..)?.take(count + 1) {
            let (place, sealed) = entry?;
            let next = self.kept(place.value(), sealed.value())?;
            if kept.last().is_some_and(|last| last.sha256 != next.custody.previous_sha256) {
                return Err(StoreError::Damaged("the chain of custody"));
            }
            kept.push(next);
        }
        kept.retain(|kept| kept.seq > seq);
        kept.truncate(count);
        Ok(kept)
    }

    fn last_custody(&self) -> Result<Option<Kept>> {
        let table = self.transaction.open_table(CUSTODY)?;
        let last = table.last()?;
        last.map(|(seq, sealed)| self.kept(seq.value(), sealed.value())).transpose()
    }

    fn kept(&self, seq: u64, sealed: &[u8]) -> Result<Kept> {
        let record = self.vault.open(&context(seq), sealed)?;
        let custody = records::to_custody(records::decode::<CustodyRecord>(&record)?)?;
        Ok(Kept { seq, custody, sha256: Sha256::digest(&record).into() })
    }

    pub fn lockout(&self, name: &str) -> Result<PinLockout> {
        let pins = self.transaction.open_table(PINS)?;
        let kept = pins.get(&self.pin_key(name))?.map(|kept| kept.value());
        let (wrong, locks, until_ms) = kept.unwrap_or_default();
        let until = (until_ms > 0).then(|| Timestamp::from_millisecond(until_ms)).transpose();
        let locked_until = until.map_err(|_no_time| StoreError::Damaged("the time of a lockout"))?;
        Ok(PinLockout { wrong, locked_until, locks })
    }

    pub fn put_lockout(&self, name: &str, lockout: PinLockout) -> Result<()> {
        let PinLockout { wrong, locked_until, locks } = lockout;
        let until_ms = locked_until.map_or(0, Timestamp::as_millisecond);
        self.transaction.open_table(PINS)?.insert(&self.pin_key(name), (wrong, locks, until_ms))?;
        Ok(())
    }

    fn pin_key(&self, name: &str) -> [u8; 16] {
        self.vault.keyed(b"custodian", name.as_bytes())
    }
}

fn context(seq: u64) -> Vec<u8> {
    [b"custody/".as_slice(), &seq.to_be_bytes()].concat()
}
