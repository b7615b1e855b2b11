//! What is stored, as protobuf: plain shapes without rules. Each aggregate turns its record into its own types in its
//! `stored.rs`, and nowhere else. Times are unix milliseconds; ids are their bytes.

pub mod bank;
pub mod challenge;
pub mod collection;
pub mod custody;
pub mod dispute;
pub mod event;
pub mod forward;
pub mod house;
pub mod outbox;
pub mod payer;
pub mod request;
pub mod sale;
pub mod shift;
pub mod staff;

use jiff::Timestamp;
use prost::Message;

use crate::values::refusal::{Refusal, Result};
use crate::values::time;

/// First byte of every stored record.
const RECORD_VERSION: u8 = 1;

pub fn encode(record: &impl Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(record.encoded_len() + 1);
    bytes.push(RECORD_VERSION);
    bytes.extend(record.encode_to_vec());
    bytes
}

pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    match bytes.split_first() {
        Some((&RECORD_VERSION, body)) => from_body(body),
        _ => Err(damaged("a record has an unknown version")),
    }
}

/// A record without its version: what the history compares and the vault seals.
pub fn body(record: &impl Message) -> Vec<u8> {
    record.encode_to_vec()
}

pub fn from_body<M: Message + Default>(body: &[u8]) -> Result<M> {
    M::decode(body).map_err(|error| damaged(&format!("a record cannot be read ({error})")))
}

/// The store holds what no program of this kind wrote.
pub fn damaged(what: &str) -> Refusal {
    Refusal::internal(format!("checkout's state is damaged: {what}; restore the backup"))
}

/// An id of 16 bytes.
pub fn id<T: From<[u8; 16]>>(bytes: &[u8]) -> Result<T> {
    let bytes: [u8; 16] = bytes.try_into().map_err(|_length| damaged("an id is not 16 bytes"))?;
    Ok(bytes.into())
}

/// An id that may be absent: no bytes.
pub fn optional_id<T: From<[u8; 16]>>(bytes: &[u8]) -> Result<Option<T>> {
    if bytes.is_empty() { Ok(None) } else { id(bytes).map(Some) }
}

pub fn ids<T: From<[u8; 16]>>(list: &[Vec<u8>]) -> Result<Vec<T>> {
    list.iter().map(|bytes| id(bytes)).collect()
}

/// The bytes of an id that may be absent.
pub fn bytes_of(id: Option<[u8; 16]>) -> Vec<u8> {
    id.map(Vec::from).unwrap_or_default()
}

/// Bytes of a fixed number: hashes, salts.
pub fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_length| damaged("bytes of a fixed number are more or fewer"))
}

pub fn optional_fixed<const N: usize>(bytes: &[u8]) -> Result<Option<[u8; N]>> {
    if bytes.is_empty() { Ok(None) } else { fixed(bytes).map(Some) }
}

pub fn optional_ms(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millisecond)
}

pub fn optional_time(ms: Option<i64>) -> Option<Timestamp> {
    ms.map(time::from_ms)
}

pub fn some_text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A number that counts to 255 at most.
pub fn small(value: u32) -> Result<u8> {
    u8::try_from(value).map_err(|_large| damaged("a small number is large"))
}

/// A day that may be absent: no text.
pub fn optional_day(text: &str) -> Result<Option<jiff::civil::Date>> {
    if text.is_empty() { Ok(None) } else { parsed(text, "a day").map(Some) }
}

/// A text that reads as what it was written from.
pub fn parsed<T: std::str::FromStr>(text: &str, what: &str) -> Result<T> {
    text.parse().map_err(|_unreadable| damaged(&format!("{what} cannot be read")))
}
