//! What an importer works with, and how it reads what the older records hold.

use super::Facts;
use super::tables::Old;
use crate::store::Tx;
use crate::store::records::{self, damaged};
use crate::values::refusal::Result;
use crate::values::time;

/// Since when the older program's modem was away, unix ms; 0 = it is there.
pub const DOWN_SINCE: &str = "modem_down_since_ms";

pub struct Import<'a> {
    pub tx: &'a mut Tx,
    pub old: &'a Old,
    pub facts: &'a Facts,
}

/// A value by its number in the store.
pub fn numbered<T: Copy>(all: &[T], number: impl Fn(T) -> i32, stored: i32, what: &str) -> Result<T> {
    all.iter()
        .copied()
        .find(|known| number(*known) == stored)
        .ok_or_else(|| damaged(&format!("{what} is unknown")))
}

/// An id that may be absent: no characters.
pub fn optional<T: std::str::FromStr>(text: &str, what: &str) -> Result<Option<T>> {
    if text.is_empty() { Ok(None) } else { records::parsed(text, what).map(Some) }
}

/// A time that may be absent: 0.
pub fn since(ms: i64) -> Option<jiff::Timestamp> {
    (ms > 0).then(|| time::from_ms(ms))
}

impl Import<'_> {
    /// What the heard clock said at a business time: it stands since the shop hears nobody.
    pub fn heard_ms(&self, ms: i64) -> Result<i64> {
        let deaf = i64::try_from(self.old.number(DOWN_SINCE)?).unwrap_or_default();
        Ok(if deaf > 0 { ms.min(deaf) } else { ms })
    }
}
