//! The code card: 60 rows of six digits on paper, kept at home, apart from the phone.
//! Row `i` is `HOTP(K_card, i)`; `K_card = HMAC-SHA-256(K_master, holder ‖ card serial)`. Whoever holds K_master judges: a shop
//! for its own payers, whose ids are the holders, or an issuer.

pub mod hotp;

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

/// Three columns of 20 lines fill a 58 mm receipt.
pub const ROWS: u8 = 60;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeCardError {
    #[error("a card serial is the 8 digits printed on top of the card")]
    Serial,
    #[error("a row is a number from 1 to 60")]
    Row,
    #[error("a row code is six digits")]
    Code,
    #[error("the stored row bitmap names a row above 60; the record is damaged")]
    Bitmap,
}

/// Eight decimal digits printed on top of the card. Random, because whoever knows one may freeze its payer
/// (LOST, from any number).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CardSerial(u32);

impl CardSerial {
    pub const DIGITS: usize = 8;
    const COUNT: u32 = 100_000_000;

    pub fn from_random(random: u64) -> Self {
        let serial = random % u64::from(Self::COUNT);
        Self(u32::try_from(serial).expect("below 10^8"))
    }

    pub fn new(serial: u32) -> Result<Self, CodeCardError> {
        if serial < Self::COUNT { Ok(Self(serial)) } else { Err(CodeCardError::Serial) }
    }

    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for CardSerial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:08}", self.0)
    }
}

impl FromStr for CardSerial {
    type Err = CodeCardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != Self::DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CodeCardError::Serial);
        }
        text.parse().map(Self).map_err(|_not_a_number| CodeCardError::Serial)
    }
}

/// 1 to 60.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Row(u8);

impl Row {
    pub fn new(row: u8) -> Result<Self, CodeCardError> {
        if (1..=ROWS).contains(&row) { Ok(Self(row)) } else { Err(CodeCardError::Row) }
    }

    pub fn get(self) -> u8 {
        self.0
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (1..=ROWS).map(Self)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// Six digits that pay. Redacted in Debug, wiped on drop, compared in constant time.
#[derive(Clone)]
pub struct RowCode([u8; hotp::DIGITS]);

impl Drop for RowCode {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl RowCode {
    /// For the card's own print job, and to be sealed for its judge (invariant I12).
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ASCII digits")
    }
}

impl FromStr for RowCode {
    type Err = CodeCardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: [u8; hotp::DIGITS] = text.as_bytes().try_into().map_err(|_length| CodeCardError::Code)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(CodeCardError::Code) }
    }
}

impl PartialEq for RowCode {
    fn eq(&self, other: &Self) -> bool {
        hotp::same_digits(&self.0, &other.0)
    }
}

impl Eq for RowCode {}

impl fmt::Debug for RowCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RowCode(redacted)")
    }
}

/// A keyed hash of a code somebody sent: tells "the same wrong code again" and "a used code" without keeping the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CodeHash(pub [u8; 16]);

/// K_card. Derived when needed, wiped when dropped, never stored.
pub struct CardKey([u8; 32]);

impl Drop for CardKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl CardKey {
    pub fn derive(master: &[u8], holder: [u8; 8], serial: CardSerial) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(master).expect("HMAC takes a key of any length");
        mac.update(&holder);
        mac.update(&serial.0.to_be_bytes());
        Self(mac.finalize().into_bytes().into())
    }

    pub fn row_code(&self, row: Row) -> RowCode {
        RowCode(hotp::hotp(&self.0, u64::from(row.0)))
    }

    /// The order in which rows are asked: a permutation that only the card's key tells, so that someone who saw part of a card
    /// cannot tell which row comes next, and a restored shop can skip those that it may have asked since.
    pub fn row_order(&self) -> [Row; ROWS as usize] {
        let mut order: [Row; ROWS as usize] =
            std::array::from_fn(|at| Row(u8::try_from(at + 1).unwrap_or(ROWS)));
        let mut draws = self.draws();
        for end in (1..order.len()).rev() {
            order.swap(end, draws.below(end + 1));
        }
        order
    }

    fn draws(&self) -> Draws<'_> {
        Draws { key: self, block: 0, left: Vec::new() }
    }

    /// A plain hash of six digits is reversed in a millisecond, so it is keyed with K_card.
    pub fn code_hash(&self, code: &RowCode) -> CodeHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(b"chit/row-code-hash/v1\0");
        mac.update(&code.0);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut hash = [0; 16];
        hash.copy_from_slice(&whole[..16]);
        CodeHash(hash)
    }
}

/// Numbers that the card's key tells: HMAC-SHA-256 over a counter.
struct Draws<'a> {
    key: &'a CardKey,
    block: u64,
    left: Vec<u8>,
}

impl Draws<'_> {
    /// Each number below `bound`, at most 256, as likely as any other.
    fn below(&mut self, bound: usize) -> usize {
        let fair = 256 - 256 % bound;
        loop {
            let drawn = usize::from(self.byte());
            if drawn < fair {
                return drawn % bound;
            }
        }
    }

    fn byte(&mut self) -> u8 {
        if let Some(byte) = self.left.pop() {
            return byte;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key.0).expect("HMAC takes a key of any length");
        mac.update(b"chit/row-order/v1\0");
        mac.update(&self.block.to_be_bytes());
        self.block += 1;
        self.left = mac.finalize().into_bytes().to_vec();
        self.left.pop().unwrap_or_default()
    }
}

impl fmt::Debug for CardKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("CardKey(redacted)")
    }
}

/// Which rows are burned: bit `row - 1`. A row burns when it is assigned, not when it is answered (invariant I4).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RowBitmap(u64);

impl RowBitmap {
    const ALL: u64 = (1 << ROWS) - 1;

