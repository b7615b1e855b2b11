//! TP-User-Data with its header: 3GPP TS 23.040 §9.2.3.24.

use super::data_coding::{Alphabet, alphabet};
use super::octets::Octets;
use super::shift_tables::Shifts;
use super::{PduError, gsm7};
use std::fmt;

/// §9.2.3.16: TP-UDL counts septets for the default alphabet, octets otherwise.
const SEPTETS_MAX: u8 = 160;
const OCTETS_MAX: u8 = 140;
/// §9.2.3.24.1 and §9.2.3.24.8.
const IEI_CONCAT_8BIT: u8 = 0x00;
const IEI_CONCAT_16BIT: u8 = 0x08;
/// §9.2.3.24.15 and §9.2.3.24.16: national language single and locking shift.
const IEI_SINGLE_SHIFT: u8 = 0x24;
const IEI_LOCKING_SHIFT: u8 = 0x25;

/// One part of a longer message. `number` runs from 1 to `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concatenation {
    pub reference: u16,
    pub total: u8,
    pub number: u8,
}

/// Code units, not text: an escape or a surrogate pair may be cut between two parts.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    Septets(Vec<u8>, Shifts),
    Utf16(Vec<u16>),
    Data(Vec<u8>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Septets(units, _) => write!(f, "Septets({})", units.len()),
            Self::Utf16(units) => write!(f, "Utf16({})", units.len()),
            Self::Data(octets) => write!(f, "Data({} octets)", octets.len()),
        }
    }
}

impl Body {
    /// `None` for 8-bit data, which is not text.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Septets(units, shifts) => Some(gsm7::decode_shifted(units, *shifts)),
            Self::Utf16(units) => Some(String::from_utf16_lossy(units)),
            Self::Data(_) => None,
        }
    }

    /// Puts the parts of one message together; parts of one alphabet are joined before they are decoded.
    pub fn join(parts: &[&Body]) -> Option<String> {
        let mut joined: Option<Body> = None;
        let mut text = String::new();
        for part in parts {
            match (&mut joined, part) {
                (Some(Body::Septets(units, shifts)), Body::Septets(more, same)) if shifts == same => {
                    units.extend(more);
                }
                (Some(Body::Utf16(units)), Body::Utf16(more)) => units.extend(more),
                (before, next) => {
                    if let Some(before) = before.take() {
                        text.push_str(&before.text()?);
                    }
                    joined = Some((*next).clone());
                }
            }
        }
        text.push_str(&joined?.text()?);
        Some(text)
    }
}

pub struct UserData {
    pub body: Body,
    pub concatenation: Option<Concatenation>,
}

/// Reads TP-UDL and TP-UD.
pub fn read(dcs: u8, has_header: bool, reader: &mut Octets<'_>) -> Result<UserData, PduError> {
    let length = reader.u8()?;
    let alphabet = alphabet(dcs);
    let (limit, octet_count) = match alphabet {
        Alphabet::Gsm7 => (SEPTETS_MAX, (usize::from(length) * 7).div_ceil(8)),
        Alphabet::Octets | Alphabet::Ucs2 => (OCTETS_MAX, usize::from(length)),
    };
    if length > limit {
        return Err(PduError::UserDataTooLong(length));
    }
    let octets = reader.take(octet_count)?;
    let header_octets =
        if has_header { 1 + usize::from(*octets.first().ok_or(PduError::BadHeader)?) } else { 0 };
    if header_octets > octets.len() {
        return Err(PduError::BadHeader);
    }
    let header = octets[..header_octets].get(1..).unwrap_or_default();
    let concatenation = elements(header).filter_map(|(iei, value)| concatenation(iei, value)).last();
    let body = match alphabet {
        Alphabet::Gsm7 => {
            // §9.2.3.24: text starts at the next septet boundary after the header.
            let skip = (header_octets * 8).div_ceil(7);
            let count = usize::from(length).checked_sub(skip).ok_or(PduError::BadHeader)?;
            Body::Septets(gsm7::unpack(octets, skip, count), find_shifts(header))
        }
        Alphabet::Ucs2 => Body::Utf16(utf16_units(&octets[header_octets..])),
        Alphabet::Octets => Body::Data(octets[header_octets..].to_vec()),
    };
    Ok(UserData { body, concatenation })
}

