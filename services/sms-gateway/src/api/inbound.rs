//! Incoming messages on the wire.

use super::pb;
use crate::domain::inbound::InboundEncoding;
use crate::domain::pdu::AddressKind;
use crate::store::InboundRow;
use chit_runtime::clock::to_proto;

pub fn encode(row: InboundRow) -> pb::Inbound {
    let message = row.message;
    let e164 = message.from.e164();
    let kind = match (message.from.kind, &e164) {
        (AddressKind::Alphanumeric, _) => pb::SenderKind::Alphanumeric,
        (_, Some(_)) => pb::SenderKind::E164,
        (_, None) => pb::SenderKind::Short,
    };
    pb::Inbound {
        seq: row.seq,
        from_raw: message.from.raw,
        from_e164: e164.map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
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
