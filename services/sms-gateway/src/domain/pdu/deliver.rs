//! SMS-DELIVER, SC → MS: 3GPP TS 23.040 §9.2.2.1.

use super::octets::Octets;
use super::user_data::{self, Body, Concatenation};
use super::{Address, PduError, address, timestamp};
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

#[cfg(test)]
mod tests {
    use super::super::{AddressKind, FromNetwork, decode};
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
        assert_eq!(message.from.kind, AddressKind::Other);
        assert_eq!(message.sent_at.unwrap().to_string(), "2099-03-29T13:16:59Z");
        assert_eq!(message.body.text().unwrap(), "hellohello");
        assert_eq!(message.concatenation, None);
    }

    #[test]
    fn a_missing_service_centre_is_allowed() {
        let message =
            deliver("00040D91683108108300F0000042112481509023 06 B49A ED 16 C3 01".replace(' ', "").as_str());
        assert_eq!(message.smsc, None);
        assert_eq!(message.from.e164().unwrap().as_str(), "+8613800138000");
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
    fn an_alphanumeric_sender_keeps_its_name() {
        let message = deliver("000407D0C2B07B0D000042112481509023024F25".to_string().as_str());
        assert_eq!(message.from.raw, "Bank");
        assert_eq!(message.from.kind, AddressKind::Alphanumeric);
    }
}
