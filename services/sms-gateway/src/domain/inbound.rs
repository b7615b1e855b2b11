//! Incoming messages: single ones as they come, parts of a long one put together.

use super::pdu::{Address, Body, Concatenation, Deliver};
use super::phone::SmsText;
use jiff::{SignedDuration, Timestamp};

/// A long message whose parts do not all come in this time is passed on with `complete = false`.
pub const PARTS_WAIT: SignedDuration = SignedDuration::from_mins(10);
/// How long an equal TPDU counts as the same message read twice.
pub const DUPLICATE_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundEncoding {
    Gsm7,
    Ucs2,
    Data,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    pub from: Address,
    /// Empty for 8-bit data: octets shown as digits could be taken for a code.
    pub text: SmsText,
    pub encoding: InboundEncoding,
    pub units: u32,
    pub complete: bool,
    pub service_centre_time: Option<Timestamp>,
    pub received_at: Timestamp,
    /// The modem it came by.
    pub modem: String,
    /// More than its sender may write in this time; kept, but nobody should act on it.
    pub over_rate: bool,
    /// As the network wrote it; empty = not given.
    pub service_centre: String,
}

/// Parts belong together when sender, reference and total agree (23.040 §9.2.3.24.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartKey {
    pub from: String,
    pub reference: u16,
    pub total: u8,
}

pub fn part_key(deliver: &Deliver, part: Concatenation) -> PartKey {
    PartKey { from: deliver.from.raw.clone(), reference: part.reference, total: part.total }
}

/// A message of `parts`, which must not be empty and are in order of their numbers. `total` 1 = a single one.
pub fn assemble(parts: &[&Deliver], total: u8, modem: &str, received_at: Timestamp) -> Option<Incoming> {
    let first = parts.first()?;
    let bodies: Vec<&Body> = parts.iter().map(|part| &part.body).collect();
    Some(Incoming {
        from: first.from.clone(),
        text: SmsText(Body::join(&bodies).unwrap_or_default()),
        encoding: match first.body {
            Body::Septets(..) => InboundEncoding::Gsm7,
            Body::Utf16(_) => InboundEncoding::Ucs2,
            Body::Data(_) => InboundEncoding::Data,
        },
        units: bodies.iter().map(|body| units(body)).sum(),
        complete: parts.len() == usize::from(total),
        service_centre_time: first.sent_at,
        received_at,
        modem: modem.to_owned(),
        over_rate: false,
        service_centre: first.smsc.as_ref().map(|smsc| smsc.raw.clone()).unwrap_or_default(),
    })
}

fn units(body: &Body) -> u32 {
    let count = match body {
        Body::Septets(units, _) => units.len(),
        Body::Utf16(units) => units.len(),
        Body::Data(octets) => octets.len(),
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chit_msisdn::TypeOfNumber;

    fn part(number: u8, units: Vec<u16>) -> Deliver {
        Deliver {
            smsc: None,
            from: Address { kind: TypeOfNumber::International, raw: "+8613800138000".into() },
            sent_at: None,
            body: Body::Utf16(units),
            concatenation: Some(Concatenation { reference: 9, total: 2, number }),
        }
    }

    #[test]
    fn all_parts_make_a_complete_text_and_some_make_an_incomplete_one() {
        let (one, two) = (part(1, vec![0x4ED8, 0xD83D]), part(2, vec![0xDE00]));
        let whole = assemble(&[&one, &two], 2, "m", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((whole.text.0.as_str(), whole.complete, whole.units), ("付😀", true, 3));
        let half = assemble(&[&two], 2, "m", Timestamp::UNIX_EPOCH).unwrap();
        assert!(!half.complete);
        assert!(assemble(&[], 2, "m", Timestamp::UNIX_EPOCH).is_none());
    }

    #[test]
    fn data_is_never_shown_as_text() {
        let mut data = part(1, Vec::new());
        data.body = Body::Data(vec![0x12, 0x34, 0x56]);
        let message = assemble(&[&data], 1, "m", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((message.text.0.as_str(), message.encoding), ("", InboundEncoding::Data));
    }
}
