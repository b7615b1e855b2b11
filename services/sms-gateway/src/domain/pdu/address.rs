//! Address fields: 3GPP TS 23.040 §9.1.2.5 (TP-OA, TP-DA, TP-RA) and 24.011 §8.2.5.1 (service centre).

use super::octets::Octets;
use super::{PduError, gsm7};
use crate::domain::phone::PhoneE164;
use chit_msisdn::{Country, Sender, TypeOfNumber};
use std::fmt;

/// Type-of-address octet: extension bit, type of number (bits 6..4), numbering plan (bits 3..0).
const TYPE_INTERNATIONAL: u8 = 0x91;
const TYPE_UNKNOWN: u8 = 0x81;
const TYPE_ALPHANUMERIC: u8 = 0xD0;
const NAME_SEPTETS_MAX: usize = 11;
/// Where the three bits of the type of number begin.
const NUMBER_TYPE_SHIFT: u8 = 4;
/// §9.1.2.5: the whole field has at most 12 octets, so the value has at most 20 semi-octets.
const SEMI_OCTETS_MAX: u8 = 20;

#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// A hint: networks say "unknown" of full numbers and "international" of national ones.
    pub kind: TypeOfNumber,
    /// Digits (with `+` when international) or the name, as the network gave it.
    pub raw: String,
}

impl Address {
    /// Who it may mean in the shop's country.
    pub fn sender(&self, country: Country) -> Sender {
        chit_msisdn::sender(&self.raw, self.kind, country)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({:?}, …)", self.kind)
    }
}

/// Length in useful semi-octets, type, then the value.
pub fn read(reader: &mut Octets<'_>) -> Result<Address, PduError> {
    let digits = reader.u8()?;
    if digits > SEMI_OCTETS_MAX {
        return Err(PduError::AddressTooLong { digits });
    }
    let kind_octet = reader.u8()?;
    let value = reader.take(usize::from(digits).div_ceil(2))?;
    let kind = TypeOfNumber::from_bits(kind_octet >> NUMBER_TYPE_SHIFT);
    if kind == TypeOfNumber::Alphanumeric {
        let septets = gsm7::unpack(value, 0, usize::from(digits) * 4 / 7);
        return Ok(Address { kind, raw: gsm7::decode(&septets) });
    }
    Ok(numeric(kind_octet, value, usize::from(digits)))
}

/// The service centre's length counts octets, type included; 0 means "the one stored on the SIM".
pub fn read_smsc(reader: &mut Octets<'_>) -> Result<Option<Address>, PduError> {
    let length = usize::from(reader.u8()?);
    if length == 0 {
        return Ok(None);
    }
    let kind_octet = reader.u8()?;
    let value = reader.take(length - 1)?;
    Ok(Some(numeric(kind_octet, value, value.len() * 2)))
}

/// TP-DA of a SUBMIT.
pub fn write_destination(to: &PhoneE164, out: &mut Vec<u8>) {
    write_digits(to.digits().as_bytes(), TYPE_INTERNATIONAL, out);
}

/// TP-OA of a message that did not come as a PDU. A name is cut to the eleven characters that fit. A literal `+` says
/// "international", whatever the type says.
pub(super) fn write_sender(text: &str, kind: TypeOfNumber, out: &mut Vec<u8>) {
    let digits = text.trim_start_matches('+').as_bytes();
    let number = digits.len() <= usize::from(SEMI_OCTETS_MAX)
        && digits.iter().all(u8::is_ascii_digit)
        && kind != TypeOfNumber::Alphanumeric;
    match (number, kind) {
        (true, _) if text.starts_with('+') => write_digits(digits, TYPE_INTERNATIONAL, out),
        (true, kind) => write_digits(digits, TYPE_UNKNOWN | kind.bits() << NUMBER_TYPE_SHIFT, out),
        (false, _) => {
            let name: String =
                text.chars().filter(|letter| gsm7::encode(&letter.to_string()).is_some()).collect();
            let mut septets = gsm7::encode(&name).unwrap_or_default();
            septets.truncate(NAME_SEPTETS_MAX);
            out.push(
                u8::try_from((septets.len() * 7).div_ceil(4)).expect("eleven septets are 20 semi-octets"),
            );
            out.push(TYPE_ALPHANUMERIC);
            out.extend(gsm7::pack(&septets));
        }
    }
}

