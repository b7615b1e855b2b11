//! A page becomes ESC/POS bytes: one buffer, composed once, with the fence at its end.
//!
//! The crate `escpos` composes styles and symbols; it never sees the link. Its `partial_cut`, `cash_drawer` and status
//! requests send other bytes than Epson's reference asks for (0.20.1), so those are in `command.rs`.

use std::cell::RefCell;
use std::rc::Rc;

use escpos::driver::Driver;
use escpos::errors::{PrinterError, Result};
use escpos::printer::Printer;
use escpos::utils::{JustifyMode, Protocol, QRCodeCorrectionLevel, QRCodeModel, QRCodeOption};

use super::command::{
    self, CHINESE_DOUBLE, CHINESE_OFF, CHINESE_ON, CHINESE_SINGLE, REAL_TIME_OFF, STATUS_REQUEST,
};
use super::logo;
use super::raster::{Strips, is_real_time};
use crate::domain::bitmap::Bitmap;
use crate::domain::layout::{Align, Element, PLAIN, Page, Style};
use crate::domain::text::gbk;
use crate::drawing::font::Face;
use crate::drawing::page::{LINE_PITCH, line, pitch};
use crate::drawing::symbol::{self, MODULE_DOTS};
use crate::profile::{Cut, Double, Model, Symbols};

/// Answers to wait for behind the data. Two, so that one stray byte of a printer never passes for "printed".
pub const FENCE_ANSWERS: u32 = 2;

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
    #[error("the QR's content is too long for a symbol")]
    SymbolTooLong,
    #[error("the printer has no Chinese font, and the service has none to draw with: see [printer] font")]
    NoFont,
}

impl From<PrinterError> for ComposeError {
    fn from(error: PrinterError) -> Self {
        Self::Composer(error.to_string())
    }
}

/// How one printer is spoken to.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub model: &'a Model,
    /// The entry is this printer's own. One that nothing is known of might print a symbol's text instead of the symbol.
    pub recognised: bool,
    /// It answers `GS r`.
    pub status_fence: bool,
    /// It has a Chinese font of its own.
    pub chinese_font: bool,
    /// To draw lines for a printer that has none.
    pub face: Option<&'a Face>,
    /// The shop's logo rests in the printer under this key.
    pub logo_key: Option<[u8; 2]>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Composed {
    pub bytes: Vec<u8>,
    /// Length of the paper.
    pub dots: usize,
}

/// The bytes of one paper. With `process_id` the printer is asked to echo it when all before it is printed.
pub fn compose(
    page: &Page,
    target: Target,
    process_id: Option<[u8; 4]>,
) -> std::result::Result<Composed, ComposeError> {
    let mut paper = Paper::new(target)?;
    for element in &page.elements {
        paper.element(element)?;
    }
    let mut bytes = paper.out()?;
    bytes.extend(process_id.iter().flat_map(|id| command::process_id(*id)));
    if target.model.answers && target.status_fence {
        (0..FENCE_ANSWERS).for_each(|_| bytes.extend(STATUS_REQUEST));
    }
    match bytes.windows(2).any(|pair| is_real_time(pair[0], pair[1])) {
        true => Err(ComposeError::RealTimeCommand),
        false => Ok(Composed { bytes, dots: paper.strips.dots }),
    }
}

struct Paper<'a> {
    target: Target<'a>,
    buffer: Buffer,
    printer: Printer<Buffer>,
    drawn: (Align, Style),
    strips: Strips,
}

impl<'a> Paper<'a> {
    fn new(target: Target<'a>) -> Result<Self> {
        let buffer = Buffer::default();
        let mut printer = Printer::new(buffer.clone(), Protocol::default(), None);
        let dpi = target.model.dpi;
        printer.init()?;
        if target.model.real_time_switch {
            printer.custom(&REAL_TIME_OFF)?;
        }
        // GS P: one unit of motion is one dot. ESC 3: lines of 30.
        printer.custom(&[0x1d, 0x50, dpi, dpi])?.custom(&[0x1b, 0x33, LINE_PITCH as u8])?;
        if let Some(page) = target.model.code_page {
            printer.custom(&[0x1b, 0x74, page])?;
        }
        if target.chinese_font {
            printer.custom(&CHINESE_OFF)?;
        }
        Ok(Self { target, buffer, printer, drawn: (Align::Left, PLAIN), strips: Strips::default() })
    }

    fn out(&mut self) -> Result<Vec<u8>> {
        self.feed_pending()?;
        self.printer.print()?;
        Ok(self.buffer.0.take())
    }

