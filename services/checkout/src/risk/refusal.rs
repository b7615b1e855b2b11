//! What a caller is told of a risk.

use jiff::tz::TimeZone;

use super::rules::RiskResult;
use crate::payer::Payer;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};

/// The sale is refused; `zone` is the shop's, for what a person reads.
pub fn refused(bits: RiskResult, payer: &Payer, zone: &TimeZone) -> Refusal {
    let until = payer.no_sales_until().map(|until| zone.to_datetime(until).strftime("%Y-%m-%d %H:%M:%S"));
    let changed = match until {
        Some(until) => format!("phone or card was changed: no sale before {until}; take cash"),
        None => "phone or card was changed less than 24 hours ago; take cash".to_owned(),
    };
    let telling: [(RiskResult, Reason, &str); 9] = [
        (
            RiskResult::DENY_LISTED,
            Reason::DENY_LISTED,
            "the payer has an unpaid bad record; let them pay it first",
        ),
        (
            RiskResult::FROZEN,
            Reason::PAYER_FROZEN,
            "the code is frozen; the payer must come to the counter with the card",
        ),
        (
            RiskResult::LOCKED,
            Reason::CARD_LOCKED,
            "nine wrong replies: let the payer type one row of the card here, or give them a new card",
        ),
        (RiskResult::CHANGED_WITHIN_24_HOURS, Reason::CHANGED_WITHIN_24_HOURS, &changed),
        (
            RiskResult::NOT_ACTIVE,
            Reason::PAYER_NOT_ACTIVE,
            "the first SMS was not answered yet; the code is not active",
        ),
        (RiskResult::SERIAL_OLD, Reason::SERIAL_OLD, "the payer has a newer code; ask them to show that one"),
        (
            RiskResult::FACE_DIFFERENT,
            Reason::FACE_DIFFERENT,
            "the person is not the one of the photo; do not sell on this code",
        ),
        (
            RiskResult::OVER_TILL_LIMIT,
            Reason::OVER_TILL_LIMIT,
            "the till has as much open as it may; the sale is refused, take cash",
        ),
        (
            RiskResult::OLDEST_UNVERIFIED_TOO_OLD,
            Reason::OLDEST_UNVERIFIED_TOO_OLD,
            "an older purchase of the payer waits too long for its answer; take cash",
        ),
    ];
    for (bit, reason, message) in telling {
        if bits.contains(bit) {
            return Refusal::new(RefusalKind::WrongState, reason, message);
        }
    }
    let message = format!("{}: the sale is refused; take cash", bits.names().join(", "));
    Refusal::new(RefusalKind::WrongState, reason_of(bits), message)
}

/// A supervisor must approve.
pub fn approval_needed(bits: RiskResult) -> Refusal {
    let names = bits.names().join(", ");
    let message = format!("{names}: a supervisor must approve; send approval.actor and approval.pin");
    let only_the_face = bits == RiskResult::FACE_NOT_CONFIRMED;
    let reason = if only_the_face { Reason::PERSON_NOT_CONFIRMED } else { Reason::APPROVAL_REQUIRED };
    Refusal { field: Some("approval".into()), ..Refusal::new(RefusalKind::NotAllowed, reason, message) }
}

/// The reason of the lowest bit: bits and reasons share their names.
fn reason_of(bits: RiskResult) -> Reason {
    let first = bits.names().first().copied().unwrap_or("APPROVAL_REQUIRED");
    Reason::ALL.iter().copied().find(|reason| *reason == first).unwrap_or(Reason::APPROVAL_REQUIRED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_that_a_shop_may_refuse_has_a_reason() {
        for name in RiskResult::all_names() {
            let known = Reason::ALL.iter().any(|reason| reason == name);
            assert!(known, "{name} is no reason");
        }
    }
}
