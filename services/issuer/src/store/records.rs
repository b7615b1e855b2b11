//! Cards and answers as stored: a version byte and protobuf, sealed.

use chit_code_card::{CardSerial, CodeHash, Row};
use chit_verdict::Claim;
use prost::Message;

use super::{Result, StoreError};
use crate::domain::{Act, Ask, Assigned, Card, Custody, Holder, Number};

/// First byte of every record under its seal.
const VERSION: u8 = 1;

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct CardRecord {
    #[prost(uint32, tag = "1")]
    pub serial: u32,
    #[prost(message, repeated, tag = "2")]
    pub assigned: Vec<AssignedRecord>,
    #[prost(uint32, tag = "3")]
    pub wrong_since_right: u32,
    #[prost(uint32, tag = "4")]
    pub chances_since_right: u32,
    #[prost(bool, tag = "5")]
    pub locked: bool,
    #[prost(bool, tag = "6")]
    pub lost: bool,
    /// E.164; empty = nobody is asked.
    #[prost(string, tag = "7")]
    pub phone: String,
    #[prost(string, tag = "8")]
    pub language: String,
}

/// A right row whose payer is being asked.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct AskRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub fingerprint: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub request_id: Vec<u8>,
    /// As verdict.proto has it.
    #[prost(bytes = "vec", tag = "3")]
    pub claim: Vec<u8>,
    #[prost(uint32, tag = "4")]
    pub number: u32,
    #[prost(uint32, tag = "5")]
    pub wrong: u32,
    #[prost(bool, tag = "6")]
    pub handed: bool,
    #[prost(int64, tag = "7")]
    pub asked_ms: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AssignedRecord {
    #[prost(string, tag = "1")]
    pub shop: String,
    #[prost(uint32, tag = "2")]
    pub row: u32,
    #[prost(bool, tag = "3")]
    pub used: bool,
    /// Keyed hashes of wrong codes.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub tried: Vec<Vec<u8>>,
}

/// An act of the issuer's people.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct CustodyRecord {
    #[prost(int64, tag = "1")]
    pub at_ms: i64,
    #[prost(string, tag = "2")]
    pub actor: String,
    #[prost(uint32, tag = "3")]
    pub act: u32,
    #[prost(bytes = "vec", tag = "4")]
    pub card: Vec<u8>,
    /// Empty = none.
    #[prost(bytes = "vec", tag = "5")]
    pub new_card: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    pub previous_sha256: Vec<u8>,
}

/// The first answer to a request.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Answered {
    /// SHA-256 of the request as it came.
    #[prost(bytes = "vec", tag = "1")]
    pub fingerprint: Vec<u8>,
    /// Empty while a payer is asked, and of cards, which are told once.
    #[prost(bytes = "vec", tag = "2")]
    pub answer: Vec<u8>,
}

pub fn encode(record: &impl Message) -> Vec<u8> {
    [&[VERSION][..], &record.encode_to_vec()].concat()
}

pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    match bytes.split_first() {
        Some((&VERSION, body)) => M::decode(body).map_err(|_| StoreError::Damaged("fields of a record")),
        _ => Err(StoreError::Damaged("version of a record")),
    }
}

pub fn from_card(card: &Card) -> CardRecord {
    let assigned = card.assigned.iter().map(|assigned| AssignedRecord {
        shop: assigned.shop.clone(),
        row: assigned.row.get().into(),
        used: assigned.used,
        tried: assigned.tried.iter().map(|hash| hash.0.to_vec()).collect(),
    });
    CardRecord {
        serial: card.serial.get(),
        assigned: assigned.collect(),
        wrong_since_right: card.wrong_since_right.into(),
        chances_since_right: card.chances_since_right.into(),
        locked: card.locked,
        lost: card.lost,
        phone: card.asks.as_ref().map(|holder| holder.phone.clone()).unwrap_or_default(),
        language: card.asks.as_ref().map(|holder| holder.language.tag().to_owned()).unwrap_or_default(),
    }
}

pub fn from_ask(ask: &Ask) -> AskRecord {
    AskRecord {
        fingerprint: ask.fingerprint.to_vec(),
        request_id: ask.request_id.to_vec(),
        claim: ask.claim.encode(),
        number: ask.number.get(),
        wrong: ask.wrong.into(),
        handed: ask.handed,
        asked_ms: ask.asked_ms,
    }
}

pub fn to_ask(id: [u8; 16], record: AskRecord) -> Result<Ask> {
    let damaged = || StoreError::Damaged("fields of an ask");
    Ok(Ask {
        id,
        fingerprint: record.fingerprint.try_into().map_err(|_| damaged())?,
        request_id: record.request_id.try_into().map_err(|_| damaged())?,
        claim: Claim::decode(&record.claim).ok_or_else(damaged)?,
        number: Number::new(record.number).ok_or_else(damaged)?,
        wrong: u8::try_from(record.wrong).map_err(|_| damaged())?,
        handed: record.handed,
        asked_ms: record.asked_ms,
    })
}

pub fn from_custody(custody: &Custody) -> CustodyRecord {
    CustodyRecord {
        at_ms: custody.at_ms,
        actor: custody.actor.clone(),
        act: custody.act as u32,
        card: custody.card.to_vec(),
        new_card: custody.new_card.map(|card| card.to_vec()).unwrap_or_default(),
        previous_sha256: custody.previous_sha256.to_vec(),
    }
}

pub fn to_custody(record: CustodyRecord) -> Result<Custody> {
    let damaged = || StoreError::Damaged("fields of an act of custody");
    let card = |bytes: Vec<u8>| bytes.try_into().map_err(|_| damaged());
    Ok(Custody {
        at_ms: record.at_ms,
        actor: record.actor,
        act: Act::from_number(record.act).ok_or_else(damaged)?,
        card: card(record.card)?,
        new_card: if record.new_card.is_empty() { None } else { Some(card(record.new_card)?) },
        previous_sha256: record.previous_sha256.try_into().map_err(|_| damaged())?,
    })
}

pub fn to_card(holder: [u8; 8], record: CardRecord) -> Result<Card> {
    let small = |value: u32| u8::try_from(value).map_err(|_| StoreError::Damaged("a counter of a card"));
    let assigned = |record: AssignedRecord| {
        let row = Row::new(small(record.row)?).map_err(|_| StoreError::Damaged("a row of a card"))?;
        let hash = |bytes: Vec<u8>| {
            bytes.try_into().map(CodeHash).map_err(|_| StoreError::Damaged("a hash of a card"))
        };
        let tried = record.tried.into_iter().map(hash).collect::<Result<_>>()?;
        Ok(Assigned { shop: record.shop, row, used: record.used, tried })
    };
    let asks = if record.phone.is_empty() {
        None
    } else {
        let language = record.language.parse().map_err(|_| StoreError::Damaged("a holder's language"))?;
        Some(Holder { phone: record.phone, language })
    };
    Ok(Card {
        serial: CardSerial::new(record.serial).map_err(|_| StoreError::Damaged("a card's serial"))?,
        holder,
        assigned: record.assigned.into_iter().map(assigned).collect::<Result<_>>()?,
        wrong_since_right: small(record.wrong_since_right)?,
        chances_since_right: small(record.chances_since_right)?,
        locked: record.locked,
        lost: record.lost,
        asks,
    })
}
