//! SMS transfer PDUs (3GPP TS 23.040) with their alphabets (3GPP TS 23.038). No input can make it panic.

pub mod address;
pub mod data_coding;
pub mod deliver;
pub mod gsm7;
mod octets;
mod shift_tables;
pub mod status_report;
pub mod submit;
pub mod text;
pub mod timestamp;
pub mod user_data;

pub use address::Address;
pub use deliver::Deliver;
pub use shift_tables::Shifts;
pub use status_report::{DeliveryOutcome, StatusReport};
pub use submit::{Submit, SubmitError};
pub use text::{Encoding, TextPlan};
pub use user_data::{Body, Concatenation};

/// Why a PDU from the modem could not be read. Offsets are in octets; no content is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    #[error("not an even number of hexadecimal digits")]
    NotHex,
    #[error("ends early: {needed} more octets expected at offset {offset}")]
    Truncated { offset: usize, needed: usize },
    #[error("address of {digits} semi-octets is longer than 20 (23.040 9.1.2.5)")]
    AddressTooLong { digits: u8 },
    #[error("message type indicator {0} is not one a modem hands over")]
    UnknownType(u8),
    #[error("user data header is longer than the user data")]
    BadHeader,
    #[error("user data length {0} is above 160 septets or 140 octets")]
    UserDataTooLong(u8),
}

/// What a modem hands over: everything of type SC → MS (23.040 9.2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromNetwork {
    Deliver(Deliver),
    StatusReport(StatusReport),
}

/// TP-Message-Type-Indicator, bits 1..0 of the first octet (23.040 9.2.3.1).
const TYPE_MASK: u8 = 0b11;
const TYPE_DELIVER: u8 = 0b00;
const TYPE_STATUS_REPORT: u8 = 0b10;

/// Reads a PDU as `+CMGL`, `+CMGR`, `+CMT` and `+CDS` give it: SMSC address first (27.005 3.1, `<pdu>`).
pub fn decode(bytes: &[u8]) -> Result<FromNetwork, PduError> {
    let mut reader = octets::Octets::new(bytes);
    let smsc = address::read_smsc(&mut reader)?;
    let first = reader.u8()?;
    match first & TYPE_MASK {
        TYPE_DELIVER => deliver::read(smsc, first, &mut reader).map(FromNetwork::Deliver),
        TYPE_STATUS_REPORT => status_report::read(smsc, &mut reader).map(FromNetwork::StatusReport),
        other => Err(PduError::UnknownType(other)),
    }
}

/// The PDU without its SMSC part; what identifies a message when the modem lists it again.
pub fn tpdu(bytes: &[u8]) -> &[u8] {
    let skip = bytes.first().map_or(0, |&length| usize::from(length) + 1);
    bytes.get(skip..).unwrap_or(bytes)
}

pub fn from_hex(line: &str) -> Result<Vec<u8>, PduError> {
    hex::decode(line.trim()).map_err(|_| PduError::NotHex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn garbage_is_an_error_not_a_panic() {
        assert_eq!(from_hex("07911"), Err(PduError::NotHex));
        assert_eq!(decode(&[]), Err(PduError::Truncated { offset: 0, needed: 1 }));
        assert_eq!(decode(&[0x00, 0x03]), Err(PduError::UnknownType(3)));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail_cleanly(bytes in proptest::collection::vec(any::<u8>(), 0..220)) {
            let _ = decode(&bytes);
            let _ = tpdu(&bytes);
        }

        #[test]
        fn a_damaged_deliver_decodes_or_fails_cleanly(at in 0usize..40, to in any::<u8>(), cut in 0usize..40) {
            let mut bytes = hex::decode(
                "07911326040000F0440B911346610089F60000208062917314080F06080412340201E8329BFD8ED900",
            ).unwrap();
            bytes[at] = to;
            bytes.truncate(bytes.len() - cut);
            let _ = decode(&bytes);
        }
    }
}
