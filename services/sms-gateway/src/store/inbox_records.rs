//! Records of the inbox as stored.

use super::records::time;
use super::txn::Sealed;
use super::{Result, StoreError};
use crate::domain::inbound::{InboundEncoding, Incoming};
use crate::domain::pdu::Address;
use crate::domain::phone::SmsText;
use chit_msisdn::TypeOfNumber;
use jiff::Timestamp;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct InboundRecord {
    #[prost(string, tag = "1")]
    from_raw: String,
    #[prost(uint32, tag = "2")]
    from_kind: u32,
    #[prost(string, tag = "3")]
    text: String,
    #[prost(uint32, tag = "4")]
    encoding: u32,
    #[prost(uint32, tag = "5")]
    units: u32,
    #[prost(bool, tag = "6")]
    complete: bool,
    #[prost(int64, optional, tag = "7")]
    service_centre_time: Option<i64>,
    #[prost(int64, tag = "8")]
    pub received_at: i64,
    #[prost(string, tag = "9")]
    modem: String,
    #[prost(bool, tag = "10")]
    over_rate: bool,
    #[prost(string, tag = "11")]
    service_centre: String,
}

/// One part of a long message, as it came.
#[derive(Clone, PartialEq, Message)]
pub struct PartRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub pdu: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub received_at: i64,
    #[prost(string, tag = "3")]
    pub modem: String,
}

/// A PDU that could not be read, as it came.
#[derive(Clone, PartialEq, Message)]
pub struct UndecodedRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub pdu: Vec<u8>,
    #[prost(int64, tag = "2")]
    pub received_at: i64,
    #[prost(string, tag = "3")]
    pub modem: String,
}

impl Sealed for InboundRecord {
    const WHAT: &'static str = "inbound";
}

impl Sealed for PartRecord {
    const WHAT: &'static str = "part";
}

impl Sealed for UndecodedRecord {
    const WHAT: &'static str = "undecoded";
}

impl InboundRecord {
    pub fn of(message: &Incoming) -> Self {
        Self {
            from_raw: message.from.raw.clone(),
            from_kind: kind_number(message.from.kind),
            text: message.text.0.clone(),
            encoding: match message.encoding {
                InboundEncoding::Gsm7 => 1,
                InboundEncoding::Ucs2 => 2,
                InboundEncoding::Data => 3,
            },
            units: message.units,
            complete: message.complete,
            service_centre_time: message.service_centre_time.map(Timestamp::as_microsecond),
            received_at: message.received_at.as_microsecond(),
            modem: message.modem.clone(),
            over_rate: message.over_rate,
            service_centre: message.service_centre.clone(),
        }
    }

    pub fn message(self) -> Result<Incoming> {
        let kind = kind(self.from_kind)?;
        Ok(Incoming {
            from: Address { kind, raw: self.from_raw },
            text: SmsText(self.text),
            encoding: match self.encoding {
                1 => InboundEncoding::Gsm7,
                2 => InboundEncoding::Ucs2,
                3 => InboundEncoding::Data,
                _ => return Err(StoreError::Corrupt("encoding")),
            },
            units: self.units,
            complete: self.complete,
            service_centre_time: self.service_centre_time.map(time).transpose()?,
            received_at: time(self.received_at)?,
            modem: self.modem,
            over_rate: self.over_rate,
            service_centre: self.service_centre,
        })
    }
}

/// 2 stood for all but 1 and 3 in records of the first version.
const KINDS: [(u32, TypeOfNumber); 8] = [
    (1, TypeOfNumber::International),
    (2, TypeOfNumber::Unknown),
    (3, TypeOfNumber::Alphanumeric),
    (4, TypeOfNumber::National),
    (5, TypeOfNumber::NetworkSpecific),
    (6, TypeOfNumber::Subscriber),
    (7, TypeOfNumber::Abbreviated),
    (8, TypeOfNumber::Reserved),
];

fn kind_number(kind: TypeOfNumber) -> u32 {
    KINDS.iter().find(|(_, known)| *known == kind).map_or(2, |(number, _)| *number)
}

fn kind(number: u32) -> Result<TypeOfNumber> {
    let found = KINDS.iter().find(|(known, _)| *known == number);
    found.map(|(_, kind)| *kind).ok_or(StoreError::Corrupt("sender"))
}
