//! The goods of a sale. A basket may come from another POS, so nothing in it is believed before it adds up.

use iso_currency::Currency;

use super::scan_route::Gtin;
use crate::values::money::Money;

pub const LINES_MAX: usize = 200;
pub const DESCRIPTION_CHARACTERS_MAX: usize = 120;
/// Thousandths: 1000 is one piece or one kilogram.
pub const QUANTITY_MILLI_MAX: i64 = 1_000_000_000;
const ONE_MILLI: i128 = 1_000;

/// A line as it comes in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineInput {
    pub description: String,
    /// Empty when the goods have none.
    pub gtin: String,
    pub quantity_milli: i64,
    pub unit_price_minor: i64,
    pub line_total_minor: i64,
    /// ISO 4217; empty means the basket's.
    pub currency_code: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub description: String,
    pub gtin: Option<Gtin>,
    pub quantity_milli: i64,
    pub unit_price_minor: i64,
    pub line_total_minor: i64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Basket {
    lines: Vec<Line>,
    total: Money,
}

/// Names the field as the caller wrote it, and what to do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {remedy}")]
pub struct BasketError {
    pub field: String,
    pub remedy: String,
}

fn refuse<T>(field: impl Into<String>, remedy: impl Into<String>) -> Result<T, BasketError> {
    Err(BasketError { field: field.into(), remedy: remedy.into() })
}

impl Basket {
    /// `total_minor` is what the caller thinks the sum is, when it says so.
    pub fn new(
        currency_code: &str,
        lines: &[LineInput],
        total_minor: Option<i64>,
    ) -> Result<Self, BasketError> {
        let Some(currency) = Currency::from_code(currency_code) else {
            return refuse("currency_code", "give an ISO 4217 code, e.g. CNY");
        };
        if lines.is_empty() || lines.len() > LINES_MAX {
            return refuse("lines", format!("a basket has 1 to {LINES_MAX} lines; split a longer one"));
        }
        let checked = lines.iter().enumerate().map(|(at, line)| check_line(at, line, currency));
        let lines = checked.collect::<Result<Vec<Line>, _>>()?;
        let sum = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.line_total_minor));
        let Some(sum) = sum else {
            return refuse("total_minor", "the lines add up to more than can be counted; check the prices");
        };
        if sum == 0 {
            return refuse("total_minor", "a sale of nothing needs no payer; add goods with a price");
        }
        if total_minor.is_some_and(|total| total != sum) {
            return refuse("total_minor", format!("the lines add up to {sum}; send that or leave it out"));
        }
        Ok(Self { lines, total: Money::new(sum, currency) })
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn total(&self) -> Money {
        self.total
    }
}

fn check_line(at: usize, line: &LineInput, basket_currency: Currency) -> Result<Line, BasketError> {
    let field = |name: &str| format!("lines[{at}].{name}");
    let description = clean_description(&line.description);
    if description.is_empty() {
        return refuse(field("description"), "name the goods; the payer reads it on the receipt");
    }
    if description.chars().count() > DESCRIPTION_CHARACTERS_MAX {
        return refuse(
            field("description"),
            format!("shorten it to {DESCRIPTION_CHARACTERS_MAX} characters"),
        );
    }
    let gtin = match line.gtin.as_str() {
        "" => None,
        text => match Gtin::parse(text) {
            Some(gtin) => Some(gtin),
            None => return refuse(field("gtin"), "the check digit is wrong; scan again or leave it empty"),
        },
    };
    if !line.currency_code.is_empty() && line.currency_code != basket_currency.code() {
        return refuse(
            field("currency_code"),
            format!("use {}, the basket's currency", basket_currency.code()),
        );
    }
    if !(1..=QUANTITY_MILLI_MAX).contains(&line.quantity_milli) {
        return refuse(field("quantity_milli"), "give thousandths, from 1 to 1000000000; one piece is 1000");
    }
    if line.unit_price_minor < 0 {
        return refuse(
            field("unit_price_minor"),
            "a price is not negative; take the goods off or make a refund",
        );
    }
    if line.line_total_minor < 0 {
        return refuse(
            field("line_total_minor"),
            "a total is not negative; take the goods off or make a refund",
        );
    }
    // Scales round differently: either whole unit around the exact product is right.
    let product = i128::from(line.unit_price_minor) * i128::from(line.quantity_milli);
    let (low, high) = (product / ONE_MILLI, (product + ONE_MILLI - 1) / ONE_MILLI);
    if !(low..=high).contains(&i128::from(line.line_total_minor)) {
        return refuse(field("line_total_minor"), format!("quantity × unit price is {low}; send that"));
    }
    Ok(Line {
        description,
        gtin,
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        line_total_minor: line.line_total_minor,
    })
}

