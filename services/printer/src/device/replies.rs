//! Sorts the printer's bytes by their fixed bits (Epson ESC/POS reference), whatever order they come in.
//!
//! | bits       | meaning                                               |
//! |------------|-------------------------------------------------------|
//! | `0xx1xx10` | answer to `DLE EOT n`                                 |
//! | `0xx1xx00` | first of the four bytes of automatic status back      |
//! | `0000xxxx` | answer to `GS r n`                                    |
//! | `0xx0xxxx` | a later byte of the four                              |
//! | `37 .. 00` | block: process id (`37 22`), buffer cleared (`37 25`), key codes of NV graphics (`37 72`) |
//! | `5F .. 00` | block: printer information (`GS I n`)                 |
//! | `11`, `13` | XON, XOFF                                             |

/// A block longer than this is noise: forty key codes and their prefix.
const BLOCK_MAX: usize = 84;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    RealTime(u8),
    Automatic([u8; 4]),
    /// `GS r`: everything before the request has left the printer's buffer.
    Status(u8),
    /// Everything before the request that carried this id is on paper.
    ProcessId([u8; 4]),
    BufferCleared,
    Information(String),
    /// Key codes of the NV graphics; with `more` another block follows an ACK.
    LogoKeys {
        keys: Vec<[u8; 2]>,
        more: bool,
    },
    Noise,
}

/// Some printers send three bytes of automatic status, and no fourth will come.
const AUTOMATIC_SHORT: usize = 3;

#[derive(Debug, Default)]
pub struct Classifier {
    automatic: Vec<u8>,
    block: Vec<u8>,
    /// This printer's automatic status has three bytes.
    short: bool,
}

impl Classifier {
    /// One byte in, at most one reply out.
    pub fn push(&mut self, byte: u8) -> Option<Reply> {
        if !self.block.is_empty() {
            return self.in_block(byte);
        }
        match byte {
            0x11 | 0x13 => None,
            0x37 | 0x5f => {
                self.block.push(byte);
                // No block stands inside an automatic status, so that one is over.
                self.quiet()
            }
            _ if byte & 0x93 == 0x12 => Some(Reply::RealTime(byte)),
            _ if byte & 0x93 == 0x10 => {
                self.automatic = vec![byte];
                None
            }
            _ if byte & 0x90 == 0 && !self.automatic.is_empty() => {
                self.automatic.push(byte);
                let whole =
                    self.automatic.len() == 4 || self.short && self.automatic.len() == AUTOMATIC_SHORT;
                if whole { self.end_automatic() } else { None }
            }
            // Bits 5 and 6 are reserved; a letter that wandered in has one of them.
            _ if byte & 0xf0 == 0 => Some(Reply::Status(byte)),
            _ => Some(Reply::Noise),
        }
    }

    /// Whether more bytes of an automatic status may come.
    pub fn is_waiting(&self) -> bool {
        !self.automatic.is_empty()
    }

    /// Nothing came for a while, or something else did: what there is of an automatic status is all of it.
    pub fn quiet(&mut self) -> Option<Reply> {
        self.short |= self.automatic.len() == AUTOMATIC_SHORT;
        if self.automatic.len() >= AUTOMATIC_SHORT {
            return self.end_automatic();
        }
        self.automatic.clear();
        None
    }

    fn end_automatic(&mut self) -> Option<Reply> {
        let mut status = [0; 4];
        for (byte, heard) in status.iter_mut().zip(self.automatic.drain(..)) {
            *byte = heard;
        }
        Some(Reply::Automatic(status))
    }

