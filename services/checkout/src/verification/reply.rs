//! What a payer's SMS says. The rule that matters: a try is exactly one six-digit group; when in doubt the reply
//! is `Unclear`, which costs the payer nothing, because a wrong try or a false rejection would.

use iso_currency::Currency;

use crate::payer::code_card::{CardSerial, Row, RowCode};
use crate::values::short_code::is_code_character;

/// A reply longer than this is a forwarded chain, not an answer: ten SMS parts.
const CHARACTERS_MAX: usize = 1_600;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Exactly one six-digit group.
    Code(RowCode),
    /// A six-digit group with its row number in front.
    RowAndCode {
        row: Row,
        code: RowCode,
    },
    /// `0`, NO, 否: not me, all sales of the challenge.
    RejectAll,
    /// `0 2`: not me, the second sale; counted from 1.
    RejectNth(u8),
    /// ERR, 错: my purchase, but goods or price are wrong; of one sale or of all.
    WrongGoods {
        nth: Option<u8>,
    },
    /// LOST or 挂失; freezes only with a card serial.
    Lost {
        card_serial: Option<CardSerial>,
    },
    Help,
    /// The proof of the challenge came back; no try.
    QuotedProof,
    Empty,
    Unclear,
}

impl Reply {
    pub fn code(&self) -> Option<&RowCode> {
        match self {
            Self::Code(code) | Self::RowAndCode { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// Full-width forms to ASCII, capitals, one kind of space.
pub fn fold(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(character as u32 - 0xfee0).expect("maps onto U+0021–U+007E")
            }
            _ if character.is_whitespace() || character.is_control() => ' ',
            // Zero-width characters come along with copied text.
            '\u{200b}'..='\u{200f}' | '\u{feff}' => ' ',
            _ => character,
        })
        .flat_map(char::to_uppercase)
        .collect()
}

pub fn parse(text: &str) -> Reply {
    if text.chars().count() > CHARACTERS_MAX {
        return Reply::Unclear;
    }
    let folded = fold(text);
    let words = words(&folded);
    if words.is_empty() {
        return if folded.contains('?') { Reply::Help } else { Reply::Empty };
    }
    if folded.contains("挂失") || words.first() == Some(&"LOST") {
        return Reply::Lost { card_serial: words.iter().find_map(|word| word.parse().ok()) };
    }
    if let Some(command) = command(&words) {
        return command;
    }
    // "NO 481516": rejecting and paying at once. A quoted challenge has such words too, but never in front.
    let contradicts = words
        .first()
        .is_some_and(|word| matches!(*word, "0" | "NO" | "否" | "ERR" | "ERROR" | "WRONG" | "错"));
    match six_digit_groups(&words).as_slice() {
        [] if words.iter().any(|word| looks_like_a_proof(word)) => Reply::QuotedProof,
        [] => spaced_code(&folded, &words).map_or(Reply::Unclear, Reply::Code),
        [at] if !contradicts => one_code(&words, *at),
        _ => Reply::Unclear,
    }
}

/// Splits into runs of ASCII letters and digits (decimal points stay inside numbers) and runs of other letters.
fn words(folded: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Ascii,
        Other,
        Gap,
    }
    let characters: Vec<(usize, char)> = folded.char_indices().collect();
    let is_digit = |at: usize| characters.get(at).is_some_and(|(_, next)| next.is_ascii_digit());
    let kind = |at: usize| match characters[at].1 {
        character if character.is_ascii_alphanumeric() => Kind::Ascii,
        '.' if at > 0 && is_digit(at - 1) && is_digit(at + 1) => Kind::Ascii,
        character if character.is_alphanumeric() => Kind::Other,
        _ => Kind::Gap,
    };
    let mut words = Vec::new();
    let mut start = None;
    for at in 0..=characters.len() {
        let here = if at < characters.len() { kind(at) } else { Kind::Gap };
        let ends = start.is_some_and(|(_, before)| before != here);
        let offset = characters.get(at).map_or(folded.len(), |(offset, _)| *offset);
        if let (true, Some((from, _))) = (ends, start) {
            words.push(&folded[from..offset]);
            start = None;
        }
        if start.is_none() && here != Kind::Gap {
            start = Some((offset, here));
        }
    }
    words
}

