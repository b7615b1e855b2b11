//! What a byte means: GBK in Chinese mode (FS &), else the code page of ESC t.

use encoding_rs::{Encoding, GBK, IBM866, WINDOWS_1252};

/// Printed for a byte that stands for nothing.
const UNPRINTABLE: char = '?';

/// The upper half of code page 437, the power-on page of every ESC/POS printer.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧\
╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

pub fn single(byte: u8, page: u8) -> char {
    if byte < 0x80 {
        return char::from(byte);
    }
    match page {
        0 => CP437.chars().nth(usize::from(byte - 0x80)).unwrap_or(UNPRINTABLE),
        16 => decode(WINDOWS_1252, &[byte]),
        17 => decode(IBM866, &[byte]),
        _ => UNPRINTABLE,
    }
}

pub fn chinese(pair: [u8; 2]) -> char {
    decode(GBK, &pair)
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> char {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text.chars().next().unwrap_or(UNPRINTABLE),
        None => UNPRINTABLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_mean_what_the_chosen_page_says() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!((single(b'A', 0), single(0xc4, 0), single(0xe9, 16)), ('A', '─', 'é'));
        assert_eq!(chinese([0xa3, 0xa4]), '￥');
    }
}
