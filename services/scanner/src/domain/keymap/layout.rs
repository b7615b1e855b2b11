//! What a key means in the layout that the scanner is set to. Codes are Linux's (input-event-codes.h): where a key lies on a US
//! keyboard, whatever is printed on it.

use serde::Deserialize;

/// `layout` of chit.toml: the country setting of the scanner, not of the computer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    #[default]
    Us,
    Uk,
    De,
    Fr,
}

/// With which other keys held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub shift: bool,
    pub alt_gr: bool,
    pub caps: bool,
}

/// Keys of the letters from q to m, in the order of a US keyboard.
const LETTERS: [(u16, u8, &[u8]); 3] = [(16, 10, b"qwertyuiop"), (30, 9, b"asdfghjkl"), (44, 7, b"zxcvbnm")];
/// First key, and what it and its neighbours give plain and with Shift.
type Row = (u16, &'static str, &'static str);

const US: &[Row] = &[
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (26, "[]", "{}"),
    (39, ";'`", ":\"~"),
    (43, "\\", "|"),
    (51, ",./", "<>?"),
    (57, " ", " "),
    (86, "\\", "|"),
];
const UK: &[Row] = &[
    (2, "1234567890-=", "!\"£$%^&*()_+"),
    (26, "[]", "{}"),
    (39, ";'`", ":@¬"),
    (43, "#", "~"),
    (51, ",./", "<>?"),
    (57, " ", " "),
    (86, "\\", "|"),
];
const DE: &[Row] = &[
    (2, "1234567890ß´", "!\"§$%&/()=?`"),
    (26, "ü+", "Ü*"),
    (39, "öä^", "ÖÄ°"),
    (43, "#", "'"),
    (51, ",.-", ";:_"),
    (57, " ", " "),
    (86, "<", ">"),
];
const FR: &[Row] = &[
    (2, "&é\"'(-è_çà)=", "1234567890°+"),
    (26, "^$", "¨£"),
    (39, "mù²", "M%~"),
    (43, "*", "µ"),
    (50, ",;:!", "?./§"),
    (57, " ", " "),
    (86, "<", ">"),
];
/// With AltGr.
const DE_ALT_GR: &[(u16, char)] = &[
    (3, '²'),
    (4, '³'),
    (8, '{'),
    (9, '['),
    (10, ']'),
    (11, '}'),
    (12, '\\'),
    (16, '@'),
    (18, '€'),
    (27, '~'),
    (86, '|'),
];
const FR_ALT_GR: &[(u16, char)] = &[
    (3, '~'),
    (4, '#'),
    (5, '{'),
    (6, '['),
    (7, '|'),
    (8, '`'),
    (9, '\\'),
    (10, '^'),
    (11, '@'),
    (12, ']'),
    (13, '}'),
    (18, '€'),
];
const UK_ALT_GR: &[(u16, char)] = &[(5, '€'), (41, '¦')];
/// Keys of the number pad, the same everywhere.
const PAD: &[(u16, char)] = &[
    (55, '*'),
    (71, '7'),
    (72, '8'),
    (73, '9'),
    (74, '-'),
    (75, '4'),
    (76, '5'),
    (77, '6'),
    (78, '+'),
    (79, '1'),
    (80, '2'),
    (81, '3'),
    (82, '0'),
    (83, '.'),
    (98, '/'),
    (117, '='),
    (121, '.'),
];

impl Layout {
    /// `None` for a key that writes nothing.
    pub fn character(self, key: u16, held: Held) -> Option<char> {
        let of = |table: &[(u16, char)]| table.iter().find(|entry| entry.0 == key).map(|entry| entry.1);
        if let Some(on_the_pad) = of(PAD) {
            return Some(on_the_pad);
        }
        if held.alt_gr {
            return of(match self {
                Self::Us => &[],
                Self::Uk => UK_ALT_GR,
                Self::De => DE_ALT_GR,
                Self::Fr => FR_ALT_GR,
            });
        }
        if let Some(letter) = self.letter(key) {
            return Some(if held.shift != held.caps { letter.to_ascii_uppercase() } else { letter });
        }
        let rows = match self {
            Self::Us => US,
            Self::Uk => UK,
            Self::De => DE,
            Self::Fr => FR,
        };
        // CapsLock of a French keyboard shifts its digits too, and everywhere the letters that have an accent.
        let (first, plain, shifted) = rows.iter().find(|row| {
            let keys = row.1.chars().count() as u16;
            (row.0..row.0 + keys).contains(&key)
        })?;
        let at = usize::from(key - first);
        let here = plain.chars().nth(at)?;
        let by_caps = held.caps && (here.is_alphabetic() || self == Self::Fr && (2..=11).contains(&key));
        if held.shift != by_caps { shifted.chars().nth(at) } else { Some(here) }
    }

    fn letter(self, key: u16) -> Option<char> {
        let (first, _, letters) =
            LETTERS.iter().find(|(first, keys, _)| (*first..first + u16::from(*keys)).contains(&key))?;
        let letter = char::from(letters[usize::from(key - first)]);
        match (self, letter) {
            (Self::De, 'y') => Some('z'),
            (Self::De, 'z') => Some('y'),
            (Self::Fr, 'a') => Some('q'),
            (Self::Fr, 'q') => Some('a'),
            (Self::Fr, 'w') => Some('z'),
            (Self::Fr, 'z') => Some('w'),
            // There the row of numbers and signs goes on.
            (Self::Fr, 'm') => None,
            (_, letter) => Some(letter),
        }
    }
}