/// Controls could drive the printer, and direction marks could make the receipt read other than it is stored.
fn clean_description(text: &str) -> String {
    let harmful = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let spaced: String = text
        .chars()
        .filter(|character| matches!(character, '\t' | '\n' | '\r') || !harmful(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(description: &str, quantity_milli: i64, unit: i64, total: i64) -> LineInput {
        LineInput {
            description: description.to_owned(),
            quantity_milli,
            unit_price_minor: unit,
            line_total_minor: total,
            ..LineInput::default()
        }
    }

    fn refused_field(lines: &[LineInput], total: Option<i64>) -> String {
        Basket::new("CNY", lines, total).unwrap_err().field
    }

    #[test]
    fn a_basket_that_adds_up_is_taken() {
        let lines = [line("牛奶 250ml", 2_000, 650, 1_300), line("苹果", 735, 1_280, 941)];
        let basket = Basket::new("CNY", &lines, Some(2_241)).unwrap();
        assert_eq!(basket.total().to_string(), "CNY 22.41");
        let rounded_down = Basket::new("CNY", &[line("苹果", 735, 1_280, 940)], None);
        assert!(rounded_down.is_ok(), "940.8 may be 940 or 941");
    }

    #[test]
    fn an_error_names_the_field_and_the_remedy() {
        let good = line("milk", 1_000, 650, 650);
        let lines = [good.clone(), good.clone(), good.clone(), line("milk", 2_000, 650, 1_301)];
        let error = Basket::new("CNY", &lines, None).unwrap_err();
        assert_eq!(error.to_string(), "lines[3].line_total_minor: quantity × unit price is 1300; send that");
        assert_eq!(refused_field(&[line(" \u{7} ", 1_000, 1, 1)], None), "lines[0].description");
        assert_eq!(refused_field(&[line(&"x".repeat(121), 1_000, 1, 1)], None), "lines[0].description");
        assert_eq!(refused_field(&[line("milk", 0, 1, 0)], None), "lines[0].quantity_milli");
        assert_eq!(refused_field(&[line("milk", 1_000, -1, -1)], None), "lines[0].unit_price_minor");
        assert_eq!(refused_field(&[line("milk", 1_000, 0, -1)], None), "lines[0].line_total_minor");
        let bad_gtin = LineInput { gtin: "6901234567890".to_owned(), ..good.clone() };
        assert_eq!(refused_field(&[bad_gtin], None), "lines[0].gtin");
        let dollars = LineInput { currency_code: "USD".to_owned(), ..good.clone() };
        assert_eq!(refused_field(&[dollars], None), "lines[0].currency_code");
        assert_eq!(refused_field(std::slice::from_ref(&good), Some(651)), "total_minor");
        assert_eq!(refused_field(&[line("gift", 1_000, 0, 0)], None), "total_minor");
        assert_eq!(refused_field(&[], None), "lines");
        assert_eq!(refused_field(&vec![good.clone(); 201], None), "lines");
        assert_eq!(Basket::new("XYZ", &[good], None).unwrap_err().field, "currency_code");
    }

    #[test]
    fn a_sum_beyond_all_counting_is_refused() {
        let huge = line("gold", 1_000, i64::MAX, i64::MAX);
        assert_eq!(refused_field(&[huge.clone(), huge], None), "total_minor");
    }

    #[test]
    fn controls_and_direction_marks_are_taken_out_of_descriptions() {
        let basket =
            Basket::new("CNY", &[line("\u{1b}@milk\t\u{202e}klim\n", 1_000, 650, 650)], None).unwrap();
        assert_eq!(basket.lines()[0].description, "@milk klim");
    }

    proptest! {
        #[test]
        fn any_basket_is_judged_without_panic(
            description in "\\PC{0,130}", quantity: i64, unit: i64, total: i64, sum: Option<i64>,
        ) {
            let _ = Basket::new("CNY", &[line(&description, quantity, unit, total)], sum);
        }
    }
}
