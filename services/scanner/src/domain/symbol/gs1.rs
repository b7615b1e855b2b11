//! GS1 element strings (GS1 General Specifications, section 7.8): application identifier and value, one after the other, those
//! of variable length ended by FNC1, which a reader sends as GS, or by the end.

use super::gtin::Gtin;

const GS: u8 = 0x1d;
/// Elements of one symbol; GS1-128 holds 48 characters, a DataMatrix some thousand.
const ELEMENTS_MAX: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub identifier: String,
    pub value: String,
}

/// The elements, and the GTIN of 01 or 02. `None` when the data are no element strings.
pub fn parse(data: &str) -> Option<(Vec<Element>, Gtin)> {
    let elements = if data.starts_with('(') { bracketed(data)? } else { elements(data)? };
    let goods = elements.iter().find(|element| element.identifier == "01");
    let content = elements.iter().find(|element| element.identifier == "02");
    let gtin = Gtin::parse(&goods.or(content)?.value)?;
    Some((elements, gtin))
}

fn elements(data: &str) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    let mut rest = data.trim_start_matches(char::from(GS));
    while !rest.is_empty() {
        if elements.len() == ELEMENTS_MAX {
            return None;
        }
        let shape = Shape::of(rest)?;
        let (identifier, after) = rest.split_at_checked(shape.identifier)?;
        let end = after.find(char::from(GS)).unwrap_or(after.len());
        let (value, next) = match shape.value {
            Value::Fixed(length) => after.split_at_checked(length)?,
            Value::UpTo(most) if end <= most && end > 0 => after.split_at(end),
            Value::UpTo(_) => return None,
        };
        if !shape.fits(identifier, value) {
            return None;
        }
        elements.push(Element { identifier: identifier.to_owned(), value: value.to_owned() });
        // After a fixed length a separator may stand as well.
        rest = next.strip_prefix(char::from(GS)).unwrap_or(next);
    }
    (!elements.is_empty()).then_some(elements)
}

/// As it is printed under a symbol; some readers send that.
fn bracketed(data: &str) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    for part in data.split('(').skip(1) {
        let (identifier, value) = part.split_once(')')?;
        let shape = Shape::of(identifier)?;
        let known = identifier.len() == shape.identifier && !value.is_empty();
        if !known || elements.len() == ELEMENTS_MAX || !shape.fits(identifier, value) {
            return None;
        }
        elements.push(Element { identifier: identifier.to_owned(), value: value.to_owned() });
    }
    Some(elements)
}

enum Value {
    Fixed(usize),
    UpTo(usize),
}

struct Shape {
    identifier: usize,
    value: Value,
}

impl Shape {
    /// GS1 General Specifications, figures 3.2-1 and 7.8.5-2.
    fn of(data: &str) -> Option<Self> {
        let digits = data.as_bytes();
        let number = |count: usize| -> Option<u32> { data.get(..count)?.parse().ok() };
        let fixed = |identifier, length| Some(Self { identifier, value: Value::Fixed(length) });
        let up_to = |identifier, most| Some(Self { identifier, value: Value::UpTo(most) });
        if !digits.iter().take(2).all(u8::is_ascii_digit) {
            return None;
        }
        match number(2)? {
            0 => fixed(2, 18),
            1..=3 => fixed(2, 14),
            11..=13 | 15..=17 => fixed(2, 6),
            20 => fixed(2, 2),
            10 | 21 | 22 => up_to(2, 20),
            23 => up_to(3, 28),
            24 | 25 => up_to(3, 30),
            30 | 37 => up_to(2, 8),
            31..=36 => fixed(4, 6),
            39 => up_to(4, 18),
            40 => up_to(3, 30),
            41 => fixed(3, 13),
            42 => up_to(3, 15),
            43 => up_to(4, 70),
            70 | 80 | 81 => up_to(4, 90),
            71 => up_to(3, 20),
            72 | 82 => up_to(4, 70),
            90..=99 => up_to(2, 90),
            _ => None,
        }
    }

    fn fits(&self, identifier: &str, value: &str) -> bool {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let right_length = match self.value {
            Value::Fixed(length) => value.len() == length && digits,
            Value::UpTo(most) => value.len() <= most && value.bytes().all(|byte| byte.is_ascii_graphic()),
        };
        right_length
            && match identifier {
                "01" | "02" | "03" => Gtin::parse(value).is_some(),
                "11" | "12" | "13" | "15" | "16" | "17" => is_date(value),
                _ => true,
            }
    }
}

/// YYMMDD; day 00 is the end of the month.
fn is_date(value: &str) -> bool {
    let part = |from: usize| value.get(from..from + 2).and_then(|part| part.parse::<u32>().ok());
    matches!((part(2), part(4)), (Some(1..=12), Some(0..=31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goods(data: &str) -> Option<String> {
        parse(data).map(|(_, gtin)| gtin.as_str().to_owned())
    }

    #[test]
    fn elements_are_read_in_any_order_with_and_without_separators() {
        for data in [
            "0106901234567892",
            "010690123456789217261231",
            "\u{1d}010690123456789221ABC12",
            "\u{1d}01069012345678922112345\u{1d}1109010117100101",
            "1021072911\u{1d}17240531\u{1d}0106901234567892",
            "10LOT/7\u{1d}0106901234567892",
            "(01)06901234567892(17)261231(10)A-7",
            "0106901234567892310300275015261231",
        ] {
            assert_eq!(goods(data).as_deref(), Some("06901234567892"), "{data}");
        }
    }

    #[test]
    fn the_best_before_date_and_the_lot_are_kept() {
        let (elements, _) = parse("01069012345678921726123110A1\u{1d}3103000275").unwrap();
        let pairs: Vec<_> = elements.iter().map(|e| (e.identifier.as_str(), e.value.as_str())).collect();
        let expected = [("01", "06901234567892"), ("17", "261231"), ("10", "A1"), ("3103", "000275")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn what_is_no_element_string_is_none() {
        for data in [
            "",
            "\u{1d}",
            "01",
            "0106901234567890",
            "010690123456789217261331",
            "0106901234567892176",
            "6901234567892",
            "(01)0690123456789",
            "(01",
            "01\u{e9}6901234567892",
            "10LOT",
            "0006901234567892",
        ] {
            assert_eq!(parse(data), None, "{data}");
        }
    }
}
