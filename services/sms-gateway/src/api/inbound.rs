//! Incoming messages on the wire.

use super::pb;
use crate::domain::inbound::InboundEncoding;
use crate::domain::pdu::Address;
use crate::store::InboundRow;
use chit_msisdn::{Sender, TypeOfNumber};
use chit_runtime::clock::to_proto;

pub fn encode(row: InboundRow) -> pb::Inbound {
    let (message, sender) = (row.message, row.sender);
    let kind = match sender {
        Sender::Candidates(_) => pb::SenderKind::E164,
        Sender::Alphanumeric => pb::SenderKind::Alphanumeric,
        Sender::ShortCode | Sender::Unreadable => pb::SenderKind::Short,
    };
    pb::Inbound {
        seq: row.seq,
        from_e164: likeliest(&sender, &message.from),
        from_candidates: sender.candidates().iter().map(|number| number.as_str().to_owned()).collect(),
        type_of_number: message.from.kind.bits().into(),
        from_raw: message.from.raw,
        sender_kind: kind.into(),
        text: message.text.0,
        complete: message.complete,
        encoding: match message.encoding {
            InboundEncoding::Gsm7 => pb::Encoding::Gsm7,
            InboundEncoding::Ucs2 => pb::Encoding::Ucs2,
            InboundEncoding::Data => pb::Encoding::Encoding8bit,
        }
        .into(),
        text_chars: message.units,
        service_centre_time: message.service_centre_time.map(to_proto),
        receive_time: Some(to_proto(message.received_at)),
        modem: message.modem,
        over_rate: message.over_rate,
        service_centre: message.service_centre,
    }
}

/// The only candidate, or the first one where the network says "international" and its number exists.
fn likeliest(sender: &Sender, from: &Address) -> String {
    match sender.candidates() {
        [only] => only.as_str().to_owned(),
        [first, ..] if from.kind == TypeOfNumber::International => first.as_str().to_owned(),
        _ => String::new(),
    }
}
