//! GSM 7-bit default alphabet, its extension table, and septet packing (3GPP TS 23.038, clauses 6.1.2, 6.2.1).

/// Escape to the extension table.
const ESC: u8 = 0x1B;

/// Default alphabet, index = septet. 0x1B is the escape and is no character.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Extension table: septet after the escape, character.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
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

/// The septets of one character, or `None` when the alphabet does not have it.
pub fn septets_of(wanted: char) -> Option<Vec<u8>> {
    if let Some((septet, _)) = EXTENSION.iter().find(|(_, c)| *c == wanted) {
        return Some(vec![ESC, *septet]);
    }
    let septet = DEFAULT.chars().position(|c| c == wanted && c != '\u{1b}')?;
    Some(vec![septet as u8])
}

/// The text of septets. An escape without a known partner shows as a space, as clause 6.2.1.1 asks.
pub fn text_of(septets: &[u8]) -> String {
    let default: Vec<char> = DEFAULT.chars().collect();
    let mut text = String::new();
    let mut rest = septets.iter();
    while let Some(&septet) = rest.next() {
        if septet != ESC {
            text.push(default[usize::from(septet & 0x7F)]);
            continue;
        }
        match rest.next() {
            None | Some(&ESC) => text.push(' '),
            Some(&second) => {
                let extended = EXTENSION.iter().find(|(septet, _)| *septet == second);
                text.push(extended.map_or(default[usize::from(second & 0x7F)], |(_, c)| *c));
            }
        }
    }
    text
}

/// Packs septets into octets, the first one `fill` bits into the first octet.
pub fn pack(septets: &[u8], fill: usize) -> Vec<u8> {
    let mut octets = vec![0_u8; (fill + septets.len() * 7).div_ceil(8)];
    for (i, septet) in septets.iter().enumerate() {
        for bit in 0..7 {
            let at = fill + i * 7 + bit;
            octets[at / 8] |= (septet >> bit & 1) << (at % 8);
        }
    }
    octets
}

/// `count` septets out of octets, the first one `fill` bits into the first octet; `None` when octets lack.
pub fn unpack(octets: &[u8], fill: usize, count: usize) -> Option<Vec<u8>> {
    if octets.len() * 8 < fill + count * 7 {
        return None;
    }
    let bit = |at: usize| octets[at / 8] >> (at % 8) & 1;
    Some((0..count).map(|i| (0..7).fold(0, |septet, b| septet | bit(fill + i * 7 + b) << b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modem_the_alphabet_has_128_places() {
        assert_eq!(DEFAULT.chars().count(), 128);
        assert_eq!(septets_of('A'), Some(vec![0x41]));
        assert_eq!(septets_of('à'), Some(vec![0x7F]));
        assert_eq!(septets_of('€'), Some(vec![0x1B, 0x65]));
        assert_eq!(septets_of('中'), None);
    }

    #[test]
    fn modem_septets_pack_as_in_23_038() {
        let hello: Vec<u8> = "hellohello".chars().flat_map(|c| septets_of(c).unwrap()).collect();
        assert_eq!(crate::hex::upper(&pack(&hello, 0)), "E8329BFD4697D9EC37");
        assert_eq!(unpack(&pack(&hello, 0), 0, 10), Some(hello.clone()));
        assert_eq!(unpack(&pack(&hello, 1), 1, 10), Some(hello));
    }
}
