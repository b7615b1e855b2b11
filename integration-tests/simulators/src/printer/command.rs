//! One ESC/POS command at the front of a byte stream (Epson "ESC/POS Command Reference" for TM printers).

/// The longest command taken: a raster of 576 dots and 4 m of paper is 2.3 MB.
pub const MAX_COMMAND_BYTES: usize = 4 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Understood and without effect here: CR, CAN, NUL, smoothing, …
    Nothing,
    /// DLE commands act when they are received; in the buffer they are only stepped over.
    RealTime,
    /// Understood as to length only.
    Unsupported,
    Text(u8),
    Chinese([u8; 2]),
    LineFeed,
    Tab,
    Initialize,
    PrintMode(u8),
    ChinesePrintMode(u8),
    Bold(bool),
    Underline(u8),
    ChineseUnderline(u8),
    Align(u8),
    FontB(bool),
    Size(u8),
    ChineseQuadruple(bool),
    Reverse(bool),
    RightSpacing(u8),
    CodePage(u8),
    ChineseMode(bool),
    LineSpacing(u8),
    DefaultLineSpacing,
    TabStops(Vec<u8>),
    AbsolutePosition(u16),
    LeftMargin(u16),
    AreaWidth(u16),
    FeedLines(u8),
    FeedDots(u8),
    /// GS V: `feed` dots first, then the knife.
    Cut {
        partial: bool,
        feed: u8,
    },
    Drawer {
        pin: u8,
        on_ms: u16,
        off_ms: u16,
    },
    /// ESC *: column format, `columns` of 8 or 24 dots.
    BitImage {
        mode: u8,
        columns: u16,
        data: Vec<u8>,
    },
    /// GS v 0: row format.
    Raster {
        mode: u8,
        row_bytes: u16,
        rows: u16,
        data: Vec<u8>,
    },
    StoreGraphics {
        scale_x: u8,
        scale_y: u8,
        width: u16,
        height: u16,
        data: Vec<u8>,
    },
    PrintGraphics,
    /// Flash: key codes, and a picture that stays when the power goes.
    NvList,
    NvStore {
        key: [u8; 2],
        width: u16,
        height: u16,
        data: Vec<u8>,
    },
    NvPrint {
        key: [u8; 2],
        scale_x: u8,
        scale_y: u8,
    },
    NvDelete([u8; 2]),
    /// ACK: the host has the last block.
    Acknowledge,
    /// ESC B or ESC ( A: how often.
    Beep(u8),
    QrModule(u8),
    QrLevel(u8),
    QrStore(Vec<u8>),
    QrPrint,
    BarcodeHeight(u8),
    BarcodeWidth(u8),
    BarcodeHri(u8),
    Code128(Vec<u8>),
    AutomaticStatus(u8),
    TransmitStatus(u8),
    PrinterId(u8),
    ProcessId([u8; 4]),
    /// GS ( D: (function, enabled) of DLE DC4.
    RealTimeSwitch(Vec<(u8, bool)>),
}

impl Command {
    /// Commands that ask or tell about the printer and leave nothing on paper.
    pub fn is_about_status(&self) -> bool {
        matches!(
            self,
            Self::RealTime
                | Self::AutomaticStatus(_)
                | Self::TransmitStatus(_)
                | Self::PrinterId(_)
                | Self::ProcessId(_)
                | Self::RealTimeSwitch(_)
                | Self::NvList
                | Self::NvStore { .. }
                | Self::NvDelete(_)
                | Self::Acknowledge
        )
    }

