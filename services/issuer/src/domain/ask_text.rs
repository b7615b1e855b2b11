//! The issuer's own text to a payer, always one SMS part (3GPP TS 23.040 §9.2.3.16): shop and sum are never left out.

use std::fmt;

use chit_verdict::Claim;
use iso_currency::Currency;

use super::Refusal;
use super::ask::{Number, total_minor};
use super::holder::{Holder, Language};

const SEPTETS_MAX: usize = 160;
const UCS2_UNITS_MAX: usize = 70;
/// Of the issuer's name.
pub const NAME_CHARS_MAX: usize = 16;
/// The shop's name is cut to no less.
const SHOP_CHARS_MIN: usize = 4;

/// Redacted in Debug (invariant I12).
#[derive(Clone, PartialEq, Eq)]
pub struct AskText(String);

impl AskText {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AskText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "AskText(redacted, {} characters)", self.0.chars().count())
    }
}

/// `issuer` and `shop` are names that the issuer chose; no shop says what it is called here.
pub fn ask_text(
    holder: &Holder,
    issuer: &str,
    shop: &str,
    claim: &Claim,
    number: Number,
) -> Result<AskText, Refusal> {
    let currency = std::str::from_utf8(&claim.currency).ok().and_then(Currency::from_code);
    let currency = currency.ok_or(Refusal::AmountClaimed)?;
    let total = digits(total_minor(claim)?, currency);
    let each: Vec<String> = claim.sales.iter().map(|sale| digits(sale.amount_minor, currency)).collect();
    let sum = format!("{} {total}", currency.code());
    let sums = if each.len() > 1 { format!("{sum} ({})", each.join("+")) } else { sum.clone() };
    let words = Words { language: holder.language, issuer, number: number.reveal() };
    let whole = shop.chars().count();
    let cut = |length: usize| shop.chars().take(length).collect::<String>();
    let shorter = (SHOP_CHARS_MIN.min(whole)..whole).rev().map(|length| words.short(&cut(length), &sum));
    // The single amounts go first, then words, then letters of the shop's name.
    let wordings = [words.long(shop, &sums), words.long(shop, &sum), words.short(shop, &sum)];
    wordings.into_iter().chain(shorter).find(|text| fits(text)).map(AskText).ok_or(Refusal::AmountClaimed)
}

struct Words<'a> {
    language: Language,
    issuer: &'a str,
    number: String,
}

impl Words<'_> {
    fn long(&self, shop: &str, sum: &str) -> String {
        let Self { issuer, number, .. } = self;
        match self.language {
            Language::Chinese => {
                format!("【{issuer}】{shop}向您收{sum}。同意请回{number},不同意回0")
            }
            Language::English => format!(
                "{issuer}: {shop} asks you for {sum}. To agree reply {number}. Not you, or another sum: reply 0"
            ),
        }
    }

    fn short(&self, shop: &str, sum: &str) -> String {
        let (Self { issuer, number, .. }, shop) = (self, shop.trim_end());
        match self.language {
            Language::Chinese => format!("【{issuer}】{shop}收{sum}。同意回{number},否回0"),
            Language::English => format!("{issuer}: {shop} asks {sum}. Yes: reply {number}. No: 0"),
        }
    }
}

/// `12.50`; `1250` for yen.
fn digits(minor: i64, currency: Currency) -> String {
    let exponent = usize::from(currency.exponent().unwrap_or(0));
    let all = format!("{minor:0width$}", width = exponent + 1);
    let (whole, part) = all.split_at(all.len() - exponent);
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

fn fits(text: &str) -> bool {
    // What GSM-7 has of ASCII in one septet each (3GPP TS 23.038 §6.2.1).
    let plain = |c: char| (' '..='~').contains(&c) && !"`^{}[]~\\|".contains(c);
    if text.chars().all(plain) {
        text.len() <= SEPTETS_MAX
    } else {
        text.encode_utf16().count() <= UCS2_UNITS_MAX
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chit_verdict::{SHOP_LEN_MAX, SaleClaim};
    use proptest::prelude::*;

    use super::*;

    pub fn claim(amounts: &[i64]) -> Claim {
        let sale =
            |amount: &i64| SaleClaim { sale_id: [1; 16], amount_minor: *amount, manifest_sha256: [9; 32] };
        Claim {
            shop: "corner".into(),
            challenge_id: [3; 16],
            card_id: [7; 8],
            row: 5,
            at_counter: false,
            currency: *b"CNY",
            sales: amounts.iter().map(sale).collect(),
        }
    }

    fn text(language: Language, shop: &str, amounts: &[i64]) -> String {
        let holder = Holder { phone: "+8613800005678".into(), language };
        let number = Number::new(48_151).unwrap();
        ask_text(&holder, "BANK", shop, &claim(amounts), number).unwrap().0
    }

    #[test]
    fn the_text_names_shop_sum_and_number_in_both_languages() {
        assert_eq!(
            text(Language::English, "Huimin", &[1_250]),
            "BANK: Huimin asks you for CNY 12.50. To agree reply 48151. Not you, or another sum: reply 0"
        );
        assert_eq!(
            text(Language::Chinese, "惠民便利小店", &[1_250, 300]),
            "【BANK】惠民便利小店向您收CNY 15.50 (12.50+3.00)。同意请回48151,不同意回0"
        );
    }

    #[test]
    fn a_currency_that_has_no_sums_is_refused() {
        let holder = Holder { phone: "+8613800005678".into(), language: Language::English };
        let nothing = Claim { currency: *b"XX1", ..claim(&[5]) };
        let refused = ask_text(&holder, "BANK", "a", &nothing, Number::new(1).unwrap());
        assert_eq!(refused, Err(Refusal::AmountClaimed));
        assert_eq!(digits(5, Currency::JPY), "5");
        assert_eq!(digits(5, Currency::CNY), "0.05");
    }

    proptest! {
        #[test]
        fn any_ask_fits_one_part_and_states_the_sum(
            chinese in any::<bool>(),
            shop in "[a-z店{é]{1,40}",
            amounts in proptest::collection::vec(1_i64..100_000_000_000, 1..=3),
        ) {
            prop_assume!(shop.len() <= SHOP_LEN_MAX);
            let language = if chinese { Language::Chinese } else { Language::English };
            let said = text(language, &shop, &amounts);
            // `{` costs two septets, so a text with one is held to the shorter limit.
            let units_max = if said.is_ascii() && !said.contains('{') { 160 } else { 70 };
            prop_assert!(said.encode_utf16().count() <= units_max, "{}", said);
            let total = digits(amounts.iter().sum(), Currency::CNY);
            prop_assert!(said.contains(&format!("CNY {total}")), "{}", said);
            prop_assert!(said.contains("48151"));
        }
    }
}
