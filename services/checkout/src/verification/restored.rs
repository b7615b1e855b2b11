//! After a restore: the shop has forgotten which rows it asked since the backup, and a row must never be asked twice (I4): whoever
//! has the old SMS would have its code. So each card skips as many rows as it could have been asked since.

use jiff::Timestamp;

use super::verifier::PayerVerifier;
use crate::store::Tx;
use crate::values::calendar::UNASKED_A_DAY_MAX;
use crate::values::refusal::Result;
use crate::values::time::DAY_MS;

/// The backup whose rows were skipped: a start that was interrupted skips them once.
const SKIPPED: &str = "restored_backup_ms";
const PAYERS_A_TIME: usize = 500;

/// Returns how many cards skipped rows. `taken_at` is the time of the backup.
pub fn skip_rows(tx: &mut Tx, verifier: &dyn PayerVerifier, taken_at: Timestamp) -> Result<usize> {
    let taken_ms = u64::try_from(taken_at.as_millisecond()).unwrap_or_default();
    if tx.counter(SKIPPED)? == taken_ms {
        return Ok(0);
    }
    let count = asked_at_most(taken_at, tx.now);
    let (mut after, mut cards) = (None, 0);
    loop {
        let payers = tx.payers_after(after, PAYERS_A_TIME)?;
        let Some(last) = payers.last() else { break };
        after = Some(last.account);
        for mut payer in payers {
            let order = verifier.row_order(&payer);
            payer.card.burned = payer.card.burned.skip(&order, count);
            tx.put_payer("system", &payer)?;
            cards += 1;
        }
    }
    tx.set_counter(SKIPPED, taken_ms);
    Ok(cards)
}

/// A payer gets two messages a day that they did not ask for. The days are local, so two may begin and end between.
fn asked_at_most(from: Timestamp, to: Timestamp) -> usize {
    let days = (to.as_millisecond() - from.as_millisecond()).max(0) / DAY_MS + 2;
    usize::from(UNASKED_A_DAY_MAX) * usize::try_from(days).unwrap_or(usize::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_on_the_same_day_skips_four_rows_and_one_after_a_week_eighteen() {
        let backup: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
        let later = |hours: i64| backup + jiff::SignedDuration::from_hours(hours);
        assert_eq!(asked_at_most(backup, later(1)), 4);
        assert_eq!(asked_at_most(backup, later(7 * 24)), 18);
        assert_eq!(asked_at_most(later(5), backup), 4, "a clock that went back");
    }
}
