//! Text in two fonts: Helvetica for what it has, STSong-Light for Chinese. Widths are in thousandths of the font's size.

/// Adobe's metrics of Helvetica for the characters from space to tilde (Core14 AFM files).
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// Letters with accents are about as wide as those without.
const LATIN_1: u16 = 556;
const FULL: u16 = 1_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Font {
    Latin,
    Chinese,
}

/// Characters of one font, as the font's encoding writes them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    pub font: Font,
    pub bytes: Vec<u8>,
}

fn font_of(char: char) -> Font {
    match char {
        ' '..='~' | '\u{a1}'..='\u{ff}' => Font::Latin,
        _ => Font::Chinese,
    }
}

fn width_of(char: char) -> f32 {
    let width = match char {
        ' '..='~' => HELVETICA[char as usize - ' ' as usize],
        '\u{a1}'..='\u{ff}' => LATIN_1,
        _ => FULL,
    };
    f32::from(width) / f32::from(FULL)
}

/// In points, at this size.
pub fn width(text: &str, size: f32) -> f32 {
    text.chars().map(width_of).sum::<f32>() * size
}

pub fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for char in text.chars().filter(|char| !char.is_control()) {
        let font = font_of(char);
        if runs.last().is_none_or(|run| run.font != font) {
            runs.push(Run { font, bytes: Vec::new() });
        }
        let bytes = &mut runs.last_mut().expect("a run was just pushed").bytes;
        match font {
            // WinAnsiEncoding has these at their code points.
            Font::Latin => bytes.push(u8::try_from(char).unwrap_or(b'?')),
            Font::Chinese => {
                bytes.extend(char.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()))
            }
        }
    }
    runs
}

/// Lines no wider than this: broken at spaces, or within a word that is wider alone, as Chinese is.
pub fn wrapped(text: &str, size: f32, width_pt: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in pieces(text) {
        let line = lines.last_mut().expect("there is a line from the start");
        if !line.is_empty() && width(line, size) + width(word.trim_end(), size) > width_pt {
            lines.push(String::new());
        }
        let line = lines.last_mut().expect("there is a line from the start");
        line.push_str(if line.is_empty() { word.trim_start() } else { word });
        while width(lines[lines.len() - 1].trim_end(), size) > width_pt {
            let line = lines.pop().unwrap_or_default();
            let (head, tail) = cut(&line, size, width_pt);
            lines.extend([head, tail]);
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Words with the space behind them; each Chinese character is one.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, char) in text.char_indices() {
        let end = at + char.len_utf8();
        if char == ' ' || font_of(char) == Font::Chinese {
            pieces.push(&text[from..end]);
            from = end;
        }
    }
    pieces.push(&text[from..]);
    pieces
}

fn cut(line: &str, size: f32, width_pt: f32) -> (String, String) {
    let mut used = 0.0;
    for (at, char) in line.char_indices() {
        used += width_of(char) * size;
        if used > width_pt && at > 0 {
            return (line[..at].to_owned(), line[at..].to_owned());
        }
    }
    (line.to_owned(), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_changes_its_font_where_the_letters_do() {
        let runs = runs("No 8F3K 银行");
        assert_eq!(runs[0], Run { font: Font::Latin, bytes: b"No 8F3K ".to_vec() });
        assert_eq!(runs[1], Run { font: Font::Chinese, bytes: vec![0x94, 0xf6, 0x88, 0x4c] });
        assert!((width("00.00", 10.0) - 25.02).abs() < 0.01);
    }

    #[test]
    fn no_line_is_wider_than_its_cell_and_nothing_is_lost() {
        for text in [
            "Ask the bank, then close this with its answer",
            "请询问银行，再按答复关闭",
            "01JDT0000000000000000000ZZ",
        ] {
            let lines = wrapped(text, 8.0, 60.0);
            assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 8.0) <= 60.0), "{lines:?}");
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&lines.concat()), squeezed(text));
        }
    }
}
