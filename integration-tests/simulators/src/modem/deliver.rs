//! What the network sends to a handset: SMS-DELIVER and SMS-STATUS-REPORT (3GPP TS 23.040, clauses
//! 9.2.2.1 and 9.2.2.3), and the split of a long text into parts (clause 9.2.3.24.1).

use super::clock::Timestamp;
use super::{address, alphabet};

/// SMS-DELIVER, TP-MMS set: no more messages wait at the centre.
const DELIVER: u8 = 0x04;
const UDHI: u8 = 0x40;
/// SMS-STATUS-REPORT, TP-MMS set.
const STATUS_REPORT: u8 = 0x06;
const GSM7: u8 = 0x00;
const UCS2: u8 = 0x08;

/// Septets / octets a single message carries, and a part behind a header of 6 or 7 octets.
const GSM7_SINGLE: usize = 160;
const OCTETS_SINGLE: usize = 140;

/// How a text is cut and written.
pub struct Letter<'a> {
    pub from: &'a str,
    pub text: &'a str,
    pub force_ucs2: bool,
    /// 16-bit reference (IEI 08) instead of 8-bit (IEI 00).
    pub wide_reference: bool,
    pub reference: u16,
    pub scts: Timestamp,
}

/// The TPDUs of all parts, in order.
pub fn encode(letter: &Letter<'_>) -> Result<Vec<Vec<u8>>, String> {
    let gsm7: Option<Vec<Vec<u8>>> = letter.text.chars().map(alphabet::septets_of).collect();
    let (dcs, units, single, unit_bits) = match gsm7.filter(|_| !letter.force_ucs2) {
        Some(septets) => (GSM7, septets, GSM7_SINGLE, 7),
        None => (UCS2, letter.text.chars().map(utf16).collect(), OCTETS_SINGLE, 8),
    };
    let header_octets = if letter.wide_reference { 7 } else { 6 };
    let room = (OCTETS_SINGLE - header_octets) * 8 / unit_bits;
    let chunks = cut(&units, single, room);
    let total = u8::try_from(chunks.len()).map_err(|_| "a text has at most 255 parts")?;
    let parts = chunks.iter().zip(1_u8..);
    parts
        .map(|(units, seq)| {
            let header = if total == 1 { Vec::new() } else { header(letter, total, seq) };
            deliver(letter, dcs, &header, units)
        })
        .collect()
}

/// One SMS-STATUS-REPORT. `status` is TP-ST (clause 9.2.3.15).
pub fn status_report(reference: u8, to: &str, sent: Timestamp, done: Timestamp, status: u8) -> Vec<u8> {
    // `to` was decoded from a TP-DA, so it encodes again.
    let recipient = address::encode(to).unwrap_or_else(|_| vec![0, 0x81]);
    [&[STATUS_REPORT, reference][..], &recipient, &sent.octets(), &done.octets(), &[status]].concat()
}

fn utf16(c: char) -> Vec<u8> {
    c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect()
}

/// Whole characters only: neither an escape pair nor a surrogate pair is torn.
fn cut(characters: &[Vec<u8>], single: usize, room: usize) -> Vec<Vec<u8>> {
    let all = characters.concat();
    if all.len() <= single {
        return vec![all];
    }
    let mut chunks = vec![Vec::new()];
    for character in characters {
        if chunks.last().is_some_and(|chunk| chunk.len() + character.len() > room) {
            chunks.push(Vec::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.extend_from_slice(character);
        }
    }
    chunks
}

fn header(letter: &Letter<'_>, total: u8, seq: u8) -> Vec<u8> {
    let [high, low] = letter.reference.to_be_bytes();
    if letter.wide_reference {
        vec![0x06, 0x08, 0x04, high, low, total, seq]
    } else {
        vec![0x05, 0x00, 0x03, low, total, seq]
    }
}

fn deliver(letter: &Letter<'_>, dcs: u8, header: &[u8], units: &[u8]) -> Result<Vec<u8>, String> {
    let first = DELIVER | if header.is_empty() { 0 } else { UDHI };
    let (length, data) = if dcs == GSM7 {
        let skipped = (header.len() * 8).div_ceil(7);
        (skipped + units.len(), alphabet::pack(units, skipped * 7 - header.len() * 8))
    } else {
        (header.len() + units.len(), units.to_vec())
    };
    let origin = address::encode(letter.from)?;
    let scts = letter.scts.octets();
    Ok([&[first][..], &origin, &[0x00, dcs], &scts, &[length as u8], header, &data].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    fn letter(text: &str) -> Letter<'_> {
        let scts = Timestamp { unix: 922_713_419, quarters: 8 };
        Letter { from: "+27838890001", text, force_ucs2: false, wide_reference: false, reference: 0xAB, scts }
    }

    #[test]
    fn modem_writes_the_textbook_deliver() {
        let parts = encode(&letter("hellohello")).unwrap();
        assert_eq!(hex::upper(&parts[0]), "040B917238880900F10000993092516195800AE8329BFD4697D9EC37");
    }

    #[test]
    fn modem_tears_no_character_between_parts() {
        let euros = format!("{}{}", "a".repeat(152), "€".repeat(5));
        let lengths = |parts: Vec<Vec<u8>>| parts.iter().map(|part| part[18]).collect::<Vec<_>>();
        // One septet is left in the first part: half a €.
        assert_eq!(lengths(encode(&letter(&euros)).unwrap()), [7 + 152, 7 + 10]);
        assert_eq!(lengths(encode(&letter(&"😀".repeat(36))).unwrap()), [6 + 132, 6 + 12]);
    }
}
