//! AIM symbology identifiers (ISO/IEC 15424): `]`, a letter for the symbology, a modifier.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Symbology {
    #[default]
    Unknown,
    Ean13,
    Ean8,
    UpcA,
    UpcE,
    /// EAN or UPC, as far as the identifier tells.
    EanUpc,
    Code39,
    Code93,
    Code128,
    Gs1128,
    Itf,
    Codabar,
    DataBar,
    QrCode,
    Gs1QrCode,
    DataMatrix,
    Gs1DataMatrix,
    Aztec,
    Pdf417,
    HanXin,
    Other,
}

impl Symbology {
    /// FNC1 in first position: the data are GS1 element strings.
    pub fn is_gs1(self) -> bool {
        matches!(self, Self::Gs1128 | Self::DataBar | Self::Gs1QrCode | Self::Gs1DataMatrix)
    }

    pub fn is_ean_upc(self) -> bool {
        matches!(self, Self::Ean13 | Self::Ean8 | Self::UpcA | Self::UpcE | Self::EanUpc)
    }
}

/// Splits an identifier off, if there is a valid one.
pub fn split(data: &[u8]) -> Option<(&str, &[u8])> {
    let (identifier, rest) = data.split_at_checked(3)?;
    let identifier = std::str::from_utf8(identifier).ok()?;
    symbology(identifier).map(|_known| (identifier, rest))
}

/// `None` for what the standard does not list.
pub fn symbology(identifier: &str) -> Option<Symbology> {
    let [b']', letter, modifier] = identifier.as_bytes() else { return None };
    let known = match (letter, modifier) {
        (b'E', b'0') => Symbology::EanUpc,
        (b'E', b'1'..=b'3') => Symbology::EanUpc,
        (b'E', b'4') => Symbology::Ean8,
        (b'C', b'0' | b'2' | b'4') => Symbology::Code128,
        (b'C', b'1') => Symbology::Gs1128,
        (b'A', b'0'..=b'7') => Symbology::Code39,
        (b'G', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'm') => Symbology::Code93,
        (b'I', b'0' | b'1' | b'3') => Symbology::Itf,
        (b'F', b'0'..=b'4') => Symbology::Codabar,
        (b'e', b'0'..=b'3') => Symbology::DataBar,
        (b'Q', b'0'..=b'2' | b'4'..=b'6') => Symbology::QrCode,
        (b'Q', b'3') => Symbology::Gs1QrCode,
        (b'd', b'0' | b'1' | b'3'..=b'6') => Symbology::DataMatrix,
        (b'd', b'2') => Symbology::Gs1DataMatrix,
        (b'z', b'0'..=b'9' | b'A'..=b'C') => Symbology::Aztec,
        (b'L', b'0'..=b'5') => Symbology::Pdf417,
        (b'h', b'0'..=b'3') => Symbology::HanXin,
        (b'X', b'0'..=b'9' | b'A'..=b'F') => Symbology::Other,
        (b'H' | b'K' | b'M' | b'N' | b'O' | b'P' | b'R' | b'S' | b'T' | b'U', b'0'..=b'9') => {
            Symbology::Other
        }
        _ => return None,
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_the_standard_are_split_off_and_others_stay_text() {
        assert_eq!(split(b"]Q1HELLO"), Some(("]Q1", b"HELLO".as_slice())));
        assert_eq!(split(b"]d2\x1d01"), Some(("]d2", b"\x1d01".as_slice())));
        for text in [b"]x1HELLO".as_slice(), b"]Q9HELLO", b"]E", b"Q1HELLO", b"]\xff1", b""] {
            assert_eq!(split(text), None, "{text:?}");
        }
        assert!(symbology("]C1").unwrap().is_gs1() && !symbology("]C0").unwrap().is_gs1());
    }
}
