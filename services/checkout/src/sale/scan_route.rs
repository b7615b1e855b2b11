//! What a scan is. Of a scan of ours the scanner says so, who knows the device and the symbology; of a text that
//! another program read, its form does. Codes of other payment systems are recognised to say what they are; their
//! text, which may carry a card number, is not kept.

use std::fmt;

use chit_payer_code::PayerCodeDigits;

/// Code 128 has no limit of its own; 48 characters are more than any shelf label carries.
const CODE128_CHARACTERS_MAX: usize = 48;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScanRoute {
    PayerCode(PayerCodeDigits),
    /// EMVCo consumer-presented code: base64 of `85 05 "CPV01"`.
    EmvConsumer,
    /// EMVCo merchant-presented code: payload format indicator 01.
    EmvMerchant,
    /// A wallet's payer code; needs a network.
    Wallet,
    /// The likeliest first: a catalogue takes the first that it knows.
    Goods(Vec<GoodsCode>),
    Unknown,
}

impl ScanRoute {
    /// Goods with these numbers, as the scanner read them.
    pub fn goods<'a>(gtins: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<GoodsCode> = gtins.filter_map(Gtin::parse).map(GoodsCode::Gtin).collect();
        if known.is_empty() { Self::Unknown } else { Self::Goods(known) }
    }

    /// A label of the shop's own.
    pub fn label(text: &str) -> Self {
        let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if text.is_empty() || text.len() > CODE128_CHARACTERS_MAX || !printable {
            return Self::Unknown;
        }
        Self::Goods(vec![GoodsCode::Code128(text.to_owned())])
    }

    /// In the form of a payer code.
    pub fn payer_code(text: &str) -> Self {
        PayerCodeDigits::scanned(text).map_or(Self::Unknown, Self::PayerCode)
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum GoodsCode {
    Gtin(Gtin),
    /// A label of the shop's own.
    Code128(String),
}

impl fmt::Display for GoodsCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gtin(gtin) => gtin.fmt(out),
            Self::Code128(text) => out.write_str(text),
        }
    }
}

/// A GTIN with a right check digit, kept as 14 digits, so that UPC-A and EAN-13 of one product are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// EAN-8, UPC-A, EAN-13 or GTIN-14. GS1 General Specifications 7.9: weights 3 and 1 from the right.
    pub fn parse(text: &str) -> Option<Self> {
        if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut digits = [b'0'; 14];
        digits[14 - text.len()..].copy_from_slice(text.as_bytes());
        let weighted = digits.iter().enumerate().map(|(at, digit)| {
            let weight = if at % 2 == 0 { 3 } else { 1 };
            u32::from(digit - b'0') * weight
        });
        let right = weighted.sum::<u32>().is_multiple_of(10);
        (right && digits != [b'0'; 14]).then_some(Self(digits))
    }
}

impl fmt::Display for Gtin {
    /// As on the shelf: 8, 13 or 14 digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.0).expect("ASCII digits");
        let zeros = text.bytes().take_while(|digit| *digit == b'0').count();
        out.write_str(&text[if zeros >= 6 { 6 } else { zeros.min(1) }..])
    }
}

/// `]cm` in front of the data, when the scanner is set to send it (ISO/IEC 15424).
fn split_aim_id(text: &str) -> (Option<&str>, &str) {
    let bytes = text.as_bytes();
    let has_id = bytes.len() >= 3
        && bytes[0] == b']'
        && bytes[1].is_ascii_alphabetic()
        && bytes[2].is_ascii_alphanumeric();
    if has_id { (Some(&text[1..3]), &text[3..]) } else { (None, text) }
}

/// GS1-128 (`]C1`), GS1 DataMatrix (`]d2`), GS1 QR (`]Q3`) and DataBar (`]e0`): application identifier 01 is the GTIN.
fn gs1_gtin(aim_id: &str, data: &str) -> Option<Gtin> {
    if !matches!(aim_id, "C1" | "d2" | "Q3" | "e0") {
        return None;
    }
    Gtin::parse(data.strip_prefix("01")?.get(..14)?)
}

/// WeChat Pay: 18 digits that begin with 10 to 15. Alipay: 16 to 24 that begin with 25 to 30. UnionPay: 19 that begin
/// with 62.
fn is_wallet(digits: &str) -> bool {
    let prefix = digits.get(..2).and_then(|prefix| prefix.parse::<u8>().ok());
    matches!((digits.len(), prefix), (18, Some(10..=15)) | (19, Some(62)) | (16..=24, Some(25..=30)))
}

