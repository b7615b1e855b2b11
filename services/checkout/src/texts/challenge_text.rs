//! The words of a challenge and its reminder. Every sale's amount and number stands in them, always: the ledger
//! keeps the hash of this text, and no deduction rests on a text that did not name its sale (invariant I9).

use jiff::civil::DateTime;

use crate::payer::code_card::Row;
use crate::values::money::Money;
use crate::values::short_code::{self as proof, ProofLength, SaleNumber};
use crate::values::sms_text::{self, Language, SmsText};

pub const SALES_MAX: usize = 3;
/// 99,999.99 in a currency of two decimals: seven digits, whatever the currency.
pub const AMOUNT_MINOR_MAX: i64 = 9_999_999;
pub const VALID_HOURS: u8 = 24;

/// One sale as the payer will read it; `at` is local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SaleLine {
    pub number: SaleNumber,
    pub amount: Money,
    pub at: DateTime,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asking {
    FirstTime,
    Reminder { hours_left: u8 },
}

#[derive(Clone, Copy)]
pub struct Challenge<'a> {
    pub language: Language,
    pub shop: &'a str,
    pub sales: &'a [SaleLine],
    pub row: Row,
    /// The hash over the evidence manifests of these sales.
    pub evidence_hash: &'a [u8; 32],
    pub asking: Asking,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("a challenge names one to three sales; leave the others for the next one")]
    SaleCount,
    #[error("an SMS can state amounts from 0.01 to 99999.99 only")]
    Amount,
    #[error("the sales of one challenge are in one currency; challenge the others later")]
    MixedCurrencies,
    #[error("the text does not fit one SMS part")]
    TooLong,
}

impl Challenge<'_> {
    pub fn text(&self) -> Result<SmsText, TextError> {
        if self.sales.is_empty() || self.sales.len() > SALES_MAX {
            return Err(TextError::SaleCount);
        }
        if self.sales.iter().any(|sale| !(1..=AMOUNT_MINOR_MAX).contains(&sale.amount.minor)) {
            return Err(TextError::Amount);
        }
        if self.sales.iter().any(|sale| sale.amount.currency != self.sales[0].amount.currency) {
            return Err(TextError::MixedCurrencies);
        }
        let bodies = match (self.language, self.sales) {
            (Language::Chinese, [sale]) => self.chinese_one(sale),
            (Language::Chinese, _) => self.chinese_several(),
            (Language::English, [sale]) => self.english_one(sale),
            (Language::English, _) => self.english_several(),
        };
        sms_text::fit(self.language, self.shop, &bodies).ok_or(TextError::TooLong)
    }

    fn proof(&self) -> String {
        let length = if self.sales.len() == SALES_MAX { ProofLength::Eight } else { ProofLength::Ten };
        proof::proof(self.evidence_hash, length)
    }

    fn hours(&self) -> u8 {
        match self.asking {
            Asking::FirstTime => VALID_HOURS,
            Asking::Reminder { hours_left } => hours_left,
        }
    }

    fn is_reminder(&self) -> bool {
        matches!(self.asking, Asking::Reminder { .. })
    }

    fn each(&self, write: impl Fn(&SaleLine) -> String) -> Vec<String> {
        self.sales.iter().map(write).collect()
    }

    fn chinese_one(&self, sale: &SaleLine) -> Vec<String> {
        let (row, hours, proof) = (self.row, self.hours(), self.proof());
        let (date, amount, number) = (chinese_date(sale.at), sale.amount.chinese(), sale.number);
        let reminder = if self.is_reminder() { "提醒:" } else { "" };
        vec![
            format!(
                "{reminder}{date}消费{amount},单{number}。付款回卡上第{row}行6位数,非本人回0。{hours}时内有效。凭证{proof}"
            ),
            format!("{reminder}消费{amount},单{number}。付款回卡上第{row}行6位数,非本人回0。凭证{proof}"),
        ]
    }

    fn chinese_several(&self) -> Vec<String> {
        let (row, hours, proof) = (self.row, self.hours(), self.proof());
        let reminder = if self.is_reminder() { "提醒:" } else { "" };
        let list = self.each(|sale| format!("{}({})", sale.amount.chinese(), sale.number)).join(",");
        let currency = self.sales[0].amount.currency;
        // The tightest form says the currency once: 41 characters for three sales in yuan, 44 in another currency.
        let tight = match currency {
            iso_currency::Currency::CNY => {
                self.each(|sale| format!("{}{}", sale.amount.chinese(), sale.number)).join(",")
            }
            other => {
                let items = self.each(|sale| format!("{}/{}", sale.amount.digits(), sale.number));
                format!("{}{}", other.code(), items.join(","))
            }
        };
        vec![
            format!(
                "{reminder}消费{list}。付款回卡上第{row}行6位数,非本人回0,仅第2笔回0 2。{hours}时内有效。凭证{proof}"
            ),
            format!("{reminder}消费{list}。付款回卡第{row}行6位数,非本人回0。凭证{proof}"),
            format!("{tight},付款回卡{row}行6位数,否回0,证{proof}"),
            format!("{tight},付款回卡{row}行码,否回0,证{proof}"),
        ]
    }

    fn english_one(&self, sale: &SaleLine) -> Vec<String> {
        let (row, hours, proof) = (self.row, self.hours(), self.proof());
        let (date, amount, number) = (english_date(sale.at), sale.amount, sale.number);
        let reminder = if self.is_reminder() { "Reminder. " } else { "" };
        vec![format!(
            "{reminder}{date} {amount} no {number}. To pay reply row {row} of your card (6 digits). \
             Not you: 0. Wrong: ERR. Valid {hours}h. Proof {proof}"
        )]
    }

    fn english_several(&self) -> Vec<String> {
        let (row, hours, proof) = (self.row, self.hours(), self.proof());
        let reminder = if self.is_reminder() { "Reminder. " } else { "" };
        let items = self.each(|sale| format!("{} no {}", sale.amount.digits(), sale.number)).join(", ");
        let list = format!("{} {items}", self.sales[0].amount.currency.code());
        vec![
            format!(
                "{reminder}{list}. To pay reply row {row} of your card (6 digits). \
                 Not you: 0, only 2nd: 0 2. Wrong: ERR. Valid {hours}h. Proof {proof}"
            ),
            format!(
                "{list}. To pay reply row {row} of your card (6 digits). \
                 Not you: 0. Wrong: ERR. Valid {hours}h. Proof {proof}"
            ),
            format!(
                "{list}. To pay reply row {row} of your card (6 digits). Not you: 0. Wrong: ERR. Proof {proof}"
            ),
        ]
    }
}

