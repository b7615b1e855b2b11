//! Seven data bits and a parity bit, read as eight: the factory setting of many old handhelds. Every byte has then the same
//! parity, and without its highest bit it is plain ASCII.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    Even,
    Odd,
}

/// Fewer bytes may have one parity by chance.
const LEN_MIN: usize = 4;

/// The line in seven bits, if it was sent so.
pub fn folded(line: &[u8]) -> Option<(Parity, Vec<u8>)> {
    if line.len() < LEN_MIN || line.is_ascii() || std::str::from_utf8(line).is_ok() {
        return None;
    }
    let even = line[0].count_ones() % 2;
    if !line.iter().all(|byte| byte.count_ones() % 2 == even) {
        return None;
    }
    let folded: Vec<u8> = line.iter().map(|byte| byte & 0x7f).collect();
    let plausible =
        folded.iter().all(|byte| (b' '..0x7f).contains(byte) || b"\r\n\t\x02\x03\x04\x1d\x1e".contains(byte));
    plausible.then_some((if even == 0 { Parity::Even } else { Parity::Odd }, folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_parity(text: &[u8], odd: u32) -> Vec<u8> {
        text.iter().map(|byte| byte | (((byte.count_ones() + odd) % 2) as u8) << 7).collect()
    }

    #[test]
    fn both_parities_are_found_and_text_of_eight_bits_stays() {
        for (odd, parity) in [(0, Parity::Even), (1, Parity::Odd)] {
            let sent = with_parity(b"6901234567892\r", odd);
            assert_eq!(folded(&sent), Some((parity, b"6901234567892\r".to_vec())));
        }
        for text in
            [b"6901234567892\r".as_slice(), "牛奶\r".as_bytes(), b"\xc5\xa3\xc4\xcc\r", b"\xff\x00\x01\x80\r"]
        {
            assert_eq!(folded(text), None, "{text:?}");
        }
    }
}
