//! Messages as SMPP writes them: SMPP 3.4 §4.4.1 (submit_sm), §4.6.1 (deliver_sm), appendix B (receipts).

use crate::domain::pdu::text::Units;
use crate::domain::pdu::{self, Address, DeliveryOutcome, TextPlan, gsm7};
use crate::store::Row;
use chit_msisdn::TypeOfNumber;
use jiff::Timestamp;
use rusmpp::pdus::{DeliverSm, SubmitSm};
use rusmpp::tlvs::TlvValue;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, IntermediateNotification, MCDeliveryReceipt, MessageState, Npi, RegisteredDelivery,
    SmeOriginatedAcknowledgement, Ton,
};
use rusmpp::{Command, CommandStatus, Pdu};
use sha2::{Digest as _, Sha256};
use std::str::FromStr as _;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::Encoder as _;

/// esm_class: a header before the text; a receipt or an intermediate notification (SMPP 3.4 §5.2.12).
const ESM_HEADER: u8 = 0x40;
const ESM_RECEIPT: u8 = 0x24;
/// IEI 00 (23.040 §9.2.3.24.1).
const CONCATENATION: [u8; 3] = [5, 0x00, 3];

/// `None`: an address or text that SMPP cannot carry.
pub fn submit(row: &Row, source: &str, reports: bool) -> Option<SubmitSm> {
    let message = &row.message;
    let plan = TextPlan::of(&message.text.0, message.parts).ok()?;
    let part = plan.parts.get(usize::from(message.accepted_parts))?;
    let mut octets = Vec::new();
    let mut esm_class = 0;
    if plan.parts.len() > 1 {
        let place = [(row.number % 256) as u8, message.parts, message.accepted_parts + 1];
        octets.extend(CONCATENATION.into_iter().chain(place));
        esm_class = ESM_HEADER;
    }
    // The default alphabet goes unpacked, an octet a septet, as servers expect it.
    let data_coding = match part {
        Units::Septets(septets) => {
            octets.extend(septets);
            DataCoding::McSpecific
        }
        Units::Utf16(units) => {
            octets.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            DataCoding::Ucs2
        }
    };
    let wanted = if reports {
        MCDeliveryReceipt::McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure
    } else {
        MCDeliveryReceipt::default()
    };
    let receipt = RegisteredDelivery::new(
        wanted,
        SmeOriginatedAcknowledgement::default(),
        IntermediateNotification::default(),
        0,
    );
    let submit = SubmitSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr_npi(Npi::Isdn)
        .source_addr(COctetString::from_str(source.trim_start_matches('+')).ok()?)
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(COctetString::from_str(message.to.digits()).ok()?)
        .esm_class(EsmClass::from(esm_class))
        .registered_delivery(receipt)
        .data_coding(data_coding)
        .short_message(OctetString::from_vec(octets).ok()?)
        .build();
    Some(submit)
}

/// The server's number of the message and, when it is final, what became of it. `None`: no receipt.
pub fn receipt(letter: &DeliverSm) -> Option<(String, Option<DeliveryOutcome>)> {
    let named = letter.tlvs().iter().any(|tlv| matches!(tlv.value(), Some(TlvValue::ReceiptedMessageId(_))));
    if u8::from(letter.esm_class) & ESM_RECEIPT == 0 && !named {
        return None;
    }
    let (mut number, mut outcome) = (None, None);
    for value in letter.tlvs().iter().filter_map(|tlv| tlv.value()) {
        match value {
            TlvValue::ReceiptedMessageId(id) => number = Some(id.as_str().to_owned()),
            TlvValue::MessageState(state) => outcome = outcome_of_state(*state),
            _ => {}
        }
    }
    // Appendix B: "id:… sub:001 … stat:DELIVRD err:000 text:…"; servers write it with and without the TLVs.
    let text = letter.short_message().to_str().unwrap_or_default();
    let number = number.or_else(|| field(text, "id:").map(str::to_owned))?;
    Some((number, outcome.or_else(|| field(text, "stat:").and_then(outcome_of_word))))
}

/// Of a message; of a receipt whom the message was for.
pub fn sender(letter: &DeliverSm) -> Address {
    let kind = TypeOfNumber::from_bits(letter.source_addr_ton.into());
    Address { kind, raw: letter.source_addr.as_str().to_owned() }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split_ascii_whitespace().find_map(|word| word.strip_prefix(name))
}

fn outcome_of_state(state: MessageState) -> Option<DeliveryOutcome> {
    match u8::from(state) {
        2 => Some(DeliveryOutcome::Delivered),
        3 | 4 | 5 | 8 => Some(DeliveryOutcome::Undelivered),
        _ => None,
    }
}

fn outcome_of_word(word: &str) -> Option<DeliveryOutcome> {
    match word {
        "DELIVRD" => Some(DeliveryOutcome::Delivered),
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => Some(DeliveryOutcome::Undelivered),
        _ => None,
    }
}

/// What tells a letter from another one: all of it but its sequence number, which a repetition does not keep.
pub fn hash(letter: &DeliverSm) -> Option<[u8; 32]> {
    let mut bytes = BytesMut::new();
    let command = Command::new(CommandStatus::EsmeRok, 0, Pdu::DeliverSm(letter.clone()));
    CommandCodec::new().encode(command, &mut bytes).ok()?;
    Some(Sha256::digest(&bytes).into())
}

/// The same message as an SMS-DELIVER, which the inbox knows how to keep, join and show.
pub fn pdu(letter: &DeliverSm, now: Timestamp) -> Vec<u8> {
    let payload = letter.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessagePayload(payload)) => Some(payload.value.as_ref()),
        _ => None,
    });
    let text = payload.unwrap_or_else(|| letter.short_message().as_ref());
    let has_header = u8::from(letter.esm_class) & ESM_HEADER != 0;
    let header_octets =
        if has_header { text.first().map_or(0, |length| usize::from(*length) + 1) } else { 0 };
    let (header, body) = text.split_at(header_octets.min(text.len()));
    let from = pdu::deliver::Sender {
        digits: letter.source_addr.as_str(),
        kind: TypeOfNumber::from_bits(letter.source_addr_ton.into()),
    };
    let units = match u8::from(letter.data_coding) {
        // The server's default alphabet, taken for GSM's.
        0 => Units::Septets(body.iter().map(|septet| septet & 0x7F).collect()),
        8 => Units::Utf16(body.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()),
        // ASCII and Latin 1; anything else reads as well as it can.
        _ => {
            let text: String = body.iter().map(|octet| char::from(*octet)).collect();
            match gsm7::encode(&text) {
                Some(septets) => Units::Septets(septets),
                None => Units::Utf16(text.encode_utf16().collect()),
            }
        }
    };
    pdu::deliver::write(&from, header, &units, now)
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