    /// Not one row may be asked.
    pub const NONE_LEFT: Self = Self(Self::ALL);

    pub fn from_bytes(bytes: [u8; 8]) -> Result<Self, CodeCardError> {
        let bits = u64::from_be_bytes(bytes);
        if bits & !Self::ALL == 0 { Ok(Self(bits)) } else { Err(CodeCardError::Bitmap) }
    }

    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub fn is_burned(self, row: Row) -> bool {
        self.0 >> (row.0 - 1) & 1 == 1
    }

    #[must_use]
    pub fn with_burned(self, row: Row) -> Self {
        Self(self.0 | 1 << (row.0 - 1))
    }

    /// The rows may be asked for, if they were none of this bitmap's before.
    #[must_use]
    pub fn with_free(self, rows: &[Row]) -> Self {
        rows.iter().fold(self, |bits, row| Self(bits.0 & !(1 << (row.0 - 1))))
    }

    pub fn remaining(self) -> u8 {
        ROWS - u8::try_from(self.0.count_ones()).expect("at most 60 bits are set")
    }

    /// The next row in the card's order that was never assigned, and the bitmap with it burned.
    pub fn assign_row(self, order: &[Row]) -> Option<(Row, Self)> {
        let row = order.iter().copied().find(|row| !self.is_burned(*row))?;
        Some((row, self.with_burned(row)))
    }

    /// Burns the next `count` rows unasked.
    #[must_use]
    pub fn skip(self, order: &[Row], count: usize) -> Self {
        (0..count).fold(self, |burned, _| burned.assign_row(order).map_or(burned, |(_, next)| next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(serial: u32) -> CardKey {
        CardKey::derive(&[7; 32], [1; 8], CardSerial::new(serial).unwrap())
    }

    #[test]
    fn another_serial_or_payer_gives_another_card() {
        let rows =
            |key: &CardKey| Row::all().map(|row| key.row_code(row).reveal().to_owned()).collect::<Vec<_>>();
        assert_eq!(rows(&key(1)).len(), 60);
        assert_ne!(rows(&key(1)), rows(&key(2)));
        let other_payer = CardKey::derive(&[7; 32], [2; 8], CardSerial::new(1).unwrap());
        assert_ne!(rows(&key(1)), rows(&other_payer));
    }

    #[test]
    fn a_row_code_never_shows_in_debug_output() {
        let code = key(1).row_code(Row::new(23).unwrap());
        assert_eq!(format!("{code:?} {:?}", key(1)), "RowCode(redacted) CardKey(redacted)");
    }

    #[test]
    fn a_card_gives_each_row_exactly_once_and_then_none() {
        let mut bitmap = RowBitmap::default();
        let mut seen = std::collections::BTreeSet::new();
        let order = key(1).row_order();
        for _row in 0..60 {
            let (row, next) = bitmap.assign_row(&order).unwrap();
            assert!(seen.insert(row));
            bitmap = next;
        }
        assert_eq!(bitmap.remaining(), 0);
        assert_eq!(bitmap.assign_row(&order), None);
    }

    #[test]
    fn each_card_has_an_order_of_its_own_that_only_its_key_tells() {
        let order = key(1).row_order();
        let rows: std::collections::BTreeSet<Row> = order.into_iter().collect();
        assert_eq!(rows.len(), 60, "every row once");
        assert_ne!(order, key(2).row_order());
        assert_eq!(order, key(1).row_order(), "after a restart, too");
        assert!(order.windows(2).filter(|pair| pair[1].get() == pair[0].get() + 1).count() < 10);
    }

    #[test]
    fn a_restored_shop_skips_what_it_may_have_asked_since() {
        let order = key(1).row_order();
        let at_the_backup = RowBitmap::default().skip(&order, 5);
        let lost: Vec<Row> = order[5..9].to_vec();
        let restored = at_the_backup.skip(&order, 4);
        assert!(lost.iter().all(|row| restored.is_burned(*row)));
        assert_eq!(restored.remaining(), 51);
        assert_eq!(restored.skip(&order, 1_000).remaining(), 0, "then a new card is due");
    }

    #[test]
    fn rows_that_an_issuer_assigned_are_the_only_ones_that_are_asked() {
        let order = key(1).row_order();
        let mut left = RowBitmap::NONE_LEFT.with_free(&order[10..12]);
        for row in &order[10..12] {
            let (asked, next) = left.assign_row(&order[10..12]).unwrap();
            assert_eq!(asked, *row);
            left = next;
        }
        assert_eq!(left, RowBitmap::NONE_LEFT);
    }

    #[test]
    fn a_bitmap_with_a_row_that_does_not_exist_is_refused() {
        assert_eq!(RowBitmap::from_bytes([0xff; 8]), Err(CodeCardError::Bitmap));
    }

    #[test]
    fn a_card_serial_is_exactly_eight_digits() {
        assert_eq!("00000042".parse::<CardSerial>().unwrap().to_string(), "00000042");
        for bad in ["42", "123456789", "+1234567", "1234567a"] {
            assert!(bad.parse::<CardSerial>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn an_assigned_row_is_new_and_only_that_row_burns(bits in 0_u64..1 << 60, serial in 0_u32..1_000) {
            let bitmap = RowBitmap::from_bytes(bits.to_be_bytes()).unwrap();
            match bitmap.assign_row(&key(serial).row_order()) {
                Some((row, next)) => {
                    prop_assert!(!bitmap.is_burned(row) && next.is_burned(row));
                    prop_assert_eq!(next.remaining() + 1, bitmap.remaining());
                    prop_assert_eq!(RowBitmap::from_bytes(next.to_bytes()).unwrap(), next);
                }
                None => prop_assert_eq!(bitmap.remaining(), 0),
            }
        }
    }
}