fn write_digits(digits: &[u8], kind: u8, out: &mut Vec<u8>) {
    out.push(u8::try_from(digits.len()).expect("an address has at most 20 digits"));
    out.push(kind);
    for pair in digits.chunks(2) {
        let low = pair[0] - b'0';
        let high = pair.get(1).map_or(0xF, |digit| digit - b'0');
        out.push(high << 4 | low);
    }
}

fn numeric(kind_octet: u8, value: &[u8], digits: usize) -> Address {
    let kind = TypeOfNumber::from_bits(kind_octet >> NUMBER_TYPE_SHIFT);
    let mut raw = String::with_capacity(digits + 1);
    if kind == TypeOfNumber::International {
        raw.push('+');
    }
    raw.extend(semi_octets(value).take(digits).map_while(digit));
    Address { kind, raw }
}

/// Low nibble first (§9.1.2.3).
fn semi_octets(value: &[u8]) -> impl Iterator<Item = u8> {
    value.iter().flat_map(|octet| [octet & 0x0F, octet >> 4])
}

/// 24.008 table 10.5.118: ten digits, `*`, `#`, `a`, `b`, `c`; 0xF fills the last octet.
fn digit(nibble: u8) -> Option<char> {
    "0123456789*#abc".chars().nth(usize::from(nibble))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(hex_text: &str) -> Result<Address, PduError> {
        read(&mut Octets::new(&hex::decode(hex_text).unwrap()))
    }

    fn china() -> Country {
        Country::from_iso("CN").unwrap()
    }

    /// The forms that networks use for one subscriber.
    #[test]
    fn a_number_is_the_same_sender_in_every_form() {
        for (hex_text, raw) in [
            ("0D91683119325476F8", "+8613912345678"),
            ("0D81683119325476F8", "8613912345678"),
            ("0BA13119325476F8", "13912345678"),
            ("0B813119325476F8", "13912345678"),
            ("0B913119325476F8", "+13912345678"),
            ("0F8100683119325476F8", "008613912345678"),
            ("0FA100683119325476F8", "008613912345678"),
        ] {
            let address = parse(hex_text).unwrap();
            assert_eq!(address.raw, raw);
            let candidates = address.sender(china());
            let known = candidates.only(|number| (number.as_str() == "+8613912345678").then_some(()));
            assert!(known.is_some(), "{hex_text}");
        }
    }

    #[test]
    fn a_sender_of_another_way_keeps_its_type() {
        for (text, kind, expected) in [
            ("8613912345678", TypeOfNumber::Unknown, "0D81683119325476F8"),
            ("+8613912345678", TypeOfNumber::Unknown, "0D91683119325476F8"),
            ("13912345678", TypeOfNumber::National, "0BA13119325476F8"),
            ("8613912345678", TypeOfNumber::International, "0D91683119325476F8"),
            ("Bank", TypeOfNumber::Unknown, "07D0C2B07B0D"),
        ] {
            let mut out = Vec::new();
            write_sender(text, kind, &mut out);
            assert_eq!(hex::encode_upper(out), expected);
        }
    }

    #[test]
    fn an_odd_international_number_drops_the_fill() {
        let address = parse("0B913108103254F6").unwrap();
        assert_eq!(address.raw, "+13800123456");
        assert_eq!(address.kind, TypeOfNumber::International);
    }

    #[test]
    fn a_short_code_is_no_e164_number() {
        let address = parse("05A10180F6").unwrap();
        assert_eq!(address.raw, "10086");
        assert_eq!(address.sender(china()), Sender::ShortCode);
    }

    #[test]
    fn a_name_is_unpacked_from_septets() {
        // "Bank" = 4 septets = 28 bits = 7 semi-octets.
        let address = parse("07D0C2B07B0D").unwrap();
        assert_eq!(address.raw, "Bank");
        assert_eq!(address.kind, TypeOfNumber::Alphanumeric);
        assert_eq!(address.sender(china()), Sender::Alphanumeric);
    }

    #[test]
    fn service_characters_have_their_own_digits() {
        assert_eq!(parse("0481A1CB").unwrap().raw, "1*#a");
    }

    #[test]
    fn a_destination_is_written_low_nibble_first_with_fill() {
        let mut out = Vec::new();
        write_destination(&PhoneE164::parse("+46708251358").unwrap(), &mut out);
        assert_eq!(hex::encode_upper(out), "0B916407281553F8");
    }

    #[test]
    fn an_overlong_address_is_refused() {
        assert_eq!(parse("1591"), Err(PduError::AddressTooLong { digits: 21 }));
    }
}
