//! National language shift tables: 3GPP TS 23.038 annex A. Decoded only; what this gateway writes needs none.
//! Each table is kept as its difference from the default alphabet (locking) or extension table (single).

/// §6.2.1.2.4: national language identifiers.
const TURKISH: u8 = 1;
const SPANISH: u8 = 2;
const PORTUGUESE: u8 = 3;

type Table = &'static [(u8, char)];

/// A.3.1.
const TURKISH_LOCKING: Table =
    &[(0x04, '€'), (0x07, 'ı'), (0x0B, 'Ğ'), (0x0C, 'ğ'), (0x1C, 'Ş'), (0x1D, 'ş'), (0x40, 'İ'), (0x60, 'ç')];

/// A.3.3.
const PORTUGUESE_LOCKING: Table = &[
    (0x04, 'ê'),
    (0x06, 'ú'),
    (0x07, 'í'),
    (0x08, 'ó'),
    (0x09, 'ç'),
    (0x0B, 'Ô'),
    (0x0C, 'ô'),
    (0x0E, 'Á'),
    (0x0F, 'á'),
    (0x12, 'ª'),
    (0x13, 'Ç'),
    (0x14, 'À'),
    (0x15, '∞'),
    (0x16, '^'),
    (0x17, '\\'),
    (0x18, '€'),
    (0x19, 'Ó'),
    (0x1A, '|'),
    (0x1C, 'Â'),
    (0x1D, 'â'),
    (0x1E, 'Ê'),
    (0x24, 'º'),
    (0x40, 'Í'),
    (0x5B, 'Ã'),
    (0x5C, 'Õ'),
    (0x5D, 'Ú'),
    (0x60, '~'),
    (0x7B, 'ã'),
    (0x7C, 'õ'),
    (0x7D, '`'),
];

/// A.2.1.
const TURKISH_SINGLE: Table =
    &[(0x47, 'Ğ'), (0x49, 'İ'), (0x53, 'Ş'), (0x63, 'ç'), (0x67, 'ğ'), (0x69, 'ı'), (0x73, 'ş')];

/// A.2.2.
const SPANISH_SINGLE: Table = &[
    (0x09, 'ç'),
    (0x41, 'Á'),
    (0x49, 'Í'),
    (0x4F, 'Ó'),
    (0x55, 'Ú'),
    (0x61, 'á'),
    (0x69, 'í'),
    (0x6F, 'ó'),
    (0x75, 'ú'),
];

/// A.2.3.
const PORTUGUESE_SINGLE: Table = &[
    (0x05, 'ê'),
    (0x09, 'ç'),
    (0x0B, 'Ô'),
    (0x0C, 'ô'),
    (0x0E, 'Á'),
    (0x0F, 'á'),
    (0x12, 'Φ'),
    (0x13, 'Γ'),
    (0x15, 'Ω'),
    (0x16, 'Π'),
    (0x17, 'Ψ'),
    (0x18, 'Σ'),
    (0x19, 'Θ'),
    (0x1F, 'Ê'),
    (0x41, 'À'),
    (0x49, 'Í'),
    (0x4F, 'Ó'),
    (0x55, 'Ú'),
    (0x5B, 'Ã'),
    (0x5C, 'Õ'),
    (0x61, 'Â'),
    (0x69, 'í'),
    (0x6F, 'ó'),
    (0x75, 'ú'),
    (0x7B, 'ã'),
    (0x7C, 'õ'),
    (0x7F, 'â'),
];

/// Which national tables a text uses. A language this gateway has no table for reads as the default alphabet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shifts {
    locking: u8,
    single: u8,
}

impl Shifts {
    /// National language identifiers; 0 = none.
    pub fn new(locking: u8, single: u8) -> Self {
        Self { locking, single }
    }

    pub(super) fn locking(self, septet: u8) -> Option<char> {
        let table = match self.locking {
            TURKISH => TURKISH_LOCKING,
            PORTUGUESE => PORTUGUESE_LOCKING,
            _ => return None,
        };
        lookup(table, septet)
    }

    pub(super) fn single(self, septet: u8) -> Option<char> {
        let table = match self.single {
            TURKISH => TURKISH_SINGLE,
            SPANISH => SPANISH_SINGLE,
            PORTUGUESE => PORTUGUESE_SINGLE,
            _ => return None,
        };
        lookup(table, septet)
    }
}

fn lookup(table: Table, septet: u8) -> Option<char> {
    table.iter().find(|(known, _)| *known == septet).map(|(_, character)| *character)
}

#[cfg(test)]
mod tests {
    use super::super::gsm7::decode_shifted;
    use super::*;

    #[test]
    fn words_of_each_language_are_read() {
        assert_eq!(decode_shifted(&[0x1B, 0x53, 0x1B, 0x69, 0x1B, 0x65], Shifts::new(0, TURKISH)), "Şı€");
        assert_eq!(decode_shifted(b"d\x1Bias", Shifts::new(0, SPANISH)), "días");
        assert_eq!(decode_shifted(&[0x7B, 0x08, 0x18, 0x05], Shifts::new(PORTUGUESE, 0)), "ãó€é");
        assert_eq!(decode_shifted(&[0x1B, 0x7B, 0x1B, 0x12], Shifts::new(PORTUGUESE, PORTUGUESE)), "ãΦ");
        assert_eq!(decode_shifted(b"abc", Shifts::new(9, 9)), "abc");
    }
}
