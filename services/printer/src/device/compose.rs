//! A page becomes ESC/POS bytes: one buffer, composed once, with the fence at its end.
//!
//! The crate `escpos` composes; it never sees the link. Its `partial_cut`, `cash_drawer` and status requests send
//! other bytes than Epson's reference asks for (0.20.1), so those commands are given byte by byte.

use std::cell::RefCell;
use std::rc::Rc;

use escpos::driver::Driver;
use escpos::errors::{PrinterError, Result};
use escpos::printer::Printer;
use escpos::utils::{JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption};

use crate::domain::layout::{Align, Element, PLAIN, Page, Style};
use crate::domain::text::gbk;

/// Dots per QR module: 5 dots are 0.63 mm at 203 dpi, which phones read from bad paper.
const QR_MODULE_DOTS: u8 = 5;
/// `FS &` and `FS .`: the next bytes are Chinese, or ASCII again.
const CHINESE_ON: [u8; 2] = [0x1c, 0x26];
const CHINESE_OFF: [u8; 2] = [0x1c, 0x2e];
/// `ESC 2`: line spacing of 1/6 inch.
const LINE_SPACING_DEFAULT: [u8; 2] = [0x1b, 0x32];
/// `GS V 66 0`: feed to the cutter, then cut but for one point.
const PARTIAL_CUT: [u8; 4] = [0x1d, 0x56, 66, 0];
/// `GS r 1`: answered when its turn in the buffer comes.
const STATUS_REQUEST: [u8; 3] = [0x1d, 0x72, 1];
/// `GS a 255`: report every change of status from now on, and the present one at once.
pub const AUTOMATIC_STATUS_ON: [u8; 3] = [0x1d, 0x61, 0xff];
/// `GS I 67`: the model's name.
pub const ASK_MODEL: [u8; 3] = [0x1d, 0x49, 67];
/// `DLE DC4` fn 8: drop everything in the receive and print buffers; answered by `37 25 00`.
pub const CLEAR_BUFFERS: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
/// `ESC @`, four lines, cut: parts what may hang out of a cleared printer from the next paper.
pub const SEPARATOR: [u8; 9] = [0x1b, 0x40, 0x1b, 0x64, 4, 0x1d, 0x56, 66, 0];

/// Where `escpos` writes to.
#[derive(Clone, Default)]
struct Buffer(Rc<RefCell<Vec<u8>>>);

impl Driver for Buffer {
    fn name(&self) -> String {
        "buffer".to_owned()
    }

    fn write(&self, data: &[u8]) -> Result<()> {
        self.0.try_borrow_mut()?.extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("cannot compose the page: {0}")]
    Composer(String),
    #[error("the page holds a real-time command; it must not reach the printer")]
    RealTimeCommand,
}

impl From<PrinterError> for ComposeError {
    fn from(error: PrinterError) -> Self {
        Self::Composer(error.to_string())
    }
}

/// The bytes of one paper. With `process_id` the printer is asked to echo it when all before it is printed.
pub fn compose(page: &Page, process_id: Option<[u8; 4]>) -> std::result::Result<Vec<u8>, ComposeError> {
    let buffer = Buffer::default();
    let mut printer = Printer::new(buffer.clone(), Protocol::default(), None);
    printer.init()?.custom(&CHINESE_OFF)?.custom(&LINE_SPACING_DEFAULT)?;
    let mut drawn = (Align::Left, PLAIN);
    for element in &page.elements {
        match element {
            Element::Text { text, align, style } => {
                restyle(&mut printer, &mut drawn, (*align, *style))?;
                printer.custom(&encode(text))?.custom(b"\n")?;
            }
            Element::Blank => {
                restyle(&mut printer, &mut drawn, (Align::Left, PLAIN))?;
                printer.custom(b"\n")?;
            }
            Element::Qr { data } => {
                restyle(&mut printer, &mut drawn, (Align::Centre, PLAIN))?;
                let option = QRCodeOption::new(QRCodeModel::Model2, QR_MODULE_DOTS, QRCodeCorrectionLevel::M);
                printer.qrcode_option(data, option)?.custom(b"\n")?;
            }
            Element::Cut => {
                restyle(&mut printer, &mut drawn, (Align::Left, PLAIN))?;
                printer.custom(&PARTIAL_CUT)?;
            }
        }
    }
    if let Some([a, b, c, d]) = process_id {
        // GS ( H fn 48
        printer.custom(&[0x1d, 0x28, 0x48, 6, 0, 48, 48, a, b, c, d])?;
    }
    printer.custom(&STATUS_REQUEST)?.print()?;
    let bytes = buffer.0.take();
    if has_real_time_command(&bytes) { Err(ComposeError::RealTimeCommand) } else { Ok(bytes) }
}

