//! Finds in the service's bytes what the far printer does not know.

use super::Knobs;

/// `GS ( H` fn 48 without its four characters.
const PROCESS_ID: &[u8] = &[0x1d, 0x28, 0x48, 6, 0, 48, 48];
/// `GS ( L`; a length follows.
const GRAPHICS: &[u8] = &[0x1d, 0x28, 0x4c];
/// Of NV graphics: list, store, print.
const NV: [u8; 3] = [64, 67, 69];
/// `DLE DC4` fn 8.
const CLEAR: &[u8] = &[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

#[derive(Debug)]
pub enum Piece {
    Data(Vec<u8>),
    Id([u8; 4]),
    /// The whole command.
    Graphics(Vec<u8>),
    Clear,
}

/// Finds the commands that emupos does not know, wherever reads cut them.
#[derive(Default)]
pub struct Scan(Vec<u8>);

impl Scan {
    pub fn feed(&mut self, bytes: &[u8], knobs: &Knobs) -> Vec<Piece> {
        let (mut pieces, mut data) = (Vec::new(), Vec::new());
        for byte in bytes {
            self.0.push(*byte);
            let id_len = PROCESS_ID.len() + 4;
            if self.0.starts_with(PROCESS_ID) && self.0.len() == id_len {
                let id = [self.0[id_len - 4], self.0[id_len - 3], self.0[id_len - 2], self.0[id_len - 1]];
                pieces.push(Piece::Data(std::mem::take(&mut data)));
                pieces.extend(knobs.knows_process_ids.then_some(Piece::Id(id)));
                self.0.clear();
            } else if self.0 == CLEAR {
                if knobs.knows_clear {
                    data.clear();
                    pieces.clear();
                    pieces.push(Piece::Clear);
                }
                self.0.clear();
            }
            if is_whole_graphics(&self.0) {
                pieces.push(Piece::Data(std::mem::take(&mut data)));
                let command = std::mem::take(&mut self.0);
                pieces.extend(knobs.knows_logos.then_some(Piece::Graphics(command)));
            }
            while !(self.0.is_empty() || is_begin(&self.0)) {
                data.push(self.0.remove(0));
            }
        }
        if !data.is_empty() {
            pieces.push(Piece::Data(data));
        }
        pieces
    }

    /// What a cut link leaves behind.
    pub fn rest(&mut self) -> Option<Piece> {
        let rest = std::mem::take(&mut self.0);
        (!rest.is_empty()).then_some(Piece::Data(rest))
    }
}

fn is_begin(bytes: &[u8]) -> bool {
    let of_id = bytes.len() < PROCESS_ID.len() + 4
        && bytes.iter().zip(PROCESS_ID).all(|(byte, wanted)| byte == wanted);
    of_id || CLEAR.starts_with(bytes) || GRAPHICS.starts_with(bytes) || is_nv_graphics(bytes)
}

/// So far.
fn is_nv_graphics(bytes: &[u8]) -> bool {
    bytes.starts_with(GRAPHICS)
        && bytes.get(5).is_none_or(|m| *m == 48)
        && bytes.get(6).is_none_or(|function| NV.contains(function))
}

fn is_whole_graphics(bytes: &[u8]) -> bool {
    let Some([low, high, ..]) = bytes.get(3..) else { return false };
    bytes.len() > 6
        && is_nv_graphics(bytes)
        && bytes.len() == 5 + usize::from(u16::from_le_bytes([*low, *high]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a stream that comes in two reads.
    fn told(stream: &[u8], at: usize) -> String {
        let (mut scan, knobs) = (Scan::default(), Knobs::default());
        let mut told = String::new();
        for part in [&stream[..at], &stream[at..]] {
            for piece in scan.feed(part, &knobs) {
                match piece {
                    Piece::Data(data) => told.push_str(&String::from_utf8_lossy(&data)),
                    Piece::Id(id) => told.push_str(&format!("<{}>", String::from_utf8_lossy(&id))),
                    Piece::Graphics(command) => told.push_str(&format!("[{}]", command[6])),
                    Piece::Clear => told.push('!'),
                }
            }
        }
        told
    }

    #[test]
    fn commands_are_found_wherever_a_read_cuts_them() {
        let stream = b"ab\x1d\x28\x48\x06\x00\x30\x30A7Z1\x1dr\x01\x1d(L\x04\x000@KCx";
        for at in 0..=stream.len() {
            assert_eq!(told(stream, at), "ab<A7Z1>\x1dr\x01[64]x", "cut at {at}");
        }
    }

    #[test]
    fn a_clear_takes_what_has_not_been_read_before() {
        let stream = [b"ab".as_slice(), CLEAR, b"x"].concat();
        for at in 0..=stream.len() {
            let read_before = if at < 2 + CLEAR.len() { &"ab"[..at.min(2)] } else { "" };
            assert_eq!(told(&stream, at), format!("{read_before}!x"), "cut at {at}");
        }
    }
}
