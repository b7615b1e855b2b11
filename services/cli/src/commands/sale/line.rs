//! `GTIN|description|quantity|unit price in minor units`, one line of the basket.

use chit_proto::checkout::v1::BasketLine;

const FORM: &str =
    "a line is GTIN|description|quantity|unit_price_minor, for example 6901234567892|Tea|2|350";
const THOUSANDTHS: i128 = 1000;

#[derive(Clone, Debug)]
pub struct Line(pub BasketLine);

impl std::str::FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let [gtin, description, quantity, price] = text.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            return Err(FORM.to_owned());
        };
        let quantity_milli = milli(quantity).ok_or_else(|| {
            format!("quantity {quantity:?} is no number with at most three decimals; {FORM}")
        })?;
        let unit_price_minor = price.parse::<i64>().map_err(|_unreadable| {
            format!("unit price {price:?} is no whole number of minor units; {FORM}")
        })?;
        let total_minor = total_minor(quantity_milli, unit_price_minor)
            .ok_or_else(|| format!("quantity times price is too large; {FORM}"))?;
        Ok(Self(BasketLine {
            gtin: gtin.to_owned(),
            description: description.to_owned(),
            quantity_milli,
            unit_price_minor,
            total_minor,
        }))
    }
}

/// "0.5" → 500. Signs are for the service to refuse: it names the field.
fn milli(quantity: &str) -> Option<i64> {
    let (whole, fraction) = quantity.split_once('.').unwrap_or((quantity, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let negative = whole.starts_with('-');
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<3}").parse().ok()?;
    whole.checked_mul(1000)?.checked_add(if negative { -fraction } else { fraction })
}

/// Half up, as the service computes it.
fn total_minor(quantity_milli: i64, unit_price_minor: i64) -> Option<i64> {
    let product = i128::from(quantity_milli) * i128::from(unit_price_minor);
    i64::try_from((product + THOUSANDTHS / 2).div_euclid(THOUSANDTHS)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<BasketLine, String> {
        text.parse::<Line>().map(|line| line.0)
    }

    #[test]
    fn a_line_is_parsed_and_its_total_rounded_half_up() {
        let tea = line("6901234567892|Green tea 500 ml|2|350").unwrap();
        assert_eq!((tea.gtin.as_str(), tea.description.as_str()), ("6901234567892", "Green tea 500 ml"));
        assert_eq!((tea.quantity_milli, tea.unit_price_minor, tea.total_minor), (2000, 350, 700));
        let apples = line("|苹果|0.335|1290").unwrap();
        assert_eq!((apples.quantity_milli, apples.total_minor), (335, 432));
        assert_eq!(line("|x|0.5|1").unwrap().total_minor, 1);
        assert_eq!(
            line("|x|-1|100").unwrap().quantity_milli,
            -1000,
            "the service refuses it and names the field"
        );
    }

    #[test]
    fn what_is_no_line_is_told_how_one_looks() {
        for bad in [
            "Tea",
            "1|2|3",
            "|x|1|2|3",
            "|x|one|100",
            "|x|1.2345|100",
            "|x|1|3.50",
            "|x|9000000000000000|9000",
        ] {
            let told = line(bad).unwrap_err();
            assert!(told.contains("6901234567892|Tea|2|350"), "{bad}: {told}");
        }
    }
}
