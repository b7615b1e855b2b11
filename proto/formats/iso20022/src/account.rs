//! Numbers of accounts, banks and creditors, with their check digits.

/// ISO 13616: two letters, two check digits, up to 30 letters and digits.
pub(crate) fn looks_like_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    (5..=34).contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes[4..].iter().all(u8::is_ascii_alphanumeric)
}

/// Also its check digits are right. How long it is in each country is left to the bank.
pub fn is_iban(text: &str) -> bool {
    looks_like_iban(text) && (15..=34).contains(&text.len()) && checks(&[&text[4..], &text[..4]].concat())
}

/// A SEPA creditor id (AT-02): the business code, its 5th to 7th character, is not part of the check.
pub fn is_creditor_id(text: &str) -> bool {
    let shaped = (8..=35).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.as_bytes()[..2].iter().all(u8::is_ascii_uppercase)
        && text.as_bytes()[2..4].iter().all(u8::is_ascii_digit);
    shaped && checks(&[&text[7..], &text[..4]].concat())
}

/// ISO 9362.
pub fn is_bic(text: &str) -> bool {
    let bytes = text.as_bytes();
    let letter_or_digit = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    matches!(bytes.len(), 8 | 11)
        && bytes.iter().all(letter_or_digit)
        && bytes[4..6].iter().all(u8::is_ascii_uppercase)
}

/// ISO 7064, MOD 97-10: letters count as 10 to 35.
fn checks(text: &str) -> bool {
    let mut rest = 0_u32;
    for digit in text.chars().filter_map(|letter| letter.to_digit(36)) {
        rest = if digit < 10 { rest * 10 + digit } else { rest * 100 + digit } % 97;
    }
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_digit_is_seen() {
        assert!(is_iban("NL91ABNA0417164300") && is_iban("DE89370400440532013000"));
        assert!(!is_iban("NL92ABNA0417164300") && !is_iban("NL91ABNA0417164301") && !is_iban("NL91"));
        assert!(is_creditor_id("DE98ZZZ09999999999") && is_creditor_id("DE98ABC09999999999"));
        assert!(!is_creditor_id("DE97ZZZ09999999999") && !is_creditor_id("DE98ZZ号9999999999"));
        assert!(is_bic("MOCKNL2A") && is_bic("MOCKNL2AXXX") && !is_bic("MOCKNL2") && !is_bic("MOCK2L2A"));
    }
}
