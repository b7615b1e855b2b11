//! Commands with a length and a function number: `GS ( X`, `ESC ( X`, `GS 8 L`.

use super::command::Decoded::{self, Need, Unknown};
use super::command::{Command, MAX_COMMAND_BYTES, fixed, word};

/// `( X pL pH data`: the length is known even when the function is not.
pub fn parenthesis(arguments: &[u8], function: fn(u8, &[u8]) -> Command) -> Decoded {
    if arguments.len() < 3 {
        return Need(3);
    }
    let total = 3 + usize::from(word(arguments[1], arguments[2]));
    fixed(arguments, total, |a| function(a[0], &a[3..]))
}

pub fn group_function(letter: u8, data: &[u8]) -> Command {
    match (letter, data) {
        (b'k', [49, 65, 49 | 50, _]) => Command::Nothing,
        (b'k', [49, 67, module]) => Command::QrModule(*module),
        (b'k', [49, 69, level]) => Command::QrLevel(*level),
        (b'k', [49, 80, 48, symbol @ ..]) => Command::QrStore(symbol.to_vec()),
        (b'k', [49, 81, 48]) => Command::QrPrint,
        (b'L', data) => graphics(data),
        (b'H', [48, 48, a, b, c, d]) => Command::ProcessId([*a, *b, *c, *d]),
        (b'D', [20, pairs @ ..]) => Command::RealTimeSwitch(
            pairs.chunks_exact(2).map(|pair| (pair[0], matches!(pair[1], 1 | 49))).collect(),
        ),
        _ => Command::Unsupported,
    }
}

/// ESC ( A fn 48 (sound, times, cycle) and fn 97 (times, on, off).
pub fn beeper(letter: u8, data: &[u8]) -> Command {
    match (letter, data) {
        (b'A', [48, 49..=58, times, _] | [97, 100, times, _, _]) => Command::Beep(*times),
        _ => Command::Unsupported,
    }
}

/// GS 8 L: GS ( L with a length of four bytes.
pub fn long_graphics(arguments: &[u8]) -> Decoded {
    if arguments.first().is_some_and(|&letter| letter != b'L') {
        return Unknown;
    }
    let [_, a, b, c, d, ..] = *arguments else { return Need(5) };
    let total = (u32::from_le_bytes([a, b, c, d]) as usize).saturating_add(5);
    fixed(arguments, total.min(MAX_COMMAND_BYTES), |a| graphics(&a[5..]))
}

fn graphics(data: &[u8]) -> Command {
    match data {
        [48, 112, 48, scale_x, scale_y, _colour, wl, wh, hl, hh, dots @ ..] => {
            let (width, height) = (word(*wl, *wh), word(*hl, *hh));
            if dots.len() < usize::from(width).div_ceil(8) * usize::from(height) {
                return Command::Unsupported;
            }
            Command::StoreGraphics {
                scale_x: *scale_x,
                scale_y: *scale_y,
                width,
                height,
                data: dots.to_vec(),
            }
        }
        [48, 2 | 50] => Command::PrintGraphics,
        [48, 64, b'K', b'C'] => Command::NvList,
        [48, 66, a @ 32..=126, b @ 32..=126] => Command::NvDelete([*a, *b]),
        [48, 67, 48, a @ 32..=126, b @ 32..=126, 1, wl, wh, hl, hh, 49, dots @ ..] => {
            let (width, height) = (word(*wl, *wh), word(*hl, *hh));
            let wanted = usize::from(width).div_ceil(8) * usize::from(height);
            if wanted == 0 || dots.len() != wanted {
                return Command::Unsupported;
            }
            Command::NvStore { key: [*a, *b], width, height, data: dots.to_vec() }
        }
        [48, 69, a @ 32..=126, b @ 32..=126, scale_x @ 1..=2, scale_y @ 1..=2] => {
            Command::NvPrint { key: [*a, *b], scale_x: *scale_x, scale_y: *scale_y }
        }
        _ => Command::Unsupported,
    }
}
