//! Addresses and semi-octets (3GPP TS 23.040, clauses 9.1.2.3 and 9.1.2.5).

use super::alphabet;

/// TON national/unknown, ISDN plan.
const UNKNOWN: u8 = 0x81;
/// TON international, ISDN plan.
const INTERNATIONAL: u8 = 0x91;
/// TON alphanumeric.
const ALPHANUMERIC: u8 = 0xD0;
/// The characters of semi-octets 0–14; 15 is the filler.
const SEMI_OCTETS: &[u8; 15] = b"0123456789*#abc";

/// `n` in two semi-octets, the low digit in the high half: 27 → 0x72.
pub fn swapped(n: u8) -> u8 {
    ((n % 10) << 4) | (n / 10)
}

/// TP-OA / TP-RA: length in semi-octets, type, value.
pub fn encode(address: &str) -> Result<Vec<u8>, String> {
    if let Some((kind, digits)) = digits_of(address) {
        return Ok([&[digits.len() as u8, kind][..], &semi_octets(&digits)].concat());
    }
    let septets: Option<Vec<Vec<u8>>> = address.chars().map(alphabet::septets_of).collect();
    let septets = septets.ok_or("an alphanumeric address is of the GSM alphabet")?.concat();
    if septets.is_empty() || septets.len() > 11 {
        return Err("an alphanumeric address has 1 to 11 characters".into());
    }
    let useful = (septets.len() * 7).div_ceil(4) as u8;
    Ok([&[useful, ALPHANUMERIC][..], &alphabet::pack(&septets, 0)].concat())
}

/// The service centre in front of a PDU (27.005, <pdu>): length in octets, type, value.
pub fn encode_centre(address: &str) -> Vec<u8> {
    let (kind, digits) = digits_of(address).unwrap_or((UNKNOWN, Vec::new()));
    if digits.is_empty() {
        return vec![0];
    }
    let value = semi_octets(&digits);
    [&[value.len() as u8 + 1, kind][..], &value].concat()
}

/// Reads a TP-DA; gives the address and the rest.
pub fn decode(octets: &[u8]) -> Result<(String, &[u8]), String> {
    let [length, kind, rest @ ..] = octets else { return Err("TP-DA is cut off".into()) };
    let length = usize::from(*length);
    if length > 20 {
        return Err("TP-DA is longer than 20 semi-octets".into());
    }
    let (value, rest) = rest.split_at_checked(length.div_ceil(2)).ok_or("TP-DA is cut off")?;
    if kind & 0x70 == ALPHANUMERIC & 0x70 {
        let septets = alphabet::unpack(value, 0, length * 4 / 7).ok_or("TP-DA is cut off")?;
        return Ok((alphabet::text_of(&septets), rest));
    }
    let mut text = String::from(if kind & 0x70 == INTERNATIONAL & 0x70 { "+" } else { "" });
    for i in 0..length {
        let semi_octet = value[i / 2] >> (4 * (i % 2)) & 0x0F;
        let digit = SEMI_OCTETS.get(usize::from(semi_octet)).ok_or("TP-DA has a filler among its digits")?;
        text.push(char::from(*digit));
    }
    Ok((text, rest))
}

fn digits_of(address: &str) -> Option<(u8, Vec<u8>)> {
    let (kind, digits) =
        address.strip_prefix('+').map_or((UNKNOWN, address), |digits| (INTERNATIONAL, digits));
    let place = |c: u8| SEMI_OCTETS[..12].iter().position(|s| *s == c).map(|at| at as u8);
    let digits: Vec<u8> = digits.bytes().map(place).collect::<Option<_>>()?;
    (1..=20).contains(&digits.len()).then_some((kind, digits))
}

fn semi_octets(digits: &[u8]) -> Vec<u8> {
    digits.chunks(2).map(|pair| pair.get(1).unwrap_or(&0x0F) << 4 | pair[0]).collect()
}
