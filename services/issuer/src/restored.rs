//! After a restore: the issuer has forgotten which rows it assigned since the backup. A row that is assigned twice has a code that
//! two shops hear, so each card skips as many rows as may have been assigned.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;

use crate::keys::Keys;
use crate::store::{Draft, Result, Store};

/// What `chit restore` leaves beside the store: the time of the backup.
const NOTE: &str = "restored";
const DAY_MS: i64 = 24 * 3_600_000;
/// A shop asks a payer no more often without being asked (DESIGN "Verification"), and each time for another row.
const ASKED_A_DAY_MAX: i64 = 2;

/// Does what a note asks for, once.
pub fn skip_rows(
    state: &Path,
    store: &Store,
    keys: &Keys,
    rows_a_time: u8,
    now_ms: i64,
) -> anyhow::Result<()> {
    let note = state.join(NOTE);
    let text = match std::fs::read_to_string(&note) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| note.display().to_string()),
    };
    let taken_at: jiff::Timestamp =
        text.trim().parse().with_context(|| format!("{} holds no time", note.display()))?;
    let taken_ms = taken_at.as_millisecond();
    let times = assigned_at_most(taken_ms, now_ms, rows_a_time);
    let cards = store.write(|draft| on_each_card(draft, keys, rows_a_time, times, taken_ms))?;
    tracing::info!(cards, %taken_at, "restored from a backup: cards skip the rows that may have been assigned since");
    std::fs::remove_file(&note).with_context(|| note.display().to_string())
}

fn on_each_card(
    draft: &Draft<'_>,
    keys: &Keys,
    rows_a_time: u8,
    times: usize,
    taken_ms: i64,
) -> Result<usize> {
    let taken_ms = u64::try_from(taken_ms).unwrap_or_default();
    // A start that was interrupted skips them once.
    if draft.restored_ms()? == taken_ms {
        return Ok(0);
    }
    let ids = draft.card_ids()?;
    for id in &ids {
        if let Some(mut card) = draft.card(id)? {
            let order = keys.card(card.holder, card.serial).row_order();
            card.skip_after_restore(&order, rows_a_time, times);
            draft.put(&card)?;
        }
    }
    draft.set_restored_ms(taken_ms)?;
    Ok(ids.len())
}

/// How often a shop may have been given rows: once when it asked, and whenever it had asked for as many.
fn assigned_at_most(taken_ms: i64, now_ms: i64, rows_a_time: u8) -> usize {
    // The days are local, so two may begin and end between.
    let days = (now_ms - taken_ms).max(0) / DAY_MS + 2;
    usize::try_from(1 + ASKED_A_DAY_MAX * days / i64::from(rows_a_time.max(1))).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_may_have_been_given_rows_once_on_the_same_day_and_twice_in_a_week() {
        assert_eq!(assigned_at_most(0, DAY_MS / 2, 12), 1);
        assert_eq!(assigned_at_most(0, 7 * DAY_MS, 12), 2);
        assert_eq!(assigned_at_most(DAY_MS, 0, 12), 1, "a clock that went back");
        assert_eq!(assigned_at_most(0, 0, 1), 5);
    }
}