    fn in_block(&mut self, byte: u8) -> Option<Reply> {
        if byte != 0 {
            self.block.push(byte);
            if self.block.len() > BLOCK_MAX {
                self.block.clear();
                return Some(Reply::Noise);
            }
            return None;
        }
        let block = std::mem::take(&mut self.block);
        Some(match block.as_slice() {
            [0x37, 0x22, a, b, c, d] => Reply::ProcessId([*a, *b, *c, *d]),
            [0x37, 0x25] => Reply::BufferCleared,
            [0x37, 0x72, status @ (0x40 | 0x41), codes @ ..] if codes.len() % 2 == 0 => {
                let keys = codes.chunks_exact(2).map(|code| [code[0], code[1]]).collect();
                Reply::LogoKeys { keys, more: *status == 0x41 }
            }
            [0x5f, text @ ..] => Reply::Information(text.iter().map(|b| char::from(b & 0x7f)).collect()),
            _ => Reply::Noise,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn classify(bytes: &[u8]) -> Vec<Reply> {
        let mut classifier = Classifier::default();
        bytes.iter().filter_map(|byte| classifier.push(*byte)).collect()
    }

    #[test]
    fn answers_of_every_kind_are_told_apart_in_any_order() {
        let bytes = [
            0x12, 0x14, 0x00, 0x00, 0x00, 0x13, 0x37, 0x22, b'0', b'0', b'A', b'7', 0x00, 0x00, 0x11, 0x37,
            0x25, 0x00, 0x7e, 0x5f, b'T', b'M', 0x00, 0x37, 0x72, 0x40, b'0', b'7', b'4', b'2', 0x00, 0x37,
            0x72, 0x40, 0x00,
        ];
        assert_eq!(
            classify(&bytes),
            [
                Reply::RealTime(0x12),
                Reply::Automatic([0x14, 0, 0, 0]),
                Reply::ProcessId(*b"00A7"),
                Reply::Status(0),
                Reply::BufferCleared,
                Reply::RealTime(0x7e),
                Reply::Information("TM".into()),
                Reply::LogoKeys { keys: vec![*b"07", *b"42"], more: false },
                Reply::LogoKeys { keys: vec![], more: false },
            ]
        );
    }

    #[test]
    fn flow_control_and_real_time_answers_may_stand_inside_an_automatic_status() {
        assert_eq!(
            classify(&[0x1c, 0x00, 0x13, 0x1a, 0x0f, 0x00]),
            [Reply::RealTime(0x1a), Reply::Automatic([0x1c, 0, 0x0f, 0])]
        );
    }

    /// `GS a` of some models sends three bytes: what follows is no part of it.
    #[test]
    fn an_automatic_status_of_three_bytes_swallows_no_answer() {
        let mut classifier = Classifier::default();
        let mut say =
            |bytes: &[u8]| -> Vec<Reply> { bytes.iter().filter_map(|byte| classifier.push(*byte)).collect() };
        assert_eq!(say(&[0x14, 0, 0]), []);
        assert_eq!(say(&[0x12, 0x12]), [Reply::RealTime(0x12), Reply::RealTime(0x12)]);
        assert_eq!(say(b"\x5fSIM\0"), [Reply::Automatic([0x14, 0, 0, 0]), Reply::Information("SIM".into())]);
        // From now on its length is known.
        assert_eq!(say(&[0x14, 0, 3, 0]), [Reply::Automatic([0x14, 0, 3, 0]), Reply::Status(0)]);
    }

    #[test]
    fn a_pause_ends_an_automatic_status_of_odd_length() {
        let mut classifier = Classifier::default();
        for (bytes, expected) in
            [(&[0x1c, 0, 0x0f][..], Some(Reply::Automatic([0x1c, 0, 0x0f, 0]))), (&[0x14, 0], None)]
        {
            bytes.iter().for_each(|byte| assert_eq!(classifier.push(*byte), None.or(classifier.push(0x11))));
            assert_eq!(classifier.quiet(), expected);
            assert!(!classifier.is_waiting());
        }
        assert_eq!(classifier.push(0), Some(Reply::Status(0)));
    }

    proptest! {
        #[test]
        fn no_noise_passes_for_a_process_id_or_a_cleared_buffer(
            noise in proptest::collection::vec(any::<u8>(), 0..2000)
        ) {
            let found = classify(&noise);
            prop_assert!(found.len() <= noise.len());
            let holds = |part: &[u8]| noise.windows(part.len()).any(|window| window == part);
            for reply in found {
                match reply {
                    Reply::ProcessId(id) => prop_assert!(holds(&[&[0x37, 0x22][..], &id[..], &[0][..]].concat())),
                    Reply::BufferCleared => prop_assert!(holds(&[0x37, 0x25, 0])),
                    Reply::Status(byte) => prop_assert!(byte < 0x10 && noise.contains(&byte)),
                    Reply::Automatic([first, rest @ ..]) => {
                        prop_assert!(first & 0x93 == 0x10 && rest.iter().all(|byte| byte & 0x90 == 0));
                    }
                    Reply::RealTime(byte) => prop_assert_eq!(byte & 0x93, 0x12),
                    Reply::LogoKeys { keys, .. } => prop_assert!(
                        keys.iter().all(|key| holds(key)) && noise.windows(2).any(|pair| pair == [0x37, 0x72])
                    ),
                    Reply::Information(text) => prop_assert!(text.len() <= BLOCK_MAX),
                    Reply::Noise => {}
                }
            }
        }

        #[test]
        fn noise_never_stops_the_reader(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut classifier = Classifier::default();
            for byte in noise {
                classifier.push(byte);
            }
            // A block may be open: its end closes it, then an answer is an answer again.
            classifier.push(0);
            classifier.push(0x14);
            for byte in [0, 0, 0] {
                classifier.push(byte);
            }
            prop_assert_eq!(classifier.push(0x12), Some(Reply::RealTime(0x12)));
        }
    }
}