/// A reply that is a command and nothing else. `NO PROBLEM` is none: a rejection freezes the payer's code.
fn command(words: &[&str]) -> Option<Reply> {
    let nth = |word: &str| word.parse::<u8>().ok().filter(|nth| (1..=9).contains(nth) && word.len() == 1);
    match *words {
        ["0" | "NO" | "否" | "不是我" | "非本人" | "不是本人"] | ["NOT", "ME"] => {
            Some(Reply::RejectAll)
        }
        ["0" | "NO" | "否" | "非本人", which] => nth(which).map(Reply::RejectNth),
        // "02": the space of "0 2" was swallowed on the way.
        [both] if both.len() == 2 && both.starts_with('0') => nth(&both[1..]).map(Reply::RejectNth),
        ["ERR" | "ERROR" | "WRONG" | "错" | "错了" | "错误"] => Some(Reply::WrongGoods { nth: None }),
        ["ERR" | "ERROR" | "WRONG" | "错", which] => {
            nth(which).map(|nth| Reply::WrongGoods { nth: Some(nth) })
        }
        ["HELP" | "帮助"] => Some(Reply::Help),
        _ => None,
    }
}

fn six_digit_groups(words: &[&str]) -> Vec<usize> {
    let is_group = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    // "JPY 128500" in a quoted text is an amount.
    let is_amount = |at: usize| {
        at.checked_sub(1).is_some_and(|before| Currency::from_code(words[before]).is_some())
            || words.get(at + 1).is_some_and(|after| after.starts_with('元'))
    };
    (0..words.len()).filter(|at| is_group(words[*at]) && !is_amount(*at)).collect()
}

fn one_code(words: &[&str], at: usize) -> Reply {
    let Ok(code) = words[at].parse::<RowCode>() else { return Reply::Unclear };
    // "23 481516", "ROW 23 481516", "第23行481516": the row stands directly before, in a reply that starts with it.
    let before: Vec<&str> =
        words[..at].iter().copied().filter(|word| !matches!(*word, "ROW" | "第" | "行")).collect();
    let row = match before.as_slice() {
        [row] if row.len() <= 2 => row.parse().ok().and_then(|row| Row::new(row).ok()),
        _ => None,
    };
    match row {
        Some(row) => Reply::RowAndCode { row, code },
        None => Reply::Code(code),
    }
}

/// "481 516" and "48-15-16", and nothing else in the message; "2026-11" and "0 12345" are something else.
fn spaced_code(folded: &str, words: &[&str]) -> Option<RowCode> {
    let only_digits =
        folded.chars().all(|character| character.is_ascii_digit() || matches!(character, ' ' | '-'));
    let even = matches!(words, [a, b] if a.len() == 3 && b.len() == 3)
        || matches!(words, [a, b, c] if a.len() == 2 && b.len() == 2 && c.len() == 2);
    if only_digits && even { words.concat().parse().ok() } else { None }
}

