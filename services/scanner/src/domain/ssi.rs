//! Packets of Zebra's Simple Serial Interface: length, opcode, source, status, data, and the two's complement of their sum in two
//! bytes, the higher first. The length counts everything but the checksum.

const HOST: u8 = 0x04;
const DECODER: u8 = 0x00;
const ACK: u8 = 0xd0;
const DECODE_DATA: u8 = 0xf3;
const HEADER_LEN: usize = 4;
const CHECKSUM_LEN: usize = 2;
/// Bit of the status: the code goes on in the next packet.
const MORE: u8 = 0x02;

#[derive(Debug, PartialEq, Eq)]
pub enum Packet {
    /// A code or a part of it; `more` follows. The first byte of a code is its bar code type, which is left out.
    Decoded { data: Vec<u8>, more: bool },
    /// Anything else: an answer.
    Other { opcode: u8 },
}

pub fn packet(opcode: u8, data: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(HEADER_LEN + data.len()).ok()?;
    let mut packet = [&[length, opcode, HOST, 0], data].concat();
    packet.extend(checksum(&packet).to_be_bytes());
    Some(packet)
}

pub fn ack() -> Vec<u8> {
    packet(ACK, &[]).unwrap_or_default()
}

fn checksum(packet: &[u8]) -> u16 {
    packet.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg()
}

/// Packets out of a line; what is none is skipped byte by byte.
#[derive(Debug, Default)]
pub struct Unpacker {
    line: Vec<u8>,
}

impl Unpacker {
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Packet> {
        self.line.extend_from_slice(bytes);
        let mut packets = Vec::new();
        let mut from = 0;
        while let Some(length) = self.line.get(from).map(|length| usize::from(*length)) {
            // What cannot begin a packet is not waited for.
            let other_source = self.line.get(from + 2).is_some_and(|source| *source != DECODER);
            if length < HEADER_LEN || other_source {
                from += 1;
                continue;
            }
            let Some(whole) = self.line.get(from..from + length + CHECKSUM_LEN) else { break };
            let (body, sum) = whole.split_at(length);
            if checksum(body).to_be_bytes() != *sum {
                from += 1;
                continue;
            }
            packets.push(match body[1] {
                DECODE_DATA => Packet::Decoded {
                    data: body.get(HEADER_LEN + 1..).unwrap_or_default().to_vec(),
                    more: body[3] & MORE != 0,
                },
                opcode => Packet::Other { opcode },
            });
            from += whole.len();
        }
        self.line.drain(..from);
        packets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from_decoder(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
        let mut packet = [&[(HEADER_LEN + data.len()) as u8, opcode, DECODER, status], data].concat();
        packet.extend(checksum(&packet).to_be_bytes());
        packet
    }

    #[test]
    fn commands_carry_the_checksum_of_the_programmers_guide() {
        // Scan enable and ACK, as the guide prints them.
        assert_eq!(packet(0xe9, &[]), Some(vec![0x04, 0xe9, 0x04, 0x00, 0xff, 0x0f]));
        assert_eq!(ack(), [0x04, 0xd0, 0x04, 0x00, 0xff, 0x28]);
        assert_eq!(packet(0xe6, &[0; 252]), None, "longer than a packet may be");
    }

    #[test]
    fn codes_are_found_between_noise_however_the_bytes_are_split() {
        let code = from_decoder(DECODE_DATA, 0, b"\x0b]E06901234567892");
        let stream = [b"\x01\xff".as_slice(), &from_decoder(ACK, 0, &[]), &code].concat();
        for at in 0..=stream.len() {
            let mut unpacker = Unpacker::default();
            let mut packets = unpacker.push(&stream[..at]);
            packets.extend(unpacker.push(&stream[at..]));
            let data = b"]E06901234567892".to_vec();
            assert_eq!(
                packets,
                [Packet::Other { opcode: ACK }, Packet::Decoded { data, more: false }],
                "{at}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_keep_the_line_short(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20)) {
            let mut unpacker = Unpacker::default();
            for piece in pieces {
                unpacker.push(&piece);
                prop_assert!(unpacker.line.len() < 255 + CHECKSUM_LEN);
            }
        }
    }
}