    /// Commands whose answer means "all before this is on paper".
    pub fn is_fence(&self) -> bool {
        matches!(self, Self::TransmitStatus(_) | Self::PrinterId(_) | Self::ProcessId(_) | Self::NvList)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// Undecidable before there are this many bytes.
    Need(usize),
    Done(Command),
    Unknown,
}

use super::functions::{beeper, group_function, long_graphics, parenthesis};
use Decoded::{Done, Need, Unknown};

/// `bytes` is never empty, and is fed byte by byte: never longer than the last `Need` asked for.
pub fn decode(bytes: &[u8], chinese: bool) -> Decoded {
    match bytes[0] {
        0x1b => with_operation(bytes, escape),
        0x1c => with_operation(bytes, chinese_family),
        0x1d => with_operation(bytes, group),
        0x10 => with_operation(bytes, real_time),
        b'\n' => Done(Command::LineFeed),
        b'\t' => Done(Command::Tab),
        0x06 => Done(Command::Acknowledge),
        // CR is a line feed only when a DIP switch says so; CAN and FF belong to page mode.
        0x00 | b'\r' | 0x18 | 0x0c => Done(Command::Nothing),
        lead @ 0x81..=0xfe if chinese => match bytes.get(1) {
            None => Need(2),
            // The second byte of a GBK character; anything else (GB18030 has digits there) loses the lead.
            Some(&trail @ (0x40..=0x7e | 0x80..=0xfe)) => Done(Command::Chinese([lead, trail])),
            Some(_) => Unknown,
        },
        0x01..=0x1f | 0x7f => Unknown,
        byte => Done(Command::Text(byte)),
    }
}

fn with_operation(bytes: &[u8], family: fn(u8, &[u8]) -> Decoded) -> Decoded {
    match bytes.get(1) {
        None => Need(2),
        // Families count their arguments from the byte after the operation.
        Some(&operation) => match family(operation, &bytes[2..]) {
            Need(arguments) if arguments + 2 > MAX_COMMAND_BYTES => Unknown,
            Need(arguments) => Need(arguments + 2),
            other => other,
        },
    }
}

pub fn fixed(arguments: &[u8], count: usize, make: impl FnOnce(&[u8]) -> Command) -> Decoded {
    if arguments.len() < count { Need(count) } else { Done(make(&arguments[..count])) }
}

pub fn word(low: u8, high: u8) -> u16 {
    u16::from_le_bytes([low, high])
}

fn escape(operation: u8, arguments: &[u8]) -> Decoded {
    match operation {
        b'@' => Done(Command::Initialize),
        b'2' => Done(Command::DefaultLineSpacing),
        b'!' => fixed(arguments, 1, |a| Command::PrintMode(a[0])),
        b'E' | b'G' => fixed(arguments, 1, |a| Command::Bold(a[0] & 1 == 1)),
        b'-' => fixed(arguments, 1, |a| Command::Underline(a[0])),
        b'a' => fixed(arguments, 1, |a| Command::Align(a[0])),
        b'M' => fixed(arguments, 1, |a| Command::FontB(a[0] & 1 == 1)),
        b't' => fixed(arguments, 1, |a| Command::CodePage(a[0])),
        b'd' => fixed(arguments, 1, |a| Command::FeedLines(a[0])),
        b'J' => fixed(arguments, 1, |a| Command::FeedDots(a[0])),
        b'3' => fixed(arguments, 1, |a| Command::LineSpacing(a[0])),
        b' ' => fixed(arguments, 1, |a| Command::RightSpacing(a[0])),
        b'$' => fixed(arguments, 2, |a| Command::AbsolutePosition(word(a[0], a[1]))),
        // On-times and off-times count 2 ms.
        b'p' => fixed(arguments, 3, |a| Command::Drawer {
            pin: a[0] & 1,
            on_ms: u16::from(a[1]) * 2,
            off_ms: u16::from(a[2]) * 2,
        }),
        b'B' => fixed(arguments, 2, |a| Command::Beep(a[0])),
        b'(' => parenthesis(arguments, beeper),
        b'*' => bit_image(arguments),
        b'D' => match arguments.last() {
            Some(0) => Done(Command::TabStops(arguments[..arguments.len() - 1].to_vec())),
            // At most 32 stops.
            _ if arguments.len() > 32 => Unknown,
            _ => Need(arguments.len() + 1),
        },
        // International set, upside down, rotation, colour, peripheral: one byte each, not drawn.
        b'R' | b'{' | b'V' | b'r' | b'=' => fixed(arguments, 1, |_| Command::Nothing),
        b'c' => fixed(arguments, 2, |_| Command::Nothing),
        _ => Unknown,
    }
}

fn bit_image(arguments: &[u8]) -> Decoded {
    if arguments.len() < 3 {
        return Need(3);
    }
    let (mode, columns) = (arguments[0], word(arguments[1], arguments[2]));
    let column_bytes = match mode {
        0 | 1 => 1,
        32 | 33 => 3,
        _ => return Unknown,
    };
    let total = 3 + usize::from(columns) * column_bytes;
    fixed(arguments, total, |a| Command::BitImage { mode, columns, data: a[3..].to_vec() })
}

fn chinese_family(operation: u8, arguments: &[u8]) -> Decoded {
    match operation {
        b'&' => Done(Command::ChineseMode(true)),
        b'.' => Done(Command::ChineseMode(false)),
        b'!' => fixed(arguments, 1, |a| Command::ChinesePrintMode(a[0])),
        b'-' => fixed(arguments, 1, |a| Command::ChineseUnderline(a[0])),
        b'W' => fixed(arguments, 1, |a| Command::ChineseQuadruple(a[0] & 1 == 1)),
        b'S' => fixed(arguments, 2, |_| Command::Nothing),
        b'C' => fixed(arguments, 1, |_| Command::Nothing),
        b'p' => fixed(arguments, 2, |_| Command::Unsupported),
        b'(' => parenthesis(arguments, |_, _| Command::Unsupported),
        _ => Unknown,
    }
}

fn group(operation: u8, arguments: &[u8]) -> Decoded {
    match operation {
        b'!' => fixed(arguments, 1, |a| Command::Size(a[0])),
        b'B' => fixed(arguments, 1, |a| Command::Reverse(a[0] & 1 == 1)),
        b'L' => fixed(arguments, 2, |a| Command::LeftMargin(word(a[0], a[1]))),
        b'W' => fixed(arguments, 2, |a| Command::AreaWidth(word(a[0], a[1]))),
        b'h' => fixed(arguments, 1, |a| Command::BarcodeHeight(a[0])),
        b'w' => fixed(arguments, 1, |a| Command::BarcodeWidth(a[0])),
        b'H' => fixed(arguments, 1, |a| Command::BarcodeHri(a[0])),
        b'a' => fixed(arguments, 1, |a| Command::AutomaticStatus(a[0])),
        b'r' => fixed(arguments, 1, |a| Command::TransmitStatus(a[0])),
        b'I' => fixed(arguments, 1, |a| Command::PrinterId(a[0])),
        b'f' | b'b' | b'T' => fixed(arguments, 1, |_| Command::Nothing),
        b'P' => fixed(arguments, 2, |_| Command::Nothing),
        b'V' => cut(arguments),
        b'v' => raster(arguments),
        b'k' => barcode(arguments),
        b'(' => parenthesis(arguments, group_function),
        b'8' => long_graphics(arguments),
        _ => Unknown,
    }
}

fn cut(arguments: &[u8]) -> Decoded {
    match arguments {
        [] => Need(1),
        [0 | 48, ..] => Done(Command::Cut { partial: false, feed: 0 }),
        [1 | 49, ..] => Done(Command::Cut { partial: true, feed: 0 }),
        [65 | 66] => Need(2),
        [mode @ (65 | 66), feed, ..] => Done(Command::Cut { partial: *mode == 66, feed: *feed }),
        _ => Unknown,
    }
}

fn raster(arguments: &[u8]) -> Decoded {
    if arguments.first().is_some_and(|&b| b != b'0') {
        return Unknown;
    }
    if arguments.len() < 6 {
        return Need(6);
    }
    let (mode, row_bytes, rows) =
        (arguments[1], word(arguments[2], arguments[3]), word(arguments[4], arguments[5]));
    let total = 6 + usize::from(row_bytes) * usize::from(rows);
    fixed(arguments, total, |a| Command::Raster { mode, row_bytes, rows, data: a[6..].to_vec() })
}

fn barcode(arguments: &[u8]) -> Decoded {
    match arguments {
        [] => Need(1),
        // Form 1 ends with NUL.
        [0..=6, .., 0] => Done(Command::Unsupported),
        [0..=6, rest @ ..] if rest.len() < 256 => Need(arguments.len() + 1),
        // Form 2 has a length.
        [65..=79] => Need(2),
        [kind @ 65..=79, length, ..] => {
            let code128 = *kind == 73;
            fixed(arguments, 2 + usize::from(*length), |a| {
                if code128 { Command::Code128(a[2..].to_vec()) } else { Command::Unsupported }
            })
        }
        _ => Unknown,
    }
}

fn real_time(operation: u8, arguments: &[u8]) -> Decoded {
    match (operation, arguments) {
        (0x04 | 0x05, _) => fixed(arguments, 1, |_| Command::RealTime),
        (0x14, []) => Need(1),
        (0x14, [1 | 2, ..]) => fixed(arguments, 3, |_| Command::RealTime),
        (0x14, [8, ..]) => fixed(arguments, 8, |_| Command::RealTime),
        _ => Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_recognised_only_when_its_last_byte_has_come() {
        let cut = [0x1d, b'V', 66, 3];
        assert_eq!(decode(&cut[..1], false), Need(2));
        assert_eq!(decode(&cut[..2], false), Need(3));
        assert_eq!(decode(&cut[..3], false), Need(4));
        assert_eq!(decode(&cut, false), Done(Command::Cut { partial: true, feed: 3 }));
    }

    #[test]
    fn the_function_41_of_the_escpos_crate_is_a_full_cut() {
        assert_eq!(decode(&[0x1d, b'V', 65, 1], false), Done(Command::Cut { partial: false, feed: 1 }));
    }

    #[test]
    fn a_gb18030_four_byte_character_loses_its_leads_and_prints_digits() {
        assert_eq!(decode(&[0x81, 0x30], true), Unknown);
        assert_eq!(decode(&[0xc4, 0xe3], true), Done(Command::Chinese([0xc4, 0xe3])));
        assert_eq!(decode(&[0xc4], false), Done(Command::Text(0xc4)));
    }

    #[test]
    fn a_raster_asks_for_its_whole_payload_at_once() {
        assert_eq!(decode(&[0x1d, b'v', b'0', 0, 2, 0, 3, 0], false), Need(14));
    }

    #[test]
    fn an_oversized_length_is_refused_instead_of_waited_for() {
        let raster = [0x1d, b'v', b'0', 0, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(decode(&raster, false), Unknown);
    }
}