/// Enrolment ends with a challenge that pays nothing: it proves phone and card together.
pub fn enrolment_challenge(language: Language, shop: &str, row: Row) -> Result<SmsText, TextError> {
    let body = match language {
        Language::Chinese => {
            format!("开通付款码,不扣款:请回卡上第{row}行6位数,非本人回0。{VALID_HOURS}时内有效")
        }
        Language::English => format!(
            "To switch your payer code on, reply row {row} of your card (6 digits). \
             Nothing is charged. Not you: 0. Valid {VALID_HOURS}h."
        ),
    };
    sms_text::fit(language, shop, &[body]).ok_or(TextError::TooLong)
}

/// `11月24日`
pub fn chinese_date(at: DateTime) -> String {
    format!("{}月{}日", at.month(), at.day())
}

/// `24 Nov 18:05`
pub fn english_date(at: DateTime) -> String {
    at.strftime("%-d %b %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use iso_currency::Currency;
    use jiff::civil::date;
    use proptest::prelude::*;

    /// Its proof is 7K2M9QX4TD.
    fn evidence_hash() -> [u8; 32] {
        let alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bits =
            "7K2M9QX4TD".chars().fold(0, |bits, letter| bits << 5 | alphabet.find(letter).unwrap() as u64);
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&(bits << 14).to_be_bytes());
        hash
    }

    fn sale(number: &str, minor: i64, currency: Currency) -> SaleLine {
        let amount = Money::new(minor, currency);
        SaleLine { number: number.parse().unwrap(), amount, at: date(2026, 11, 24).at(18, 5, 0, 0) }
    }

    fn text(
        language: Language,
        shop: &str,
        sales: &[SaleLine],
        asking: Asking,
    ) -> Result<SmsText, TextError> {
        let row = Row::new(23).unwrap();
        Challenge { language, shop, sales, row, evidence_hash: &evidence_hash(), asking }.text()
    }

    #[test]
    fn the_agreed_chinese_wording_comes_out_in_69_characters() {
        let sales = [sale("8F3K", 500_000, Currency::CNY)];
        let text = text(Language::Chinese, "惠民便利小店", &sales, Asking::FirstTime).unwrap();
        assert_eq!(
            text.as_str(),
            "【惠民便利小店】11月24日消费5000.00元,单8F3K。付款回卡上第23行6位数,非本人回0。24时内有效。凭证7K2M9QX4TD"
        );
        assert_eq!(text.as_str().chars().count(), 69);
    }

    #[test]
    fn the_agreed_english_wording_comes_out_in_144_characters() {
        let sales = [sale("8F3K", 500_000, Currency::CNY)];
        let text = text(Language::English, "HUIMIN SHOPS", &sales, Asking::FirstTime).unwrap();
        assert_eq!(
            text.as_str(),
            "HUIMIN SHOPS: 24 Nov 18:05 CNY 5000.00 no 8F3K. To pay reply row 23 of your card (6 digits). \
             Not you: 0. Wrong: ERR. Valid 24h. Proof 7K2M9QX4TD"
        );
        assert_eq!(text.as_str().len(), 144);
    }

    #[test]
    fn three_sales_leave_eight_characters_of_proof() {
        let sales = [("8F3K", 9_999_999), ("8F3M", 9_999_999), ("8F3N", 9_999_999)]
            .map(|(number, minor)| sale(number, minor, Currency::CNY));
        let text =
            text(Language::Chinese, "惠民便利小店", &sales, Asking::Reminder { hours_left: 12 }).unwrap();
        assert_eq!(
            text.as_str(),
            "【惠民便利】99999.99元8F3K,99999.99元8F3M,99999.99元8F3N,付款回卡23行码,否回0,证7K2M9QX4"
        );
    }

    #[test]
    fn a_challenge_that_could_not_state_its_sales_is_refused() {
        let yuan = sale("8F3K", 100, Currency::CNY);
        let refused = |sales: &[SaleLine]| text(Language::English, "S", sales, Asking::FirstTime).err();
        assert_eq!(refused(&[]), Some(TextError::SaleCount));
        assert_eq!(refused(&[yuan; 4]), Some(TextError::SaleCount));
        assert_eq!(refused(&[sale("8F3K", 10_000_000, Currency::CNY)]), Some(TextError::Amount));
        assert_eq!(refused(&[sale("8F3K", 0, Currency::CNY)]), Some(TextError::Amount));
        assert_eq!(refused(&[yuan, sale("8F3M", 100, Currency::USD)]), Some(TextError::MixedCurrencies));
    }

    proptest! {
        #[test]
        fn any_challenge_fits_one_part_and_states_every_sale(
            shop in prop_oneof!["\\PC{0,40}", "[一-龥]{1,20}", "[A-Z ]{1,40}"],
            amounts in proptest::collection::vec((1_i64..=AMOUNT_MINOR_MAX, 0_u32..1 << 20), 1..=3),
            currency in prop_oneof![Just(Currency::CNY), Just(Currency::USD), Just(Currency::JPY), Just(Currency::KWD)],
            language in prop_oneof![Just(Language::Chinese), Just(Language::English)],
            asking in prop_oneof![Just(Asking::FirstTime), (1_u8..=12).prop_map(|hours_left| Asking::Reminder { hours_left })],
            row in 1_u8..=60, hash: [u8; 32], month in 1_i8..=12,
        ) {
            let at = date(2026, month, 28).at(23, 59, 0, 0);
            let sales: Vec<SaleLine> = amounts.iter().map(|(minor, number)| SaleLine {
                number: SaleNumber::from_random(*number), amount: Money::new(*minor, currency), at,
            }).collect();
            let row = Row::new(row).unwrap();
            let text = Challenge { language, shop: &shop, sales: &sales, row, evidence_hash: &hash, asking }.text().unwrap();
            prop_assert!(sms_text::fits_one_part(text.as_str()));
            for sale in &sales {
                prop_assert!(text.as_str().contains(&sale.amount.digits()));
                prop_assert!(text.as_str().contains(&sale.number.to_string()));
            }
            prop_assert!(text.as_str().contains(currency.code()) || text.as_str().contains('元'));
            prop_assert!(text.as_str().contains(&row.to_string()));
            prop_assert!(text.as_str().contains(&proof::proof(&hash, ProofLength::Eight)));
            prop_assert_eq!(language == Language::English, sms_text::gsm7_septets(text.as_str()).is_some());
        }

        #[test]
        fn the_first_challenge_of_an_enrolment_fits_one_part(shop in "\\PC{0,40}", row in 1_u8..=60) {
            for language in [Language::Chinese, Language::English] {
                prop_assert!(enrolment_challenge(language, &shop, Row::new(row).unwrap()).is_ok());
            }
        }
    }
}
