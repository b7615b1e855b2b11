//! Linear codes of goods: EAN, UPC, Code 128 and DataBar, by rxing's readers. A row of pixels is easily misread, so a code counts
//! when two rows agree.

use rxing::common::{BitArray, GlobalHistogramBinarizer};
use rxing::oned::{MultiFormatOneDReader, OneDReader as _};
use rxing::{BarcodeFormat, Binarizer as _, DecodeHints, Luma8Source, RXingResult};

use super::cascade::{Engine, Sighting};
use super::plane::Plane;
use crate::domain::symbol::Symbology;

/// Rows that are read, spread over the picture.
const ROWS: usize = 24;
const ROWS_TO_AGREE: usize = 2;

/// Symbologies that can be read.
pub const READABLE: [Symbology; 6] = [
    Symbology::Ean13,
    Symbology::Ean8,
    Symbology::UpcA,
    Symbology::UpcE,
    Symbology::Code128,
    Symbology::DataBar,
];

/// Codes whose bars stand upright in the picture.
pub fn read(plane: &Plane<'_>, wanted: &[Symbology], spent: &dyn Fn() -> bool) -> Vec<Sighting> {
    let formats = wanted.iter().flat_map(|symbology| format(*symbology)).copied().collect();
    let hints =
        DecodeHints { PossibleFormats: Some(formats), AssumeGs1: Some(true), ..DecodeHints::default() };
    let source = Luma8Source::new_with_slice(&plane.grey, plane.width as u32, plane.height as u32);
    let Ok(source) = source else { return Vec::new() };
    let binarizer = GlobalHistogramBinarizer::new(source);
    let mut reader = MultiFormatOneDReader::new(&hints);
    let mut seen: Vec<(Sighting, usize)> = Vec::new();
    let mut found = Vec::new();
    for at in 0..ROWS.min(plane.height) {
        if spent() {
            break;
        }
        let y = (2 * at + 1) * plane.height / (2 * ROWS.min(plane.height));
        let Ok(row) = binarizer.get_black_row(y) else { continue };
        let Some(sighting) = read_row(&mut reader, y, &row, &hints) else { continue };
        match seen.iter_mut().find(|(known, _)| *known == sighting) {
            None => seen.push((sighting, 1)),
            Some((_, count)) => {
                *count += 1;
                if *count == ROWS_TO_AGREE {
                    found.push(sighting);
                }
            }
        }
    }
    found
}

fn read_row(
    reader: &mut MultiFormatOneDReader,
    y: usize,
    row: &BitArray,
    hints: &DecodeHints,
) -> Option<Sighting> {
    let upright = reader.decode_row(y as u32, row, hints).ok();
    let result = upright.or_else(|| {
        let mut reversed = row.clone();
        reversed.reverse();
        reader.decode_row(y as u32, &reversed, hints).ok()
    });
    result.as_ref().and_then(sighting)
}

fn sighting(result: &RXingResult) -> Option<Sighting> {
    let text = result.getText();
    let (symbology, text) = match result.getBarcodeFormat() {
        BarcodeFormat::EAN_13 => (Symbology::Ean13, text),
        BarcodeFormat::EAN_8 => (Symbology::Ean8, text),
        BarcodeFormat::UPC_A => (Symbology::UpcA, text),
        BarcodeFormat::UPC_E => (Symbology::UpcE, text),
        BarcodeFormat::CODE_128 => match text.strip_prefix("]C1") {
            Some(elements) => (Symbology::Gs1128, elements),
            None => (Symbology::Code128, text),
        },
        BarcodeFormat::RSS_14 | BarcodeFormat::RSS_EXPANDED => (Symbology::DataBar, text),
        _ => return None,
    };
    (!text.is_empty()).then(|| Sighting {
        content: text.as_bytes().to_vec(),
        symbology,
        engine: Engine::Linear,
    })
}

fn format(symbology: Symbology) -> &'static [BarcodeFormat] {
    match symbology {
        Symbology::Ean13 => &[BarcodeFormat::EAN_13],
        Symbology::Ean8 => &[BarcodeFormat::EAN_8],
        Symbology::UpcA => &[BarcodeFormat::UPC_A],
        Symbology::UpcE => &[BarcodeFormat::UPC_E],
        Symbology::Code128 | Symbology::Gs1128 => &[BarcodeFormat::CODE_128],
        Symbology::DataBar => &[BarcodeFormat::RSS_14, BarcodeFormat::RSS_EXPANDED],
        _ => &[],
    }
}
