//! Text as a receipt printer can draw it: cleaned, measured in columns, wrapped.
//!
//! A character is printable ASCII (one column), a two-byte GBK character (two columns), the two fonts of a printer with a
//! Chinese ROM, or a letter that is drawn: Latin, Greek and Cyrillic in one column, others as wide as Unicode says. Control
//! characters are gone, so no goods name can reach the printer as a command.

use unicode_normalization::UnicodeNormalization as _;
use unicode_width::UnicodeWidthChar;

/// Dots of a column at normal size.
pub const COLUMN_DOTS: usize = 12;
/// Stands where a character cannot be drawn; GBK A1F5, two columns.
pub const BOX: char = '□';

/// The two GBK bytes of a character, if a Chinese ROM can draw it.
///
/// GB18030's four-byte forms and GBK's one-byte euro (0x80) would be read as other characters in `FS &` mode.
pub fn gbk(c: char) -> Option<[u8; 2]> {
    // What a layout counts as one column must not come out as two.
    if c.is_ascii() || is_private(c) || columns_of(c) != 2 {
        return None;
    }
    let mut utf8 = [0; 4];
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(c.encode_utf8(&mut utf8));
    if unmappable { None } else { bytes.as_ref().try_into().ok() }
}

/// U+E000 to U+F8FF and two planes: nobody knows what they look like.
fn is_private(c: char) -> bool {
    matches!(u32::from(c), 0xE000..=0xF8FF | 0xF0000..)
}

/// Latin beyond ASCII, Greek and Cyrillic. GBK has some of them twice as wide as an alphabet is read.
fn is_alphabet(c: char) -> bool {
    matches!(u32::from(c), 0x00C0..=0x052F | 0x1E00..=0x1FFF) && !matches!(c, '×' | '÷')
}

/// Marks and joiners that belong to the letter before them. Those that turn the direction of the line are none.
fn joins(c: char) -> bool {
    let turns = matches!(u32::from(c), 0x200E | 0x200F | 0x061C | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF);
    c.width() == Some(0) && !turns && !c.is_control()
}

/// The text with control bytes gone, white space as single blanks, and boxes for what cannot be drawn.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
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
            _ if joins(c) => {
                if out.chars().next_back().is_some_and(|before| !before.is_ascii() && before != BOX) {
                    out.push(c);
                }
            }
            _ if c.is_control() || c.width() == Some(0) => {}
            _ if is_private(c) => out.push(BOX),
            _ => out.push(c),
        }
    }
    out
}

/// Columns one cleaned character takes at normal size.
pub fn columns_of(c: char) -> usize {
    match c {
        _ if c.is_ascii() => 1,
        _ if is_alphabet(c) => c.width().unwrap_or(1),
        // A Chinese font draws signs of ambiguous width in two (Unicode Standard Annex 11).
        _ => c.width_cjk().unwrap_or(1),
    }
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
    fn the_yen_sign_becomes_the_full_width_one_and_letters_stay() {
        assert_eq!(printable("¥5 😀 ñ e\u{301} € \u{e000}"), "￥5 😀 ñ é EUR □");
        assert_eq!(width("ñé"), 2);
        assert_eq!(gbk('￥'), Some([0xa3, 0xa4]));
        assert_eq!(gbk(BOX), Some([0xa1, 0xf5]));
    }

    #[test]
    fn combining_marks_and_joiners_take_no_column() {
        assert_eq!(printable("b\u{301}c\u{200d}d\u{fe0f}"), "bcd");
        let vowelled = "\u{628}\u{64e}";
        assert_eq!((printable(vowelled).as_str(), width(vowelled)), (vowelled, 1));
        assert_eq!(printable("\u{628}\u{202e}\u{200f}x"), "\u{628}x", "nothing turns the line around");
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
        fn no_printable_character_is_a_command(text in any::<String>()) {
            for c in printable(&text).chars() {
                let byte = c.is_ascii();
                prop_assert!(if byte { (' '..='~').contains(&c) } else { !c.is_control() }, "{c:?}");
                prop_assert!(byte || gbk(c).is_some() || columns_of(c) <= 2, "{c:?}");
            }
        }
    }
}