fn restyle(printer: &mut Printer<Buffer>, drawn: &mut (Align, Style), wanted: (Align, Style)) -> Result<()> {
    let (align, style) = wanted;
    if drawn.0 != align {
        printer.justify(if align == Align::Centre { JustifyMode::CENTER } else { JustifyMode::LEFT })?;
    }
    if drawn.1.bold != style.bold {
        printer.bold(style.bold)?;
    }
    if drawn.1.inverse != style.inverse {
        printer.reverse(style.inverse)?;
    }
    if drawn.1.double != style.double {
        let size = if style.double { 2 } else { 1 };
        printer.size(size, size)?;
    }
    *drawn = wanted;
    Ok(())
}

/// ASCII as it is; runs of Chinese between `FS &` and `FS .`.
fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 8);
    let mut chinese = false;
    for c in text.chars() {
        let two = gbk(c);
        if two.is_some() != chinese {
            chinese = !chinese;
            bytes.extend(if chinese { CHINESE_ON } else { CHINESE_OFF });
        }
        match two {
            Some(pair) => bytes.extend(pair),
            None => bytes.push(if (' '..='~').contains(&c) { c as u8 } else { b'?' }),
        }
    }
    if chinese {
        bytes.extend(CHINESE_OFF);
    }
    bytes
}

/// `DLE EOT`, `DLE ENQ`, `DLE DC4` act at once wherever they stand in the stream.
fn has_real_time_command(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair[0] == 0x10 && matches!(pair[1], 0x04 | 0x05 | 0x14))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::layout::DOUBLE;

    fn page(elements: Vec<Element>) -> Page {
        Page { columns: 48, elements }
    }

    fn line(text: &str, style: Style) -> Element {
        Element::Text { text: text.into(), align: Align::Left, style }
    }

    #[test]
    fn a_paper_ends_with_cut_process_id_and_fence() {
        let bytes = compose(&page(vec![line("ab", PLAIN), Element::Cut]), Some(*b"00A7")).unwrap();
        let expected = b"\x1b@\x1c.\x1b2ab\n\x1dV\x42\x00\x1d(H\x06\x0000\x30\x30A7\x1dr\x01";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn chinese_stands_between_its_mode_switches() {
        assert_eq!(encode("￥5 茶"), b"\x1c&\xa3\xa4\x1c.5 \x1c&\xb2\xe8\x1c.");
    }

    #[test]
    fn a_style_is_switched_on_and_off_again() {
        let bytes = compose(&page(vec![line("T", DOUBLE), line("n", PLAIN)]), None).unwrap();
        assert_eq!(bytes, b"\x1b@\x1c.\x1b2\x1bE\x01\x1d!\x11T\n\x1bE\x00\x1d!\x00n\n\x1dr\x01");
    }

    #[test]
    fn a_qr_has_five_dots_a_module_and_level_m() {
        let bytes = compose(&page(vec![Element::Qr { data: "CHIT".into() }]), None).unwrap();
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(has(b"\x1d(k\x04\x001A2\x00") && has(b"\x1d(k\x03\x001C\x05") && has(b"\x1d(k\x03\x001E1"));
        assert!(has(b"\x1d(k\x07\x001P0CHIT\x1d(k\x03\x001Q0"));
    }
}
