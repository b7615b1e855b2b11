//! QR Code model 2 (ISO/IEC 18004) and CODE128 (ISO/IEC 15417).

use qrcode::{Color, EcLevel, QrCode};

use super::bitmap::Bitmap;

/// The symbol alone: a printer adds no quiet zone.
pub fn qr(data: &[u8], level: u8, module_dots: u8) -> Option<Bitmap> {
    let level = match level {
        49 => EcLevel::M,
        50 => EcLevel::Q,
        51 => EcLevel::H,
        _ => EcLevel::L,
    };
    let code = QrCode::with_error_correction_level(data, level).ok()?;
    let (modules, colors) = (code.width(), code.to_colors());
    let dots = usize::from(module_dots.clamp(1, 16));
    Some(Bitmap::from_fn(modules * dots, modules * dots, |x, y| {
        colors[y / dots * modules + x / dots] == Color::Dark
    }))
}

/// Widths of bar, space, bar, space, bar, space of the symbol values 0 to 105.
const CODE128: &str = "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231\
113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323\
131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311\
213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114\
122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121\
412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232";
const CODE128_STOP: &[u8] = b"2331112";

/// Symbol values with start and check, from data as `GS k 73` takes it: `{A`, `{B`, `{C` choose the set,
/// `{1` is FNC1, `{{` a brace; in set C every byte is a pair of digits.
fn code128_values(data: &[u8]) -> Option<Vec<u8>> {
    let mut values = Vec::new();
    let mut set = 0;
    let mut rest = data;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let value = if *byte == b'{' {
            let [code, tail @ ..] = rest else { return None };
            rest = tail;
            match *code {
                b'{' if set == b'B' => b'{' - 32,
                b'1' if set != 0 => 102,
                chosen @ b'A'..=b'C' => {
                    // Starts are 103..=105; later changes are the codes 101, 100, 99.
                    let value = if set == 0 { 103 + chosen - b'A' } else { 101 - (chosen - b'A') };
                    set = chosen;
                    value
                }
                _ => return None,
            }
        } else {
            match (set, *byte) {
                (b'A', byte @ 0..=31) => byte + 64,
                (b'A', byte @ 32..=95) | (b'B', byte @ 32..=127) => byte - 32,
                (b'C', byte @ 0..=99) => byte,
                _ => return None,
            }
        };
        values.push(value);
    }
    let (start, symbols) = values.split_first()?;
    let sum =
        symbols.iter().zip(1u32..).fold(u32::from(*start), |sum, (value, at)| sum + at * u32::from(*value));
    values.push((sum % 103) as u8);
    Some(values)
}

pub fn code128(data: &[u8], module_dots: u8, height: u8) -> Option<Bitmap> {
    let module = usize::from(module_dots.clamp(2, 6));
    let mut row = Vec::new();
    let widths = code128_values(data)?
        .into_iter()
        .flat_map(|value| &CODE128.as_bytes()[usize::from(value) * 6..][..6])
        .chain(CODE128_STOP);
    for (at, width) in widths.enumerate() {
        row.extend(std::iter::repeat_n(at % 2 == 0, usize::from(width - b'0') * module));
    }
    Some(Bitmap::from_fn(row.len(), usize::from(height.max(1)), |x, _| row[x]))
}

/// The human readable line: the data without its set codes.
pub fn code128_text(data: &[u8]) -> String {
    let mut text = String::new();
    let mut in_c = false;
    let mut bytes = data.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'{' => match bytes.next() {
                Some(b'{') => text.push('{'),
                Some(set) => in_c = *set == b'C' || (in_c && *set == b'1'),
                None => {}
            },
            pair if in_c => text.push_str(&format!("{pair:02}")),
            byte => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code128_symbol_is_eleven_modules_wide_and_used_once() {
        let symbols: Vec<&[u8]> = CODE128.as_bytes().chunks(6).collect();
        assert_eq!(symbols.len(), 106);
        for symbol in &symbols {
            assert_eq!(symbol.iter().map(|width| width - b'0').sum::<u8>(), 11);
            assert_eq!(symbol.iter().step_by(2).map(|width| width - b'0').sum::<u8>() % 2, 0);
        }
        let mut distinct = symbols.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 106);
    }

    #[test]
    fn the_check_symbol_is_the_weighted_sum_modulo_103() {
        // The textbook example PJJ123C with start A has the check value 54.
        assert_eq!(code128_values(b"{APJJ123C").and_then(|values| values.last().copied()), Some(54));
        assert_eq!(code128_values(b"no set"), None);
    }

    #[test]
    fn set_c_reads_two_digits_a_byte() {
        assert_eq!(code128_text(b"{C\x0c\x22{B-x"), "1234-x");
    }
}
