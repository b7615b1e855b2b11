//! Global Trade Item Numbers (GS1 General Specifications, sections 3 and 7.9).

use std::fmt;

/// A GTIN with a right check digit, kept as 14 digits, so that UPC-A and EAN-13 of one product are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// GTIN-8, -12, -13 or -14 as it is written.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if !matches!(digits.len(), 8 | 12 | 13 | 14) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut padded = [b'0'; 14];
        padded[14 - digits.len()..].copy_from_slice(digits);
        (has_right_check_digit(&padded) && padded != [b'0'; 14]).then_some(Self(padded))
    }

    /// UPC-E: six digits between number system (0 or 1) and check digit (GS1 General Specifications 5.2.2.4.2). A UPC-A with
    /// four or more zeros was pressed into it.
    pub fn of_upc_e(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 8 || !digits.iter().all(u8::is_ascii_digit) || digits[0] > b'1' {
            return None;
        }
        let (body, last) = (&digits[1..6], digits[6]);
        let zeros = |count: usize| "0".repeat(count).into_bytes();
        let middle = match last {
            b'0'..=b'2' => [&body[..2], &[last], &zeros(4), &body[2..]].concat(),
            b'3' => [&body[..3], &zeros(5), &body[3..]].concat(),
            b'4' => [&body[..4], &zeros(5), &body[4..]].concat(),
            _ => [body, &zeros(4), &[last]].concat(),
        };
        let whole = [&digits[..1], &middle, &digits[7..]].concat();
        Self::parse(std::str::from_utf8(&whole).ok()?)
    }

    /// Numbers that a shop gives itself: EAN-13 20 to 29 and UPC-A of number system 2 (variable weight, price in the code).
    pub fn is_in_store(&self) -> bool {
        self.0[0] == b'0'
            && (self.0[1] == b'2' || self.0[1] == b'0' && self.0[2] == b'2' && self.0[3..6] != *b"000")
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Weights 3 and 1 from the right; any number of leading zeros changes nothing.
pub fn has_right_check_digit(digits: &[u8]) -> bool {
    let weighted = digits.iter().rev().enumerate().map(|(at, digit)| {
        let weight = if at % 2 == 0 { 1 } else { 3 };
        u32::from(digit - b'0') * weight
    });
    weighted.sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gtin_is_one_however_long_it_is_written() {
        assert_eq!(Gtin::parse("036000291452"), Gtin::parse("0036000291452"));
        assert_eq!(Gtin::parse("96385074").unwrap().as_str(), "00000096385074");
        assert_eq!(Gtin::parse("6901234567890"), None, "wrong check digit");
        assert_eq!(Gtin::parse("0000000000000"), None, "no goods");
        assert_eq!(Gtin::parse("690123456789"), None);
    }

    #[test]
    fn upc_e_opens_into_the_upc_a_that_it_was_made_of() {
        // One for each of the four rules.
        for (short, long) in [
            ("04252614", "042100005264"),
            ("01245714", "012100004574"),
            ("01234531", "012300000451"),
            ("01234543", "012340000053"),
            ("01234558", "012345000058"),
        ] {
            assert_eq!(Gtin::of_upc_e(short), Gtin::parse(long), "{short}");
            assert!(Gtin::of_upc_e(short).is_some(), "{short}");
        }
        assert_eq!(Gtin::of_upc_e("24252614"), None, "number system 2 has no UPC-E");
        assert_eq!(Gtin::of_upc_e("04252615"), None);
    }

    #[test]
    fn numbers_of_the_shop_itself_are_told_apart() {
        let in_store = |text: &str| Gtin::parse(text).unwrap().is_in_store();
        assert!(in_store("2100001027506") && in_store("2400412025505"));
        assert!(!in_store("6901234567892") && !in_store("3274080005003") && !in_store("20123451"));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_noticed(at in 0_usize..13, shift in 1_u8..10) {
            let mut digits = *b"6901234567892";
            digits[at] = b'0' + (digits[at] - b'0' + shift) % 10;
            prop_assert_eq!(Gtin::parse(std::str::from_utf8(&digits).unwrap()), None);
        }
    }
}
