//! SMS-DELIVER, SC → MS: 3GPP TS 23.040 §9.2.2.1.

use super::octets::Octets;
use super::text::Units;
use super::user_data::{self, Body, Concatenation};
use super::{Address, PduError, address, gsm7, timestamp};
use chit_msisdn::TypeOfNumber;
use jiff::Timestamp;

/// TP-User-Data-Header-Indicator, bit 6 (§9.2.3.23).
pub(super) const HEADER_INDICATOR: u8 = 0x40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    pub smsc: Option<Address>,
    pub from: Address,
    /// The service centre's clock; a claim.
    pub sent_at: Option<Timestamp>,
    pub body: Body,
    pub concatenation: Option<Concatenation>,
}

pub(super) fn read(smsc: Option<Address>, first: u8, reader: &mut Octets<'_>) -> Result<Deliver, PduError> {
    let from = address::read(reader)?;
    let _protocol_id = reader.u8()?;
    let dcs = reader.u8()?;
    let sent_at = timestamp::decode(reader.take(timestamp::OCTETS)?);
    let data = user_data::read(dcs, first & HEADER_INDICATOR != 0, reader)?;
    Ok(Deliver { smsc, from, sent_at, body: data.body, concatenation: data.concatenation })
}

/// Sender of a message that came by another way than a modem.
pub struct Sender<'a> {
    pub digits: &'a str,
    pub kind: TypeOfNumber,
}

/// What came by another way, as a DELIVER without service centre: the inbox has one kind of record. `header` is a whole
/// user data header or empty.
pub fn write(from: &Sender<'_>, header: &[u8], units: &Units, sent_at: Timestamp) -> Vec<u8> {
    let indicator = if header.is_empty() { 0 } else { HEADER_INDICATOR };
    let mut out = vec![0, indicator];
    address::write_sender(from.digits, from.kind, &mut out);
    // TP-PID 0.
    out.push(0);
    let (dcs, length, data) = match units {
        Units::Septets(septets) => {
            let header_septets = (header.len() * 8).div_ceil(7);
            let spaced = [&vec![0; header_septets][..], septets].concat();
            let mut data = gsm7::pack(&spaced);
            data[..header.len()].copy_from_slice(header);
            (0x00, spaced.len(), data)
        }
        Units::Utf16(units) => {
            let mut data = header.to_vec();
            data.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            (0x08, data.len(), data)
        }
    };
    out.push(dcs);
    out.extend(timestamp::encode(sent_at));
    // A longer text than an SMS can hold says so when it is read, and is kept as it came.
    out.push(u8::try_from(length).unwrap_or(u8::MAX));
    out.extend(data);
    out
}

#[cfg(test)]
mod tests {
    use super::super::{FromNetwork, decode};
    use super::*;

    fn deliver(hex_text: &str) -> Deliver {
        match decode(&hex::decode(hex_text).unwrap()).unwrap() {
            FromNetwork::Deliver(deliver) => deliver,
            FromNetwork::StatusReport(_) => panic!("not a DELIVER"),
        }
    }

    #[test]
    fn a_plain_text_has_sender_centre_and_time() {
        // The published counterpart of "hellohello", from +27838890001 through +27381000015.
        let message = deliver("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37");
        assert_eq!(message.smsc.unwrap().raw, "+27381000015");
        // Type 0xC8 is not international: digits without a plus.
        assert_eq!(message.from.raw, "27838890001");
        assert_eq!(message.from.kind, TypeOfNumber::Subscriber);
        assert_eq!(message.sent_at.unwrap().to_string(), "2099-03-29T13:16:59Z");
        assert_eq!(message.body.text().unwrap(), "hellohello");
        assert_eq!(message.concatenation, None);
    }

    #[test]
    fn a_missing_service_centre_is_allowed() {
        let message =
            deliver("00040D91683108108300F0000042112481509023 06 B49A ED 16 C3 01".replace(' ', "").as_str());
        assert_eq!(message.smsc, None);
        assert_eq!(message.from.raw, "+8613800138000");
    }

    #[test]
    fn a_reference_of_sixteen_bits_is_read_and_the_text_starts_at_its_septet() {
        let message =
            deliver("07911326040000F0440B911346610089F60000208062917314080F06080412340201E8329BFD8ED900");
        assert_eq!(message.concatenation, Some(Concatenation { reference: 0x1234, total: 2, number: 1 }));
        assert_eq!(message.body.text().unwrap(), "hello16");
    }

    #[test]
    fn a_reference_of_eight_bits_is_read_and_the_fill_bit_is_skipped() {
        let message =
            deliver("07911326040000F0440B911346610089F60000208062917314080E050003AB0201D06536FB0DC301");
        assert_eq!(message.concatenation, Some(Concatenation { reference: 0xAB, total: 2, number: 1 }));
        assert_eq!(message.body.text().unwrap(), "hello08");
    }

    #[test]
    fn a_chinese_reply_is_read_as_utf16() {
        let message =
            deliver("00040D91683108108300F00008421142815090230 6 5426D83DDE00".replace(' ', "").as_str());
        assert_eq!(message.body.text().unwrap(), "否😀");
    }

    #[test]
    fn a_message_of_another_way_reads_back_from_its_pdu() {
        let now = "2026-11-24T10:05:09Z".parse().unwrap();
        let from = Sender { digits: "8613800138000", kind: TypeOfNumber::International };
        let septets = Units::Septets(gsm7::encode("PAY 481516 €").unwrap());
        let Ok(FromNetwork::Deliver(plain)) = decode(&write(&from, &[], &septets, now)) else {
            panic!("unread")
        };
        assert_eq!((plain.body.text().unwrap().as_str(), plain.sent_at), ("PAY 481516 €", Some(now)));
        assert_eq!(plain.from.raw, "+8613800138000");
        let header = [5, 0, 3, 7, 2, 1];
        let units = Units::Utf16("否😀".encode_utf16().collect());
        for units in [septets, units] {
            let name = Sender { digits: "BANK", kind: TypeOfNumber::Unknown };
            let Ok(FromNetwork::Deliver(part)) = decode(&write(&name, &header, &units, now)) else {
                panic!("unread")
            };
            assert_eq!(part.concatenation, Some(Concatenation { reference: 7, total: 2, number: 1 }));
            assert_eq!((part.from.raw.as_str(), part.from.kind), ("BANK", TypeOfNumber::Alphanumeric));
        }
    }

    #[test]
    fn an_alphanumeric_sender_keeps_its_name() {
        let message = deliver("000407D0C2B07B0D000042112481509023024F25".to_string().as_str());
        assert_eq!(message.from.raw, "Bank");
        assert_eq!(message.from.kind, TypeOfNumber::Alphanumeric);
    }
}
