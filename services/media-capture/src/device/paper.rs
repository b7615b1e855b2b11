//! The receipt's own code in a photo of it: proof that the paper was there.

use rqrr::PreparedImage;
use sha2::{Digest, Sha256};

use crate::domain::frame_pipe::RawFrame;
use crate::domain::ids::SaleId;
use crate::domain::recording::PaperCode;

/// chit.checkout.v1.SignedReceipt: prefix, then Base45 of a body that begins with the sale's id.
const PREFIX: &str = "CHIT1:";
const ID_LEN: usize = 16;
const RECEIPT_BYTES_MIN: usize = 74 + 64;

/// The first code of a signed receipt in a picture.
pub fn code_in(frame: &RawFrame, sale: &SaleId) -> Option<PaperCode> {
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let luma = frame.luma();
    let mut image = PreparedImage::prepare_from_greyscale(width, height, |x, y| luma[y * width + x]);
    let texts = image.detect_grids().into_iter().filter_map(|grid| grid.decode().ok());
    texts.into_iter().find_map(|(_, text)| {
        let names_this_sale = names(&text)? == sale.as_str();
        Some(PaperCode { text_sha256: Sha256::digest(text.as_bytes()).into(), names_this_sale })
    })
}

/// The sale that a signed receipt says it is of. Its signature is for whoever has the till's key.
fn names(text: &str) -> Option<String> {
    let bytes = base45::decode(text.strip_prefix(PREFIX)?).ok().filter(|b| b.len() >= RECEIPT_BYTES_MIN)?;
    let id: [u8; ID_LEN] = bytes[..ID_LEN].try_into().ok()?;
    Some(ulid::Ulid::from_bytes(id).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::{Color, EcLevel, QrCode, Version};

    const SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2F";

    fn picture_of(text: &str) -> RawFrame {
        let code = QrCode::with_version(text, Version::Normal(11), EcLevel::M).unwrap();
        let (side, dot, margin) = (code.width(), 4, 30);
        let (width, height) = (640usize, 480usize);
        let mut i420 = vec![200; width * height];
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                for pixel in 0..dot * dot {
                    let x = margin + at % side * dot + pixel % dot;
                    let y = margin + at / side * dot + pixel / dot;
                    i420[y * width + x] = 30;
                }
            }
        }
        i420.resize(width * height * 3 / 2, 128);
        RawFrame { width: 640, height: 480, seq: 0, monotonic_ns: 0, i420 }
    }

    fn receipt_of(sale: &str) -> String {
        let mut bytes = ulid::Ulid::from_string(sale).unwrap().to_bytes().to_vec();
        bytes.resize(RECEIPT_BYTES_MIN, 7);
        format!("{PREFIX}{}", base45::encode(bytes))
    }

    #[test]
    fn a_receipt_in_the_picture_is_read_and_says_whose_it_is() {
        let sale = SaleId::parse(SALE).unwrap();
        let text = receipt_of(SALE);
        let code = code_in(&picture_of(&text), &sale).unwrap();
        let text_sha256: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        assert_eq!(code, PaperCode { text_sha256, names_this_sale: true });
        let other = receipt_of("01J9ZQ4M8W5T7V2X3Y6B0C1D2G");
        assert!(!code_in(&picture_of(&other), &sale).unwrap().names_this_sale);
    }

    #[test]
    fn another_code_and_no_code_are_no_receipt() {
        let sale = SaleId::parse(SALE).unwrap();
        assert_eq!(code_in(&picture_of(&"7".repeat(237)), &sale), None);
        let empty =
            RawFrame { width: 64, height: 48, seq: 0, monotonic_ns: 0, i420: vec![90; 64 * 48 * 3 / 2] };
        assert_eq!(code_in(&empty, &sale), None);
    }
}