/// A last odd octet cannot be a code unit and is dropped.
fn utf16_units(octets: &[u8]) -> Vec<u16> {
    octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

/// Information elements of a header; one that is cut off ends them.
fn elements(mut header: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [iei, length, rest @ ..] = header else { return None };
        let (value, next) = rest.split_at_checked(usize::from(*length))?;
        header = next;
        Some((*iei, value))
    })
}

/// §9.2.3.24: of repeated elements the last one counts; impossible part numbers are ignored (§9.2.3.24.1).
fn concatenation(iei: u8, value: &[u8]) -> Option<Concatenation> {
    let found = match (iei, value) {
        (IEI_CONCAT_8BIT, &[reference, total, number]) => {
            Concatenation { reference: reference.into(), total, number }
        }
        (IEI_CONCAT_16BIT, &[high, low, total, number]) => {
            Concatenation { reference: u16::from_be_bytes([high, low]), total, number }
        }
        _ => return None,
    };
    (found.number >= 1 && found.number <= found.total).then_some(found)
}

fn find_shifts(header: &[u8]) -> Shifts {
    let language = |wanted: u8| {
        let values = elements(header).filter(|(iei, value)| *iei == wanted && value.len() == 1);
        values.last().map_or(0, |(_, value)| value[0])
    };
    Shifts::new(language(IEI_LOCKING_SHIFT), language(IEI_SINGLE_SHIFT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(dcs: u8, has_header: bool, hex_text: &str) -> Result<UserData, PduError> {
        read(dcs, has_header, &mut Octets::new(&hex::decode(hex_text).unwrap()))
    }

    #[test]
    fn a_surrogate_pair_cut_between_two_parts_is_whole_after_joining() {
        let first = Body::Utf16(vec![0x0041, 0xD83D]);
        let second = Body::Utf16(vec![0xDE00]);
        assert_eq!(Body::join(&[&first, &second]).unwrap(), "A😀");
    }

    #[test]
    fn an_escape_cut_between_two_parts_is_whole_after_joining() {
        let first = Body::Septets(vec![0x41, 0x1B], Shifts::default());
        let second = Body::Septets(vec![0x65, 0x42], Shifts::default());
        assert_eq!(Body::join(&[&first, &second]).unwrap(), "A€B");
    }

    #[test]
    fn parts_of_different_alphabets_are_decoded_one_by_one() {
        let first = Body::Septets(vec![0x41], Shifts::default());
        let second = Body::Utf16(vec![0x4ED8]);
        assert_eq!(Body::join(&[&first, &second]).unwrap(), "A付");
        assert_eq!(Body::join(&[&first, &Body::Data(vec![1])]), None);
    }

    #[test]
    fn data_and_odd_ucs2_are_kept_as_far_as_they_go() {
        assert_eq!(parse(0x04, false, "03010203").unwrap().body, Body::Data(vec![1, 2, 3]));
        assert_eq!(parse(0x08, false, "034ED841").unwrap().body, Body::Utf16(vec![0x4ED8]));
    }

    #[test]
    fn other_header_elements_and_impossible_part_numbers_are_ignored() {
        let ports = parse(0x04, true, "0B0504158200000003070201FF00");
        assert!(ports.is_ok());
        let bad_number = parse(0x04, true, "06050003070203").unwrap();
        assert_eq!(bad_number.concatenation, None);
        let both = parse(0x04, true, "0C0B05041582000000030702 01".replace(' ', "").as_str()).unwrap();
        assert_eq!(both.concatenation, Some(Concatenation { reference: 7, total: 2, number: 1 }));
    }

    #[test]
    fn a_national_alphabet_of_the_header_is_used() {
        // Turkish locking and single shift: "ı" (07), "ş" (1D), then an escape with "ğ" (67).
        let septets = gsm7::pack(&[&[0; 8][..], &[0x07, 0x1D, 0x1B, 0x67]].concat());
        let header = [6, IEI_SINGLE_SHIFT, 1, 1, IEI_LOCKING_SHIFT, 1, 1];
        let octets = [&[12][..], &header, &septets[7..]].concat();
        let read = read(0x00, true, &mut Octets::new(&octets)).unwrap();
        assert_eq!(read.body.text().unwrap(), "ışğ");
    }

    #[test]
    fn a_header_longer_than_the_data_is_refused() {
        assert_eq!(parse(0x04, true, "03050102").err(), Some(PduError::BadHeader));
        assert_eq!(parse(0x00, true, "00").err(), Some(PduError::BadHeader));
        assert_eq!(parse(0x00, false, "A1").err(), Some(PduError::UserDataTooLong(161)));
    }
}
