//! Keys of a scanner that poses as a keyboard → the bytes that a serial scanner would have sent. The framer takes it from there.

mod layout;

pub use layout::Layout;

use layout::Held;

use super::refusal::Refusal;

/// `value` of a key event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    Down,
    Up,
    /// The kernel's own repetition: a scanner holds no key for so long.
    Repeat,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Nothing,
    Bytes(Vec<u8>),
    /// Keys are missing from here on: what was begun is no code.
    Refused(Refusal),
}

const ENTER: u16 = 28;
const PAD_ENTER: u16 = 96;
const TAB: u16 = 15;
const CAPS_LOCK: u16 = 58;
const NUM_LOCK: u16 = 69;
const LEFT_ALT: u16 = 56;
const RIGHT_ALT: u16 = 100;
/// Digits after Alt; Unicode needs seven at most.
const ALT_DIGITS_MAX: usize = 7;

#[derive(Debug, Default)]
pub struct Keyboard {
    layout: Layout,
    shift: u8,
    control: u8,
    alt_gr: bool,
    caps: bool,
    /// Digits typed on the number pad while Alt is held: a character's number.
    alt: Option<String>,
    /// Keys that mean nothing in this layout have been typed since the last end.
    unknown: bool,
}

impl Keyboard {
    pub fn new(layout: Layout) -> Self {
        Self { layout, ..Self::default() }
    }

    pub fn key(&mut self, key: u16, press: Press) -> Typed {
        let down = press == Press::Down;
        match key {
            _ if press == Press::Repeat => Typed::Nothing,
            42 | 54 => hold(&mut self.shift, down),
            29 | 97 => hold(&mut self.control, down),
            RIGHT_ALT => {
                self.alt_gr = down;
                Typed::Nothing
            }
            LEFT_ALT if down => {
                self.alt = Some(String::new());
                Typed::Nothing
            }
            LEFT_ALT => self.numbered(),
            CAPS_LOCK => {
                self.caps ^= down;
                Typed::Nothing
            }
            _ if !down || key == NUM_LOCK => Typed::Nothing,
            ENTER | PAD_ENTER => self.end(b'\r'),
            TAB => self.end(b'\t'),
            key => self.written(key),
        }
    }

    /// SYN_DROPPED: the kernel's buffer was full. Which keys are held is not known either.
    pub fn dropped(&mut self) -> Typed {
        *self = Self { layout: self.layout, caps: self.caps, ..Self::default() };
        Typed::Refused(Refusal::KeysLost)
    }

    fn held(&self) -> Held {
        Held { shift: self.shift > 0, alt_gr: self.alt_gr, caps: self.caps }
    }

    fn end(&mut self, with: u8) -> Typed {
        if std::mem::take(&mut self.unknown) {
            Typed::Refused(Refusal::KeysUnknown)
        } else {
            Typed::Bytes(vec![with])
        }
    }

    fn written(&mut self, key: u16) -> Typed {
        let held = if self.control > 0 { Held { caps: false, ..self.held() } } else { self.held() };
        let character = self.layout.character(key, held);
        if let Some(digits) = &mut self.alt {
            match character.filter(char::is_ascii_digit) {
                Some(digit) if digits.len() < ALT_DIGITS_MAX => digits.push(digit),
                _ => self.unknown = true,
            }
            return Typed::Nothing;
        }
        // Control with @ to _ is what it has been since the teletype; Control and ] is GS.
        let code = match character {
            Some(sign) if self.control > 0 => control(sign),
            other => other,
        };
        match code {
            Some(sign) => Typed::Bytes(sign.to_string().into_bytes()),
            None => {
                self.unknown = true;
                Typed::Nothing
            }
        }
    }

    /// Alt was released: Alt 0 2 9 is GS.
    fn numbered(&mut self) -> Typed {
        let Some(digits) = self.alt.take().filter(|digits| !digits.is_empty()) else { return Typed::Nothing };
        let number = digits.parse::<u32>().unwrap_or(u32::MAX);
        // From 128 on, digits without a leading zero are of code page 437, those with one of Windows-1252.
        let sign = match (number, digits.starts_with('0')) {
            (0..=127, _) | (256.., _) => char::from_u32(number),
            (_, true) => {
                let byte = [number as u8];
                let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
                text.chars().next()
            }
            (_, false) => None,
        };
        match sign.filter(|sign| *sign != '\0') {
            Some('\r') => self.end(b'\r'),
            Some(sign) => Typed::Bytes(sign.to_string().into_bytes()),
            None => {
                self.unknown = true;
                Typed::Nothing
            }
        }
    }
}

fn hold(keys: &mut u8, down: bool) -> Typed {
    *keys = if down { keys.saturating_add(1).min(2) } else { keys.saturating_sub(1) };
    Typed::Nothing
}

fn control(sign: char) -> Option<char> {
    let sign = sign.to_ascii_uppercase();
    // Control and 6 stands for ^, and - for _, on the keyboards where those need Shift.
    let sign = match sign {
        '6' => '^',
        '-' => '_',
        sign => sign,
    };
    let code = u32::from(sign);
    (0x41..=0x5f).contains(&code).then(|| char::from_u32(code - 0x40)).flatten()
}

#[cfg(test)]
mod tests;
