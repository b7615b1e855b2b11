//! What is left on a prepaid SIM, out of the operator's answer to a USSD code.

/// In hundredths of the operator's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credit(i64);

impl Credit {
    /// `12`, `12.5`, `12,50`.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = whole.strip_prefix('-').map_or((1, whole), |whole| (-1, whole));
        if whole.1.is_empty() || !digits(whole.1) || !digits(part) || part.len() > 2 {
            return None;
        }
        let hundredths: i64 = format!("{part:0<2}").parse().ok()?;
        let value = whole.1.parse::<i64>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
        Some(Self(whole.0 * value))
    }

    /// The first amount after the words `after`; of several without such words, the first that has hundredths.
    pub fn find(answer: &str, after: &str) -> Option<Self> {
        let (_, rest) = answer.split_once(after)?;
        let mut numbers =
            rest.split(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | ',' | '-')));
        let amount = |word: &str| {
            let word = word.trim_end_matches(['.', ',', '-']).trim_start_matches(['.', ',']);
            Some((Self::parse(word)?, word.contains(['.', ','])))
        };
        let found: Vec<_> = numbers.by_ref().filter_map(amount).collect();
        let exact = found.iter().find(|(_, hundredths)| *hundredths);
        let first = if after.is_empty() { exact.or(found.first()) } else { found.first() };
        first.map(|(credit, _)| *credit)
    }

    /// As people write it.
    pub fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", self.0.abs() / 100, self.0.abs() % 100)
    }
}

/// `+CUSD: <m>[,<str>[,<dcs>]]` (27.007 §7.15): what the operator said. Some modems write it in hexadecimal, UCS-2 or packed.
pub fn ussd_text(values: &str) -> Option<String> {
    let (_, rest) = values.split_once('"')?;
    let (text, after) = rest.rsplit_once('"')?;
    let coding: Option<u8> = after.trim_start_matches(',').trim().parse().ok();
    let octets = if text.len() >= 4 && text.len().is_multiple_of(2) { hex::decode(text).ok() } else { None };
    Some(match (octets, coding) {
        // 23.038 §5: bits 3 and 2 = UCS-2.
        (Some(octets), Some(coding)) if coding & 0x0C == 0x08 || coding == 0x11 => {
            let units: Vec<u16> =
                octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        (Some(octets), _) if text.bytes().any(|byte| byte.is_ascii_alphabetic()) => {
            super::pdu::gsm7::decode(&super::pdu::gsm7::unpack(&octets, 0, octets.len() * 8 / 7))
        }
        _ => text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_is_found_in_what_operators_write() {
        for (answer, after, expected) in [
            ("Your balance is 12.34 EUR, valid until 2027-01-31", "", "12.34"),
            ("2 offers! Guthaben: 7,50 EUR", "", "7.50"),
            ("尊敬的客户，您的余额为35.08元", "余额", "35.08"),
            ("Saldo 1500 FCFA. Bonus 20", "Saldo", "1500.00"),
            ("Credit -0.50", "", "-0.50"),
            ("Balance:10", "", "10.00"),
        ] {
            assert_eq!(Credit::find(answer, after).map(Credit::text).as_deref(), Some(expected), "{answer}");
        }
        for nothing in ["", "Service not available", "1.2.3"] {
            assert_eq!(Credit::find(nothing, ""), None, "{nothing}");
        }
        assert_eq!(Credit::find("Balance 5.00", "Guthaben"), None);
        assert!(Credit::parse("4.99") < Credit::parse("5"));
        for no_amount in
            ["", "-", "+5", "--5", "1.+5", "1.-5", "x", "1.x", "1.234", ".5", "99999999999999999999"]
        {
            assert_eq!(Credit::parse(no_amount), None, "{no_amount}");
        }
    }

    #[test]
    fn an_answer_is_read_as_text_or_hexadecimal() {
        assert_eq!(ussd_text("0,\"Balance 5.00\",15").as_deref(), Some("Balance 5.00"));
        assert_eq!(ussd_text("0,\"4F59989D0035\",72").as_deref(), Some("余额5"));
        assert_eq!(ussd_text("0,\"C2303BEC1E974135170C06\",15").as_deref(), Some("Balance 5.00"));
        assert_eq!(ussd_text("2"), None);
    }
}
