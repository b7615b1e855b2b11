//! Short names for long things, five bits a character: the proof in a challenge, the look-up code of a receipt, the
//! short number of a sale. Each is a pointer for a person; what binds the shop is the full hash or the signed root.

use std::fmt;
use std::str::FromStr;

/// Crockford's base32: digits and capitals without I, L, O, U. Reading it, I and L are 1, O is 0.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What is copied from paper by hand has no character that looks like another: no I, O, 0, 1.
const UNMISTAKABLE: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShortCodeError {
    #[error("a receipt code is 8 letters and digits, as XXXX-XXXX on the receipt")]
    ReceiptCode,
    #[error("a sale number is 4 letters and digits, e.g. 8F3K")]
    SaleNumber,
    #[error("a proof is 8 to 10 letters and digits, as in the SMS")]
    Proof,
}

/// `count` characters for the lowest `count × 5` bits, highest first.
fn encode(alphabet: &[u8; 32], bits: u64, count: u32) -> String {
    (0..count).rev().map(|at| char::from(alphabet[usize::from((bits >> (at * 5)) as u8 & 31)])).collect()
}

/// Reads what a person copied by hand: case, hyphens and spaces do not matter.
fn decode(alphabet: &[u8; 32], text: &str, count: u32) -> Option<u64> {
    let mut bits = 0_u64;
    let mut seen = 0;
    for character in text.chars().filter(|character| !matches!(character, '-' | ' ')) {
        let folded = match character.to_ascii_uppercase() {
            'I' | 'L' if alphabet == CROCKFORD => '1',
            'O' if alphabet == CROCKFORD => '0',
            other => other,
        };
        let value = alphabet.iter().position(|letter| char::from(*letter) == folded)?;
        seen += 1;
        if seen > count {
            return None;
        }
        bits = bits << 5 | value as u64;
    }
    (seen == count).then_some(bits)
}

/// Whether a character may stand in a proof as sent.
pub fn is_code_character(character: char) -> bool {
    u8::try_from(character).is_ok_and(|byte| CROCKFORD.contains(&byte))
}

fn leading_bits(hash: &[u8; 32], bits: u32) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first) >> (64 - bits)
}

/// How many characters of the proof a text has room for: ten, eight when it names three sales.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProofLength {
    Ten,
    Eight,
}

/// The first 50 or 40 bits of the hash over the evidence manifests.
pub fn proof(evidence_hash: &[u8; 32], length: ProofLength) -> String {
    let count = match length {
        ProofLength::Ten => 10,
        ProofLength::Eight => 8,
    };
    encode(CROCKFORD, leading_bits(evidence_hash, count * 5), count)
}

/// Eight to ten characters of a proof, as a payer reads them out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadProof {
    bits: u64,
    count: u32,
}

impl ReadProof {
    pub fn is_of(self, evidence_hash: &[u8; 32]) -> bool {
        leading_bits(evidence_hash, self.count * 5) == self.bits
    }
}

impl FromStr for ReadProof {
    type Err = ShortCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = (8..=10).find_map(|count| Some(Self { bits: decode(CROCKFORD, text, count)?, count }));
        read.ok_or(ShortCodeError::Proof)
    }
}

/// The code under which staff look a receipt up: 40 random bits, printed `XXXX-XXXX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReceiptCode([u8; 5]);

impl ReceiptCode {
    pub fn from_random(random: [u8; 5]) -> Self {
        Self(random)
    }

    pub fn to_bytes(self) -> [u8; 5] {
        self.0
    }
}

impl fmt::Display for ReceiptCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut wide = [0; 8];
        wide[3..].copy_from_slice(&self.0);
        let code = encode(UNMISTAKABLE, u64::from_be_bytes(wide), 8);
        write!(out, "{}-{}", &code[..4], &code[4..])
    }
}

impl FromStr for ReceiptCode {
    type Err = ShortCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bits = decode(UNMISTAKABLE, text, 8).ok_or(ShortCodeError::ReceiptCode)?;
        let mut code = [0; 5];
        code.copy_from_slice(&bits.to_be_bytes()[3..]);
        Ok(Self(code))
    }
}

/// The number of a sale in texts and on the receipt, e.g. `8F3K`. Unique among a payer's open sales only:
/// the caller draws again when it is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SaleNumber(u32);

impl SaleNumber {
    pub fn from_random(random: u32) -> Self {
        Self(random & 0xf_ffff)
    }
}

impl fmt::Display for SaleNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&encode(CROCKFORD, u64::from(self.0), 4))
    }
}

impl FromStr for SaleNumber {
    type Err = ShortCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bits = decode(CROCKFORD, text, 4).ok_or(ShortCodeError::SaleNumber)?;
        Ok(Self(u32::try_from(bits).expect("20 bits")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_short_proof_is_the_beginning_of_the_long_one() {
        let hash = std::array::from_fn(|at| at as u8 * 7 + 3);
        let long = proof(&hash, ProofLength::Ten);
        assert_eq!(long.len(), 10);
        assert_eq!(proof(&hash, ProofLength::Eight), long[..8]);
        assert!(long.chars().all(is_code_character));
    }

    #[test]
    fn known_bits_give_known_characters() {
        let mut hash = [0; 32];
        hash[..7].copy_from_slice(&[0, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x40]);
        assert_eq!(proof(&hash, ProofLength::Ten), "0123456789");
        assert_eq!(proof(&[0xff; 32], ProofLength::Eight), "ZZZZZZZZ");
    }

    #[test]
    fn a_proof_that_is_read_out_is_told_from_others() {
        let hash = std::array::from_fn(|at| at as u8 * 7 + 3);
        let other = std::array::from_fn(|at| at as u8 * 5 + 3);
        for length in [ProofLength::Eight, ProofLength::Ten] {
            let read: ReadProof = proof(&hash, length).to_lowercase().parse().unwrap();
            assert!(read.is_of(&hash) && !read.is_of(&other));
        }
        assert_eq!("8F3K".parse::<ReadProof>(), Err(ShortCodeError::Proof), "a sale number is none");
    }

    #[test]
    fn a_receipt_code_copied_by_hand_is_still_found() {
        let code: ReceiptCode = "2L9U-ABCD".parse().unwrap();
        for copied in ["2l9u-abcd", "2L9Uabcd", " 2L9U AB CD "] {
            assert_eq!(copied.parse(), Ok(code), "{copied}");
        }
        for wrong in ["", "2L9U-ABC", "2L9U-ABCDE", "0L9U-ABCD", "2I9U-ABCD", "中文"] {
            assert!(wrong.parse::<ReceiptCode>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn codes_round_trip(random: [u8; 5], number: u32) {
            let code = ReceiptCode::from_random(random);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            prop_assert!(!code.to_string().contains(['I', 'O', '0', '1']));
            let number = SaleNumber::from_random(number);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(number.to_string().len(), 4);
        }

        #[test]
        fn decoding_never_panics(text in "\\PC*") {
            let _ = text.parse::<ReceiptCode>();
            let _ = text.parse::<SaleNumber>();
        }
    }
}
