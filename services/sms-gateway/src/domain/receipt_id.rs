//! The number that an SMPP server gives a message, and the one that its receipt names. Many servers answer in hexadecimal and
//! report in decimal, in another case, or padded with zeros (SMPP 3.4 appendix B leaves the format to the vendor).

/// Longer numbers are compared as they are.
const DIGITS_MAX: usize = 32;

/// Case and leading zeros do not count.
pub fn plain(id: &str) -> String {
    let lower = id.trim().to_ascii_lowercase();
    let digits = lower.strip_prefix("0x").unwrap_or(&lower).trim_start_matches('0');
    if digits.is_empty() && !lower.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

/// What the same number is in the other base, both ways; surely of the same message only with the same recipient.
pub fn in_other_base(id: &str) -> Vec<String> {
    let plain = plain(id);
    if plain.is_empty() || plain.len() > DIGITS_MAX {
        return Vec::new();
    }
    let hexadecimal = plain.parse::<u128>().ok().map(|number| format!("{number:x}"));
    let decimal = u128::from_str_radix(&plain, 16).ok().map(|number| number.to_string());
    hexadecimal.into_iter().chain(decimal).filter(|other| *other != plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_padding_do_not_tell_two_numbers_apart() {
        for id in ["1A2B3C", "1a2b3c", "001A2B3C", " 0x1a2b3c "] {
            assert_eq!(plain(id), "1a2b3c");
        }
        assert_eq!((plain("0000").as_str(), plain("").as_str()), ("0", ""));
        assert_eq!(plain("Order-0042"), "order-0042");
    }

    #[test]
    fn a_number_is_found_in_the_other_base() {
        assert_eq!(0x1A_2B3C, 1_715_004);
        assert!(in_other_base("1715004").contains(&"1a2b3c".to_owned()));
        assert!(in_other_base("001A2B3C").contains(&"1715004".to_owned()));
        assert!(in_other_base("abc-7").is_empty());
        assert!(in_other_base(&"9".repeat(64)).is_empty());
    }
}
