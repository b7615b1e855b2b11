//! What can be printed, as plain data. The caller decides every word that carries a fact; layout only places it.

use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    ZhCn,
    En,
}

/// At most one paper of a document is the ORIGINAL; every later one says which copy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    Original,
    Copy(u32),
}

impl Edition {
    /// From the number a job carries: 0 for the ORIGINAL.
    pub fn numbered(copy_number: u32) -> Self {
        if copy_number == 0 { Self::Original } else { Self::Copy(copy_number) }
    }
}

/// Minor units of an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    pub amount_minor: i64,
    pub currency_code: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub description: String,
    /// Thousandths: 2 pieces are 2000.
    pub quantity_milli: i64,
    pub unit_price_minor: i64,
    pub total_minor: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sale {
    pub receipt_no: String,
    pub shop_name: String,
    pub header_lines: Vec<String>,
    pub till: String,
    pub cashier: String,
    /// Local time of the shop, e.g. "2026-11-24 11:42".
    pub time: String,
    pub lines: Vec<Line>,
    pub total: Money,
    pub payer_last4: String,
    /// The shop's own SMS number: on paper only, never in a log. Empty = not printed.
    pub sms_sender: String,
    pub lookup_code: String,
    /// What texts to the payer call the sale. Empty = not printed.
    pub sale_number: String,
    pub kept: Kept,
    /// Empty = no photo was taken.
    pub photo_sha256: Vec<u8>,
    pub goods_sha256: Vec<u8>,
    /// The till-signed text of the QR, in the QR alphanumeric set.
    pub signed_qr: String,
}

/// How long the evidence is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// At least until this day.
    Until(String),
    /// The film so many days after the SMS that states the deduction.
    DaysAfterNotice(u32),
}

/// A refund or a void, in place of goods.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    pub receipt_no: String,
    pub shop_name: String,
    pub time: String,
    pub amount: Money,
    pub approved_by: String,
    /// A void was never charged; a refund was.
    pub voided: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Mandate {
    pub mandate_id: String,
    pub shop_name: String,
    pub payer_name: String,
    pub phone_masked: String,
    /// Local date of signature.
    pub date: String,
    pub paragraphs: Vec<String>,
}

/// The sums of a shift, in minor units of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// A Z report closes the shift; an X report only reads it.
    pub closing: bool,
    pub report_no: String,
    pub shop_name: String,
    pub till: String,
    pub cashier: String,
    pub from_time: String,
    pub until_time: String,
    /// Empty if there was no receipt.
    pub first_receipt_no: String,
    pub last_receipt_no: String,
    pub receipt_count: u32,
    pub currency_code: String,
    pub gross_minor: i64,
    pub settled_minor: i64,
    pub open_minor: i64,
    pub bad_minor: i64,
    pub written_off_minor: i64,
    pub paid_otherwise_minor: i64,
    pub void_minor: i64,
    pub refunds_minor: i64,
    pub net_minor: i64,
}

impl Report {
    /// gross = settled + open + bad + written off + paid otherwise + void; net = gross - void - refunds (DESIGN.md, I7).
    pub fn adds_up(&self) -> bool {
        let sum = |parts: &[i64]| parts.iter().map(|part| i128::from(*part)).sum::<i128>();
        let gross = sum(&[
            self.settled_minor,
            self.open_minor,
            self.bad_minor,
            self.written_off_minor,
            self.paid_otherwise_minor,
            self.void_minor,
        ]);
        let net = sum(&[self.gross_minor]) - sum(&[self.void_minor, self.refunds_minor]);
        gross == i128::from(self.gross_minor) && net == i128::from(self.net_minor)
    }
}

/// Sixty six-digit rows. Debug shows none of them: a row must not reach a log.
#[derive(Clone, PartialEq)]
pub struct CodeCard {
    pub card_serial: String,
    pub shop_name: String,
    pub rows: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for CodeCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeCard").field("rows", &"redacted").finish_non_exhaustive()
    }
}

/// Rows of a code card: 3 columns of 20 lines.
pub const CODE_CARD_ROWS: usize = 60;

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Sale(Box<Sale>),
    Notice(Notice),
    Mandate(Mandate),
    CodeCard(CodeCard),
    Report(Box<Report>),
    TestPage { note: String },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub language: Language,
    /// Printed in a sandbox: the paper must not pass for a real one.
    pub practice: bool,
    pub content: Content,
}

impl Money {
    /// "73.18", "-0.05", "500" (yen): digits as the currency's exponent says, no sign of currency.
    pub fn digits(&self) -> String {
        let exponent = iso_currency::Currency::from_code(&self.currency_code)
            .and_then(|currency| currency.exponent())
            .unwrap_or(2);
        let sign = if self.amount_minor < 0 { "-" } else { "" };
        let amount = self.amount_minor.unsigned_abs();
        let scale = 10u64.pow(u32::from(exponent));
        if exponent == 0 {
            format!("{sign}{amount}")
        } else {
            format!("{sign}{}.{:0width$}", amount / scale, amount % scale, width = usize::from(exponent))
        }
    }

    /// With the currency in front: "¥73.18" for yuan in Chinese, else "CNY 73.18".
    pub fn with_currency(&self, language: Language) -> String {
        match (language, self.currency_code.as_str()) {
            (Language::ZhCn, "CNY") => format!("¥{}", self.digits()),
            _ => format!("{} {}", self.currency_code, self.digits()),
        }
    }
}

/// Thousandths as people write them: 2000 is "2", 350 is "0.35".
pub fn quantity(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let milli = milli.unsigned_abs();
    let fraction = format!("{:03}", milli % 1000);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{}", milli / 1000),
        digits => format!("{sign}{}.{digits}", milli / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_the_digits_of_its_currency() {
        let money = |amount_minor, code: &str| Money { amount_minor, currency_code: code.into() };
        assert_eq!(money(7318, "CNY").digits(), "73.18");
        assert_eq!(money(-5, "CNY").digits(), "-0.05");
        assert_eq!(money(500, "JPY").digits(), "500");
        assert_eq!(money(1_234_567, "KWD").digits(), "1234.567");
        assert_eq!(money(i64::MIN, "CNY").digits(), "-92233720368547758.08");
        assert_eq!(money(7318, "CNY").with_currency(Language::ZhCn), "¥73.18");
        assert_eq!(money(7318, "CNY").with_currency(Language::En), "CNY 73.18");
    }

    #[test]
    fn quantities_lose_their_useless_zeros() {
        assert_eq!(quantity(2000), "2");
        assert_eq!(quantity(350), "0.35");
        assert_eq!(quantity(-1005), "-1.005");
    }

    #[test]
    fn a_code_card_never_shows_its_rows_to_debug() {
        let card = CodeCard {
            card_serial: "C-1".into(),
            shop_name: "shop".into(),
            rows: vec![Zeroizing::new("493021".into())],
        };
        assert!(!format!("{card:?}").contains("493021"));
    }
}
