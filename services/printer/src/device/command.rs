//! Single commands, byte by byte (Epson ESC/POS reference).

use crate::profile::{Beeper, Cut};

/// `GS a 255`: report every change of status from now on, and the present one at once.
pub const AUTOMATIC_STATUS_ON: [u8; 3] = [0x1d, 0x61, 0xff];
/// `GS I 67`: the model's name.
pub const ASK_MODEL: [u8; 3] = [0x1d, 0x49, 67];
/// `GS I 69`: the fonts for other scripts, e.g. "CHINA GB18030".
pub const ASK_FONTS: [u8; 3] = [0x1d, 0x49, 69];
/// `DLE DC4` fn 8: drop everything in the receive and print buffers; answered by `37 25 00`.
pub const CLEAR_BUFFERS: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
/// `GS I 68`: the printer's serial number.
pub const ASK_SERIAL: [u8; 3] = [0x1d, 0x49, 68];
/// `GS ( D`: `DLE DC4` fn 1 (drawer) and fn 2 (power off) are obeyed no more, until `ESC @`.
pub const REAL_TIME_OFF: [u8; 10] = [0x1d, 0x28, 0x44, 5, 0, 20, 1, 0, 2, 0];
/// `GS ( L` fn 64: the key codes of all NV graphics; each block of the answer wants an ACK.
pub const ASK_LOGO_KEYS: [u8; 9] = [0x1d, 0x28, 0x4c, 4, 0, 48, 64, 75, 67];
pub const ACK: [u8; 1] = [6];
/// `GS r 1`: answered when its turn in the buffer comes.
pub const STATUS_REQUEST: [u8; 3] = [0x1d, 0x72, 1];
/// `FS &` and `FS .`: the next bytes are Chinese, or ASCII again.
pub const CHINESE_ON: [u8; 2] = [0x1c, 0x26];
pub const CHINESE_OFF: [u8; 2] = [0x1c, 0x2e];
/// `FS ! 12` and `FS W 1`: two-byte characters twice as wide and high. A printer obeys one, the other, or both; none makes them
/// four times as big.
pub const CHINESE_DOUBLE: [u8; 6] = [0x1c, 0x21, 0x0c, 0x1c, 0x57, 1];
pub const CHINESE_SINGLE: [u8; 6] = [0x1c, 0x21, 0, 0x1c, 0x57, 0];
/// Lines that the cutter is away from the head.
pub const LINES_TO_CUTTER: u8 = 4;

/// `GS ( H` fn 48: echo this id when all before it is on paper.
pub fn process_id(id: [u8; 4]) -> [u8; 11] {
    let [a, b, c, d] = id;
    [0x1d, 0x28, 0x48, 6, 0, 48, 48, a, b, c, d]
}

/// `GS V 66/65 0`: feed to the cutter, then cut. Without a cutter the paper goes as far as the tear bar.
pub fn cut(kind: Cut) -> Vec<u8> {
    match kind {
        Cut::Partial => vec![0x1d, 0x56, 66, 0],
        Cut::Full => vec![0x1d, 0x56, 65, 0],
        Cut::None => feed(LINES_TO_CUTTER),
    }
}

/// `ESC d n`.
pub fn feed(lines: u8) -> Vec<u8> {
    vec![0x1b, 0x64, lines]
}

/// `ESC @`, some lines, cut: parts what may hang out of a cleared printer from the next paper.
pub fn separator(kind: Cut) -> Vec<u8> {
    [vec![0x1b, 0x40], feed(LINES_TO_CUTTER), cut(kind)].concat()
}

/// `ESC p m t1 t2`: m is 0 for pin 2, 1 for pin 5; times count 2 ms.
pub fn drawer(pin: u32, on_ms: u32, off_ms: u32) -> [u8; 5] {
    let units = |ms: u32| (ms / 2).min(255) as u8;
    [0x1b, 0x70, u8::from(pin == 5), units(on_ms), units(off_ms)]
}

/// `ESC B n t`: n beeps of t times 50 ms. `ESC ( A` fn 48: sound n, c times, a cycle of t times 100 ms. Fn 97: c times,
/// on for t1 and off for t2 times 100 ms.
pub fn beep(kind: Beeper, times: u8) -> Option<Vec<u8>> {
    match kind {
        Beeper::EscB => Some(vec![0x1b, 0x42, times, 2]),
        Beeper::EscA48 => Some(vec![0x1b, 0x28, 0x41, 4, 0, 48, 49, times, 10]),
        Beeper::EscA97 => Some(vec![0x1b, 0x28, 0x41, 5, 0, 97, 100, times, 1, 1]),
        Beeper::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawer_s_pulse_counts_two_milliseconds() {
        assert_eq!(drawer(2, 50, 500), [0x1b, 0x70, 0, 25, 250]);
        assert_eq!(drawer(5, 1000, 20), [0x1b, 0x70, 1, 255, 10]);
    }

    #[test]
    fn a_printer_without_a_cutter_feeds_to_its_tear_bar() {
        assert_eq!(cut(Cut::None), [0x1b, 0x64, 4]);
        assert_eq!(separator(Cut::Full), [0x1b, 0x40, 0x1b, 0x64, 4, 0x1d, 0x56, 65, 0]);
    }

    #[test]
    fn a_beep_is_said_in_the_printer_s_own_way() {
        assert_eq!(beep(Beeper::EscB, 3).unwrap(), [0x1b, 0x42, 3, 2]);
        assert_eq!(beep(Beeper::EscA48, 3).unwrap(), *b"\x1b(A\x04\x0001\x03\x0a");
        assert_eq!(beep(Beeper::EscA97, 3).unwrap(), *b"\x1b(A\x05\x00ad\x03\x01\x01");
        assert_eq!(beep(Beeper::None, 1), None);
    }
}