/// What a text is that another program read, with or without an AIM identifier in front.
pub fn route(scan: &str) -> ScanRoute {
    let (aim_id, data) = split_aim_id(scan.trim_matches(['\r', '\n', '\t', ' ']));
    if let Some(gtin) = aim_id.and_then(|aim_id| gs1_gtin(aim_id, data)) {
        return ScanRoute::Goods(vec![GoodsCode::Gtin(gtin)]);
    }
    if let Some(digits) = PayerCodeDigits::scanned(data) {
        return ScanRoute::PayerCode(digits);
    }
    let all_digits = !data.is_empty() && data.bytes().all(|byte| byte.is_ascii_digit());
    if data.starts_with("hQVDUFY") {
        return ScanRoute::EmvConsumer;
    }
    if data.starts_with("000201") && data.len() > "000201".len() {
        return ScanRoute::EmvMerchant;
    }
    if all_digits && is_wallet(data) {
        return ScanRoute::Wallet;
    }
    if let Some(gtin) = Gtin::parse(data) {
        return ScanRoute::Goods(vec![GoodsCode::Gtin(gtin)]);
    }
    // Digits in the length of an EAN with a wrong check digit are a misread, unless the scanner says Code 128.
    let misread = all_digits && matches!(data.len(), 8 | 12 | 13 | 14) && aim_id != Some("C0");
    if misread { ScanRoute::Unknown } else { ScanRoute::label(data) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn goods(scan: &str) -> String {
        match route(scan) {
            ScanRoute::Goods(codes) => codes[0].to_string(),
            other => panic!("{scan} is {other:?}"),
        }
    }

    #[test]
    fn goods_are_recognised_whatever_the_symbology() {
        assert_eq!(goods("6901234567892"), "6901234567892");
        assert_eq!(goods("]E06901234567892\r\n"), "6901234567892");
        assert_eq!(goods("96385074"), "96385074");
        assert_eq!(goods("10614141000415"), "10614141000415");
        assert_eq!(goods("]C1011061414100041510LOT7"), "10614141000415");
        assert_eq!(goods("]C0SHELF 12/B"), "SHELF 12/B");
        assert_eq!(goods("]C06901234567890"), "6901234567890", "the scanner says it is Code 128");
    }

    #[test]
    fn upc_a_and_ean_13_of_one_product_are_the_same_goods() {
        assert_eq!(route("036000291452"), route("0036000291452"));
        assert_eq!(goods("036000291452"), "0036000291452");
    }

    #[test]
    fn payment_codes_of_others_are_named() {
        assert_eq!(route("hQVDUFYwMWETTwegAAAAVVVV"), ScanRoute::EmvConsumer);
        assert_eq!(route("]Q100020101021129300012D156000000000510A93FO3230Q6304"), ScanRoute::EmvMerchant);
        assert_eq!(route("134567890123456789"), ScanRoute::Wallet);
        assert_eq!(route("]C02812345678901234"), ScanRoute::Wallet);
        assert_eq!(goods("]C0001234567890123456"), "001234567890123456", "a parcel's number pays nothing");
    }

    #[test]
    fn two_hundred_and_thirty_seven_digits_are_a_payer_code() {
        let digits = format!("0957{}", "1".repeat(233));
        assert!(
            matches!(route(&format!("]Q1{digits}\r")), ScanRoute::PayerCode(code) if code.as_str() == digits)
        );
        assert_eq!(route(&digits[1..]), ScanRoute::Unknown);
    }

    #[test]
    fn a_misread_or_empty_scan_is_unknown() {
        for scan in ["", "\r\n", "]E0", "6901234567890", "96385075", "牛奶", &"A".repeat(49), "AB\u{7}C"] {
            assert_eq!(route(scan), ScanRoute::Unknown, "{scan}");
        }
    }

    proptest! {
        #[test]
        fn any_scan_is_classified_without_panic(scan in "\\PC{0,60}") {
            let _ = route(&scan);
            let _ = route(&format!("]C1{scan}"));
        }

        #[test]
        fn one_wrong_digit_in_an_ean_is_noticed(at in 0_usize..13, shift in 1_u8..10) {
            let mut digits = *b"6901234567892";
            digits[at] = b'0' + (digits[at] - b'0' + shift) % 10;
            prop_assert_eq!(route(std::str::from_utf8(&digits).unwrap()), ScanRoute::Unknown);
        }
    }
}
