//! The warning to the number a payer had when their phone or card was changed. Who was robbed learns of it by this SMS
//! alone, so its end is on their record, and one that never left is sent again while nothing is sold to them.

use jiff::Timestamp;

use super::report::Report;
use crate::outbox::message::{Message, Progress};
use crate::payer::Payer;
use crate::payer::record::{Change, Warned, Warning};
use crate::store::Tx;
use crate::values::ids::{MessageId, PayerId};
use crate::values::refusal::Result;
use crate::values::time::{self, HOUR_MS};

const SENDS_MAX: u8 = 3;
/// A network that refuses now refuses a second later, too.
const AGAIN_AFTER_MS: i64 = HOUR_MS;

/// The newest change's warning is on its way.
pub fn begin(change: &mut Change, message: MessageId, now: Timestamp) {
    change.warning = Some(Warning { state: Warned::Queued, message, sends: 1, sent_at: now, revision: 0 });
}

/// Writes what became of it to the payer.
pub fn note(tx: &mut Tx, message: &Message, report: &Report) -> Result<()> {
    let mut payer = tx.payer(message.payer)?;
    let state = became(report.progress);
    let Some(warning) = payer.change.as_mut().and_then(|change| change.warning.as_mut()) else {
        return Ok(());
    };
    if warning.message != message.id || report.revision < warning.revision || warning.state == state {
        return Ok(());
    }
    // A person took it back, or decided about one that may have left: it is not sent again behind their back (I11).
    if report.progress == Progress::Cancelled || warning.state == Warned::Unknown {
        warning.sends = SENDS_MAX;
    }
    warning.state = state;
    warning.revision = report.revision;
    if matches!(state, Warned::NotSent | Warned::Undelivered | Warned::Unknown) {
        tracing::error!(payer = %payer.id, ?state, "the old number was not told of a change");
    }
    tx.put_payer("system", &payer)
}

fn became(progress: Progress) -> Warned {
    match progress {
        Progress::Submitted | Progress::ReportTimeout => Warned::Sent,
        Progress::Delivered => Warned::Delivered,
        Progress::Failed | Progress::Expired | Progress::Cancelled => Warned::NotSent,
        Progress::Undelivered => Warned::Undelivered,
        Progress::Unknown => Warned::Unknown,
        _ => Warned::Queued,
    }
}

/// When it is to be sent again, if it still is: after the day without sales it comes too late.
pub fn next_send(payer: &Payer, now: Timestamp) -> Option<Timestamp> {
    let warning = payer.change.as_ref()?.warning.as_ref()?;
    let again = time::plus_ms(warning.sent_at, AGAIN_AFTER_MS);
    let wanted = warning.state == Warned::NotSent && warning.sends < SENDS_MAX;
    (wanted && payer.no_sales_until().is_some_and(|until| again.max(now) < until)).then_some(again)
}

/// The same text to the same number, as a message of its own.
pub fn again_if_due(tx: &mut Tx, id: PayerId, message: MessageId) -> Result<()> {
    let mut payer = tx.payer(id)?;
    let now = tx.now;
    if next_send(&payer, now).is_none_or(|at| at > now) {
        return Ok(());
    }
    let Some(warning) = payer.change.as_mut().and_then(|change| change.warning.as_mut()) else {
        return Ok(());
    };
    let Some(first) = tx.message(warning.message)? else { return Ok(()) };
    let sends = warning.sends + 1;
    *warning = Warning { state: Warned::Queued, message, sends, sent_at: now, revision: 0 };
    tx.send(&Message { id: message, ..first })?;
    tx.put_payer("system", &payer)
}
