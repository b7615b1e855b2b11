//! Remembered answers, and wrong PINs.

use chit_pin::PinLockout;

use super::tables::Row;
use super::v2;
use super::work::{Import, since};
use crate::staff::origin::Origin;
use crate::store::records::request::Remembered;
use crate::values::refusal::Result;

pub fn request(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Remembered = row.record()?;
    let remembered = Remembered { fingerprint: old.fingerprint, response: old.response };
    import.tx.adopt_request(row.name()?, old.time_ms, &remembered);
    Ok(())
}

pub fn lockout(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Lockout = row.record()?;
    let wrong = u8::try_from(old.wrong).unwrap_or(u8::MAX);
    let lockout = PinLockout { wrong, locked_until: since(old.locked_until_ms), locks: 0 };
    import.tx.put_pin_lockout(row.name()?, &Origin::shared(), lockout);
    Ok(())
}
