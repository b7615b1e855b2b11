//! TP-Data-Coding-Scheme: 3GPP TS 23.038 §4.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    Gsm7,
    Octets,
    Ucs2,
}

/// What the SUBMIT encoder writes: general group, no class.
pub const DCS_GSM7: u8 = 0x00;
pub const DCS_UCS2: u8 = 0x08;

const COMPRESSED: u8 = 0x20;

pub fn alphabet(dcs: u8) -> Alphabet {
    match dcs >> 4 {
        // General data coding and automatic deletion groups. Compressed text (23.042) is kept as octets.
        0x0..=0x7 if dcs & COMPRESSED != 0 => Alphabet::Octets,
        0x0..=0x7 => match dcs >> 2 & 0b11 {
            0b01 => Alphabet::Octets,
            0b10 => Alphabet::Ucs2,
            _ => Alphabet::Gsm7,
        },
        // Message waiting, store, UCS2.
        0xE => Alphabet::Ucs2,
        // Data coding with message class: bit 2 tells 8-bit data.
        0xF if dcs & 0b100 != 0 => Alphabet::Octets,
        // Message waiting in the default alphabet, and reserved groups, which §4 reads as default alphabet.
        _ => Alphabet::Gsm7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coding_group_names_its_alphabet() {
        let table = [
            (0x00, Alphabet::Gsm7),
            (0x04, Alphabet::Octets),
            (0x08, Alphabet::Ucs2),
            (0x11, Alphabet::Gsm7),
            (0x18, Alphabet::Ucs2),
            (0x20, Alphabet::Octets),
            (0x48, Alphabet::Ucs2),
            (0x84, Alphabet::Gsm7),
            (0xC8, Alphabet::Gsm7),
            (0xD0, Alphabet::Gsm7),
            (0xE0, Alphabet::Ucs2),
            (0xF1, Alphabet::Gsm7),
            (0xF5, Alphabet::Octets),
        ];
        for (dcs, expected) in table {
            assert_eq!(alphabet(dcs), expected, "dcs {dcs:#04x}");
        }
    }
}
