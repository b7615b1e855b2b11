//! Text as a receipt printer can draw it: cleaned, measured in columns, wrapped.
//!
//! A character is either printable ASCII (one column) or a two-byte GBK character (two columns), because those
//! are the two fonts of a printer with a Chinese ROM. Everything else is dropped or drawn as a box here, so no
//! later step can fail on a goods name and no goods name can reach the printer as a command.

use unicode_width::UnicodeWidthChar;

/// Replaces a character that cannot be drawn; GBK A1F5, two columns.
pub const BOX: char = '□';

/// The two GBK bytes of a character, if a Chinese ROM can draw it.
///
/// GB18030's four-byte forms and GBK's one-byte euro (0x80) would be read as other characters in `FS &` mode.
pub fn gbk(c: char) -> Option<[u8; 2]> {
    let private_use = ('\u{e000}'..='\u{f8ff}').contains(&c);
    if c.is_ascii() || private_use {
        return None;
    }
    let mut utf8 = [0; 4];
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(c.encode_utf8(&mut utf8));
    if unmappable { None } else { bytes.as_ref().try_into().ok() }
}

/// The text with control bytes gone, white space as single blanks, and boxes for what cannot be drawn.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // GB18030 has U+00A5 in four bytes only; the full-width yen sign is GBK A3A4 and is what shops print.
            '¥' => out.push('￥'),
            '€' => out.push_str("EUR"),
            ' '..='~' => out.push(c),
            _ if c.is_whitespace() && c != '\u{3000}' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ if c.is_control() || c.width() == Some(0) => {}
            _ if gbk(c).is_some() => out.push(c),
            _ => out.push(BOX),
        }
    }
    out
}

/// Columns one cleaned character takes at normal size.
pub fn columns_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// Columns a cleaned text takes at normal size.
pub fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Characters that must not begin a line in Chinese typesetting.
fn clings_to_previous(c: char) -> bool {
    "，。、；：？！）》」』】”’％,.;:?!)%".contains(c)
}

/// Breaks a cleaned text into lines of at most `columns` (at least 2): Latin at blanks, Chinese anywhere except
/// before a closing mark, a word longer than the line wherever it must.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let room = columns - width(&line).min(columns);
        if width(piece.trim_end()) <= room {
            line.push_str(piece);
            continue;
        }
        if !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
        }
        line = String::new();
        for c in piece.trim_end().chars() {
            if width(&line) + columns_of(c) > columns {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            line.push(c);
        }
        if piece.ends_with(' ') {
            line.push(' ');
        }
    }
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Unbreakable pieces, each with the blanks that follow it. A telephone number is one, blanks and all.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let (mut previous, mut before_blank): (Option<char>, Option<char>) = (None, None);
    for (at, c) in text.char_indices() {
        let in_number = c.is_ascii_digit() && before_blank.is_some_and(|p| p.is_ascii_digit());
        let breaks = match previous {
            None => false,
            Some(_) if c == ' ' || clings_to_previous(c) => false,
            Some(' ') => !in_number,
            Some(p) => !(p.is_ascii() && c.is_ascii()),
        };
        if breaks {
            pieces.push(&text[start..at]);
            start = at;
        }
        if c != ' ' {
            before_blank = Some(c);
        }
        previous = Some(c);
    }
    pieces.push(&text[start..]);
    pieces
}

/// `left` and `right` pushed to the two edges; `None` when they do not fit with a blank between them.
pub fn edges(left: &str, right: &str, columns: usize) -> Option<String> {
    let used = width(left) + width(right);
    (used < columns).then(|| format!("{left}{}{right}", " ".repeat(columns - used)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_bytes_never_survive() {
        let name = printable("tea\x1b@\x1dV\x00\x10\x14\x01\u{9b}\u{85}\u{202e}\u{2028}end");
        assert_eq!(name, "tea@V end");
    }

    #[test]
    fn the_yen_sign_becomes_the_full_width_one_and_strangers_become_boxes() {
        assert_eq!(printable("¥5 😀 ñ é €"), "￥5 □ □ é EUR");
        assert_eq!(gbk('￥'), Some([0xa3, 0xa4]));
        assert_eq!(gbk(BOX), Some([0xa1, 0xf5]));
    }

    #[test]
    fn combining_marks_and_joiners_take_no_column() {
        assert_eq!(printable("a\u{301}b\u{200d}c\u{fe0f}"), "abc");
    }

    #[test]
    fn latin_breaks_at_blanks_and_chinese_keeps_closing_marks() {
        assert_eq!(wrap("jasmine tea 500 ml bottle", 12), ["jasmine tea", "500 ml", "bottle"]);
        assert_eq!(wrap("茉莉花茶，很香", 8), ["茉莉花", "茶，很香"]);
        assert_eq!(wrap("SMS from +86 571 8888 0000.", 20), ["SMS from", "+86 571 8888 0000."]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 10), [""]);
    }

    proptest! {
        #[test]
        fn no_wrapped_line_is_wider_than_the_paper(text in "\\PC{0,200}", columns in 2usize..60) {
            let clean = printable(&text);
            let lines = wrap(&clean, columns);
            for line in &lines {
                prop_assert!(width(line) <= columns, "{line:?}");
            }
            let squash = |s: &str| s.chars().filter(|c| *c != ' ' && *c != '\u{3000}').collect::<String>();
            prop_assert_eq!(squash(&lines.concat()), squash(&clean));
        }

        #[test]
        fn every_printable_character_has_bytes(text in any::<String>()) {
            for c in printable(&text).chars() {
                prop_assert!((' '..='~').contains(&c) || gbk(c).is_some(), "{c:?}");
            }
        }
    }
}