    fn element(&mut self, element: &Element) -> std::result::Result<(), ComposeError> {
        match element {
            Element::Text { text, align, style } if self.has_letters(text) => {
                self.text(text, (*align, *style))?;
            }
            Element::Text { text, align, style } => {
                let Some(face) = self.target.face else {
                    // The printer's Chinese can be read; a few letters of another script are missing, as was told before.
                    let known = self.target.chinese_font.then_some(());
                    known.ok_or(ComposeError::NoFont)?;
                    self.text(text, (*align, *style))?;
                    return Ok(());
                };
                let dots = line(face, text, *style);
                self.picture(&dots, *align)?;
                self.strips.feed(pitch(*style) - dots.height);
            }
            Element::Blank => self.strips.feed(LINE_PITCH),
            Element::Logo(logo) => {
                self.logo(logo)?;
                self.strips.feed(LINE_PITCH);
            }
            Element::Qr { data } => self.qr(data)?,
            Element::Cut => {
                self.feed_pending()?;
                self.restyle((Align::Left, PLAIN))?;
                self.printer.custom(&command::cut(self.target.model.cut))?;
                if self.target.model.cut == Cut::None {
                    self.strips.dots += usize::from(command::LINES_TO_CUTTER) * LINE_PITCH;
                }
            }
        }
        Ok(())
    }

    /// In the printer's own fonts.
    fn has_letters(&self, text: &str) -> bool {
        text.chars().all(|c| c.is_ascii() || self.target.chinese_font && gbk(c).is_some())
    }

    fn text(&mut self, text: &str, wanted: (Align, Style)) -> Result<()> {
        self.feed_pending()?;
        self.restyle(wanted)?;
        let big = wanted.1.double && self.target.model.chinese_double == Double::Fs && !text.is_ascii();
        if big {
            self.printer.custom(&CHINESE_DOUBLE)?;
        }
        self.printer.custom(&encode(text))?.custom(b"\n")?;
        if big {
            self.printer.custom(&CHINESE_SINGLE)?;
        }
        self.strips.dots += pitch(wanted.1);
        Ok(())
    }

    /// A picture is as wide as its dots; the printer centres it.
    fn picture(&mut self, dots: &Bitmap, align: Align) -> Result<()> {
        self.restyle((align, PLAIN))?;
        let mut bytes = Vec::new();
        self.strips.draw(&mut bytes, dots, self.target.model.strip_height);
        self.printer.custom(&bytes)?;
        Ok(())
    }

    fn logo(&mut self, dots: &Bitmap) -> Result<()> {
        let Some(key) = self.target.logo_key else { return self.picture(dots, Align::Centre) };
        self.feed_pending()?;
        self.restyle((Align::Centre, PLAIN))?;
        self.printer.custom(&logo::print(key))?;
        self.strips.dots += dots.height;
        Ok(())
    }

    fn qr(&mut self, data: &str) -> std::result::Result<(), ComposeError> {
        if self.target.model.qr == Symbols::Native && self.target.recognised {
            let side = symbol::side(data).ok_or(ComposeError::SymbolTooLong)?;
            self.feed_pending()?;
            self.restyle((Align::Centre, PLAIN))?;
            let model = QRCodeModel::Model2;
            let option = QRCodeOption::new(model, MODULE_DOTS as u8, QRCodeCorrectionLevel::M);
            self.printer.qrcode_option(data, option)?;
            self.strips.dots += side;
        } else {
            let symbol = symbol::qr(data).ok_or(ComposeError::SymbolTooLong)?;
            self.picture(&symbol, Align::Centre)?;
        }
        self.strips.feed(LINE_PITCH);
        Ok(())
    }

    fn feed_pending(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        self.strips.flush(&mut bytes);
        if !bytes.is_empty() {
            self.printer.custom(&bytes)?;
        }
        Ok(())
    }

    fn restyle(&mut self, wanted: (Align, Style)) -> Result<()> {
        let ((align, style), (drawn_align, drawn)) = (wanted, self.drawn);
        if drawn_align != align {
            self.printer.justify(if align == Align::Centre {
                JustifyMode::CENTER
            } else {
                JustifyMode::LEFT
            })?;
        }
        if drawn.bold != style.bold {
            self.printer.bold(style.bold)?;
        }
        if drawn.inverse != style.inverse {
            self.printer.reverse(style.inverse)?;
        }
        if drawn.double != style.double {
            let size = if style.double { 2 } else { 1 };
            self.printer.size(size, size)?;
        }
        self.drawn = wanted;
        Ok(())
    }
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

#[cfg(test)]
mod tests;
