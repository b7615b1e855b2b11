//! The GSM 7 bit default alphabet: 3GPP TS 23.038 §6.2.1, its extension table §6.2.1.1, packing §6.1.2.1.

use super::shift_tables::Shifts;

/// Next septet is from the extension table.
pub const ESCAPE: u8 = 0x1B;

/// §6.2.1; index = septet. 0x1B (escape) is shown as U+001B and never matched as a character.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_', 'Φ', 'Γ',
    'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#', '¤', '%', '&', '\'',
    '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<',
    '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q',
    'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä',
    'ö', 'ñ', 'ü', 'à',
];

/// §6.2.1.1: septet after the escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The septets of `text`, or `None` when a character is outside both tables.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut septets = Vec::with_capacity(text.len());
    for character in text.chars() {
        if let Some((septet, _)) = EXTENSION.iter().find(|(_, c)| *c == character) {
            septets.extend([ESCAPE, *septet]);
            continue;
        }
        let found = BASIC.iter().position(|c| *c == character).filter(|_| character != '\u{1b}')?;
        septets.push(u8::try_from(found).expect("the table has 128 entries"));
    }
    Some(septets)
}

/// In the default alphabet.
pub fn decode(septets: &[u8]) -> String {
    decode_shifted(septets, Shifts::default())
}

/// §6.2.1.1: an escape before a septet missing from the extension table shows the basic character;
/// an escape before another escape, or at the end, shows a space.
pub fn decode_shifted(septets: &[u8], shifts: Shifts) -> String {
    let basic = |septet: u8| shifts.locking(septet).unwrap_or(BASIC[usize::from(septet)]);
    let mut text = String::with_capacity(septets.len());
    let mut rest = septets.iter().map(|septet| septet & 0x7F);
    while let Some(septet) = rest.next() {
        if septet != ESCAPE {
            text.push(basic(septet));
            continue;
        }
        text.push(match rest.next() {
            None | Some(ESCAPE) => ' ',
            Some(next) => shifts
                .single(next)
                .or_else(|| EXTENSION.iter().find(|(s, _)| *s == next).map(|(_, c)| *c))
                .unwrap_or_else(|| basic(next)),
        });
    }
    text
}

/// Packs septets low bit first.
pub fn pack(septets: &[u8]) -> Vec<u8> {
    let mut octets = vec![0u8; (septets.len() * 7).div_ceil(8)];
    for (index, septet) in septets.iter().enumerate() {
        let bit = index * 7;
        let shifted = u16::from(septet & 0x7F) << (bit % 8);
        octets[bit / 8] |= (shifted & 0xFF) as u8;
        if shifted > 0xFF {
            octets[bit / 8 + 1] |= (shifted >> 8) as u8;
        }
    }
    octets
}

/// Takes `count` septets after the first `skip` ones; stops early where the octets end.
pub fn unpack(octets: &[u8], skip: usize, count: usize) -> Vec<u8> {
    (skip..skip + count)
        .map_while(|index| {
            let bit = index * 7;
            let low = *octets.get(bit / 8)?;
            let high = octets.get(bit / 8 + 1).copied();
            // A septet that reaches into the next octet needs that octet.
            if bit % 8 > 1 && high.is_none() {
                return None;
            }
            let pair = u16::from(low) | u16::from(high.unwrap_or(0)) << 8;
            Some(((pair >> (bit % 8)) & 0x7F) as u8)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hellohello_packs_as_in_the_usual_example() {
        let septets = encode("hellohello").unwrap();
        assert_eq!(hex::encode_upper(pack(&septets)), "E8329BFD4697D9EC37");
        assert_eq!(decode(&unpack(&hex::decode("E8329BFD4697D9EC37").unwrap(), 0, 10)), "hellohello");
    }

    #[test]
    fn the_euro_sign_takes_two_septets() {
        assert_eq!(encode("€").unwrap(), [0x1B, 0x65]);
        assert_eq!(decode(&[0x1B, 0x65]), "€");
    }

    #[test]
    fn unknown_extensions_fall_back_and_lone_escapes_become_spaces() {
        assert_eq!(decode(&[0x1B, 0x41]), "A");
        assert_eq!(decode(&[0x1B, 0x1B]), " ");
        assert_eq!(decode(&[0x41, 0x1B]), "A ");
    }

    #[test]
    fn characters_outside_the_alphabet_and_a_raw_escape_are_refused() {
        assert_eq!(encode("付"), None);
        assert_eq!(encode("`"), None);
        assert_eq!(encode("\u{1b}"), None);
    }

    proptest! {
        #[test]
        fn every_septet_string_survives_packing(septets in proptest::collection::vec(0u8..128, 0..161)) {
            prop_assert_eq!(unpack(&pack(&septets), 0, septets.len()), septets);
        }

        #[test]
        fn every_encodable_text_reads_back(text in "[@-Za-z0-9€{}~^|\\[\\]\\\\ÄÖÑÜäöñüàΔΦΓ\n]{0,80}") {
            let text = text.replace('`', "");
            prop_assert_eq!(decode(&encode(&text).unwrap()), text);
        }
    }
}