fn looks_like_a_proof(word: &str) -> bool {
    matches!(word.len(), 8 | 10)
        && word.chars().all(is_code_character)
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(digits: &str) -> Reply {
        Reply::Code(digits.parse().unwrap())
    }

    fn row_and_code(row: u8, digits: &str) -> Reply {
        Reply::RowAndCode { row: Row::new(row).unwrap(), code: digits.parse().unwrap() }
    }

    #[test]
    fn one_six_digit_group_is_a_try_however_it_is_written() {
        for text in [
            "481516",
            " 481516\r\n",
            "\u{ff14}\u{ff18}\u{ff11}\u{ff15}\u{ff11}\u{ff16}",
            "481 516",
            "48-15-16",
            "481516.",
            "我的密码481516谢谢",
            "my code is 481516",
            "482 481516 is the code",
            "\u{feff}481516",
        ] {
            assert_eq!(parse(text), code("481516"), "{text}");
        }
    }

    #[test]
    fn a_leading_row_number_is_understood() {
        for text in
            ["23 481516", "23:481516", "23行481516", "第23行481516", "row 23 481516", "23\u{3000}481516"]
        {
            assert_eq!(parse(text), row_and_code(23, "481516"), "{text}");
        }
        assert_eq!(parse("61 481516"), code("481516"), "there is no row 61");
    }

    #[test]
    fn several_six_digit_groups_are_unclear() {
        assert_eq!(parse("481516 234200"), Reply::Unclear);
        assert_eq!(parse("481516,481516"), Reply::Unclear);
        assert_eq!(parse("0 481516"), Reply::Unclear, "rejecting and paying at once");
        assert_eq!(parse("no 481516"), Reply::Unclear);
    }

    #[test]
    fn longer_and_shorter_numbers_are_no_tries() {
        for text in [
            "48151",
            "4815162",
            "13800138000",
            "23481516",
            "5000.00",
            "123456.00",
            "0.123456",
            "2026-11",
            "0 12345",
        ] {
            assert_eq!(parse(text), Reply::Unclear, "{text}");
        }
    }

    #[test]
    fn rejections_are_understood_in_both_languages() {
        for text in ["0", "\u{ff10}", "0。", "NO", "no.", "No!", "否", " 否 ", "不是我", "非本人", "not me"]
        {
            assert_eq!(parse(text), Reply::RejectAll, "{text}");
        }
        for text in ["0 2", "02", "\u{ff10}\u{3000}\u{ff12}", "0\u{ff0c}2", "no 2", "否2"] {
            assert_eq!(parse(text), Reply::RejectNth(2), "{text}");
        }
        for text in ["no problem", "0 0", "00", "0 12", "no no"] {
            assert_eq!(parse(text), Reply::Unclear, "{text}");
        }
    }

    #[test]
    fn a_wrong_price_is_not_a_rejection() {
        for text in ["ERR", "err", "错", "错了", "错!"] {
            assert_eq!(parse(text), Reply::WrongGoods { nth: None }, "{text}");
        }
        assert_eq!(parse("err 2"), Reply::WrongGoods { nth: Some(2) });
        assert_eq!(parse("错3"), Reply::WrongGoods { nth: Some(3) });
    }

    #[test]
    fn a_lost_card_is_reported_with_its_serial() {
        let serial = "00421337".parse().ok();
        for text in ["LOST 00421337", "lost:00421337", "挂失00421337", "我要挂失,卡号00421337"] {
            assert_eq!(parse(text), Reply::Lost { card_serial: serial }, "{text}");
        }
        assert_eq!(parse("挂失"), Reply::Lost { card_serial: None });
        assert_eq!(parse("lost 481516"), Reply::Lost { card_serial: None });
    }

    #[test]
    fn help_empty_and_unclear_messages_are_told_apart() {
        for text in ["HELP", "help", "帮助", "?", "\u{ff1f}"] {
            assert_eq!(parse(text), Reply::Help, "{text}");
        }
        for text in ["", "  \n", "。", "👍"] {
            assert_eq!(parse(text), Reply::Empty, "{text}");
        }
        assert_eq!(parse("who is this"), Reply::Unclear);
        assert_eq!(parse(&"481516 ".repeat(1_000)), Reply::Unclear);
    }

    #[test]
    fn the_quoted_proof_is_no_try() {
        assert_eq!(parse("7K2M9QX4TD"), Reply::QuotedProof);
        assert_eq!(parse("proof 7k2m9qx4?"), Reply::QuotedProof);
        assert_eq!(parse("123456QX4T"), Reply::QuotedProof);
        assert_eq!(parse("7K2M9QX4TD 481516"), code("481516"));
    }

    #[test]
    fn a_code_under_the_quoted_challenge_is_a_try() {
        let quoted = "HUIMIN SHOPS: 24 Nov 18:05 CNY 5000.00 no 8F3K. To pay reply row 23 of your card (6 digits). \
                      Not you: 0. Wrong: ERR. Valid 24h. Proof 7K2M9QX4TD";
        assert_eq!(parse(&format!("{quoted}\n481516")), code("481516"));
        assert_eq!(parse(quoted), Reply::QuotedProof);
        let quoted =
            "【惠民便利小店】11月24日消费128500元,单8F3K。付款回卡上第23行6位数,非本人回0。凭证7K2M9QX4TD";
        assert_eq!(parse(&format!("481516 {quoted}")), code("481516"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*", odd in any::<String>()) {
            let _ = parse(&text);
            let _ = parse(&odd);
        }

        #[test]
        fn any_code_with_any_words_around_it_is_that_code(
            digits in "[0-9]{6}", before in "[a-z]{1,9}", after in "[一-龥]{0,5}",
        ) {
            prop_assume!(!matches!(before.as_str(), "no" | "lost" | "row" | "err" | "error" | "wrong") && Currency::from_code(&before.to_uppercase()).is_none());
            prop_assume!(!after.contains("挂失") && !after.starts_with('元'));
            let text = format!("{before} {digits}{after}");
            prop_assert_eq!(parse(&text), code(&digits));
        }

        #[test]
        fn full_width_and_ascii_read_the_same(text in "[0-9A-Za-z ]{0,20}") {
            let wide: String = text.chars().map(|character| match character {
                ' ' => '\u{3000}',
                other => char::from_u32(other as u32 + 0xfee0).unwrap(),
            }).collect();
            prop_assert_eq!(parse(&wide), parse(&text));
        }
    }
}
