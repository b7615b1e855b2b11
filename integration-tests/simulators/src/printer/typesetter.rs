//! Commands become lines, lines become dots on paper (standard mode; page mode is not simulated).

use super::bitmap::Bitmap;
use super::canvas::{Canvas, PRINTABLE_DOTS};
use super::codepage;
use super::command::Command;
use super::glyphs::{FONT_A, Glyphs};
use super::style::{Align, Style};
use super::symbols;

/// ESC 2: 1/6 inch in dots of 1/203 inch is 33.9, but TM printers take 30.
const DEFAULT_LINE_SPACING: usize = 30;
const DEFAULT_TAB_COLUMNS: usize = 8;

/// What is in the print buffer and not yet on paper.
#[derive(Default)]
struct Line {
    items: Vec<(usize, Bitmap)>,
    /// Where the next item goes, from the left margin.
    cursor: usize,
    text: String,
}

struct Settings {
    style: Style,
    line_spacing: usize,
    left_margin: usize,
    area_width: usize,
    tab_stops: Vec<usize>,
    barcode_height: u8,
    barcode_width: u8,
    barcode_hri: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            style: Style::default(),
            line_spacing: DEFAULT_LINE_SPACING,
            left_margin: 0,
            area_width: PRINTABLE_DOTS,
            tab_stops: (1..).map(|n| n * DEFAULT_TAB_COLUMNS).take(32).collect(),
            barcode_height: 162,
            barcode_width: 3,
            barcode_hri: 0,
        }
    }
}

pub struct Typesetter {
    glyphs: Glyphs,
    settings: Settings,
    line: Line,
    qr_module: u8,
    qr_level: u8,
    qr_data: Vec<u8>,
    graphics: Option<Bitmap>,
    paper: Paper,
}

/// One piece of paper, from cut to cut.
#[derive(Default)]
pub struct Paper {
    pub canvas: Canvas,
    pub lines: Vec<String>,
}

/// What a command did to the paper.
#[derive(Default)]
pub struct Printed {
    pub fed_dots: usize,
    pub lines: Vec<String>,
}

impl Typesetter {
    pub fn new(glyphs: Glyphs) -> Self {
        Self {
            glyphs,
            settings: Settings::default(),
            line: Line::default(),
            qr_module: 3,
            qr_level: 48,
            qr_data: Vec::new(),
            graphics: None,
            paper: Paper::default(),
        }
    }

    pub fn chinese_mode(&self) -> bool {
        self.settings.style.chinese_mode
    }

    /// Whether the command moves paper, so that it must wait for paper.
    pub fn needs_paper(&self, command: &Command) -> bool {
        match command {
            Command::Text(_) => self.is_full_for(false),
            Command::Chinese(_) => self.is_full_for(true),
            Command::LineFeed
            | Command::FeedLines(_)
            | Command::FeedDots(_)
            | Command::Cut { .. }
            | Command::Raster { .. }
            | Command::PrintGraphics
            | Command::NvPrint { .. }
            | Command::QrPrint
            | Command::Code128(_) => true,
            _ => false,
        }
    }

    pub fn execute(&mut self, command: Command) -> Printed {
        let (height, lines) = (self.paper.canvas.height(), self.paper.lines.len());
        match command {
            Command::Text(byte) => {
                let character = match self.chinese_mode() {
                    true if byte >= 0x80 => '?',
                    _ => codepage::single(byte, self.settings.style.code_page),
                };
                self.put(character, false);
            }
            Command::Chinese(pair) => self.put(codepage::chinese(pair), true),
            Command::LineFeed => self.print_line(self.settings.line_spacing),
            Command::FeedLines(lines) => {
                self.print_line(usize::from(lines) * self.settings.line_spacing);
            }
            Command::FeedDots(dots) => self.print_line(usize::from(dots)),
            Command::Cut { feed, .. } => {
                self.flush();
                self.paper.canvas.feed(usize::from(feed));
            }
            Command::Initialize => {
                self.settings = Settings::default();
                self.line = Line::default();
            }
            Command::Tab => self.tab(),
            Command::BitImage { mode, columns, data } => self.bit_image(mode, usize::from(columns), &data),
            Command::Raster { .. }
            | Command::StoreGraphics { .. }
            | Command::PrintGraphics
            | Command::QrModule(_)
            | Command::QrLevel(_)
            | Command::QrStore(_)
            | Command::QrPrint
            | Command::Code128(_) => self.symbol_or_picture(command),
            setting => self.set(setting),
        }
        Printed { fed_dots: self.paper.canvas.height() - height, lines: self.paper.lines[lines..].to_vec() }
    }

    /// The paper so far, if any has come out; begins a new one.
    pub fn take_paper(&mut self) -> Option<Paper> {
        let paper = std::mem::take(&mut self.paper);
        (paper.canvas.height() > 0).then_some(paper)
    }

    /// What `PrintGraphics` prints next.
    pub fn take_graphics(&mut self, picture: Bitmap) {
        self.graphics = Some(picture);
    }

    /// Forgets what is not printed yet.
    pub fn clear_print_buffer(&mut self) {
        self.line = Line::default();
    }

    fn set(&mut self, command: Command) {
        let settings = &mut self.settings;
        let style = &mut settings.style;
        match command {
            Command::PrintMode(n) => style.set_print_mode(n),
            Command::ChinesePrintMode(n) => style.set_chinese_print_mode(n),
            Command::Bold(on) => style.bold = on,
            Command::Underline(n) => style.plain.underline_dots = usize::from(n % 48).min(2),
            Command::ChineseUnderline(n) => style.chinese.underline_dots = usize::from(n % 48).min(2),
            Command::Align(n) => {
                style.align = match n % 48 {
                    1 => Align::Centre,
                    2 => Align::Right,
                    _ => Align::Left,
                }
            }
            Command::FontB(on) => style.font_b = on,
            Command::Size(n) => style.set_size(n),
            Command::ChineseQuadruple(on) => style.chinese.set_double(on, on),
            Command::Reverse(on) => style.reverse = on,
            Command::RightSpacing(dots) => style.right_spacing = usize::from(dots),
            Command::CodePage(page) => style.code_page = page,
            Command::ChineseMode(on) => style.chinese_mode = on,
            Command::LineSpacing(dots) => settings.line_spacing = usize::from(dots),
            Command::DefaultLineSpacing => settings.line_spacing = DEFAULT_LINE_SPACING,
            Command::TabStops(stops) => {
                settings.tab_stops = stops.into_iter().map(usize::from).collect();
            }
            Command::AbsolutePosition(dots) => self.line.cursor = usize::from(dots),
            Command::LeftMargin(dots) => settings.left_margin = usize::from(dots).min(PRINTABLE_DOTS),
            Command::AreaWidth(dots) => settings.area_width = usize::from(dots),
            Command::BarcodeHeight(dots) => settings.barcode_height = dots,
            Command::BarcodeWidth(dots) => settings.barcode_width = dots,
            Command::BarcodeHri(n) => settings.barcode_hri = n % 48,
            _ => {}
        }
    }

    fn width(&self) -> usize {
        self.settings.area_width.min(PRINTABLE_DOTS - self.settings.left_margin)
    }

    fn is_full_for(&self, chinese: bool) -> bool {
        self.line.cursor > 0 && self.line.cursor + self.settings.style.advance(chinese) > self.width()
    }

    fn put(&mut self, character: char, chinese: bool) {
        if self.is_full_for(chinese) {
            self.print_line(self.settings.line_spacing);
        }
        let drawn = self.settings.style.draw(&mut self.glyphs, character, chinese);
        self.line.items.push((self.line.cursor, drawn));
        self.line.cursor += self.settings.style.advance(chinese);
        self.line.text.push(character);
    }

    fn tab(&mut self) {
        let column = self.settings.style.cell(false).width;
        let stop = self.settings.tab_stops.iter().map(|stop| stop * column).find(|at| *at > self.line.cursor);
        if let Some(at) = stop.filter(|at| *at < self.width()) {
            let spaces = (at - self.line.cursor).div_ceil(column);
            self.line.text.extend(std::iter::repeat_n(' ', spaces));
            self.line.cursor = at;
        }
    }

    /// Prints the line and moves on by `spacing`, or by the height of the line if that is more.
    fn print_line(&mut self, spacing: usize) {
        let line = std::mem::take(&mut self.line);
        let tallest = line.items.iter().map(|(_, item)| item.height).max().unwrap_or(0);
        let width = line.items.iter().map(|(x, item)| x + item.width).max().unwrap_or(0);
        let (left, top) = (self.left_of(width), self.paper.canvas.height());
        self.paper.canvas.feed(spacing.max(tallest));
        for (x, item) in &line.items {
            self.paper.canvas.burn(item, left + x, top + tallest - item.height);
        }
        self.paper.lines.push(line.text.trim_end().to_owned());
    }

    /// Symbols, pictures and the knife come after what stands in the line.
    fn flush(&mut self) {
        if !self.line.items.is_empty() {
            self.print_line(self.settings.line_spacing);
        }
    }

    fn left_of(&self, width: usize) -> usize {
        let free = self.width().saturating_sub(width);
        self.settings.left_margin
            + match self.settings.style.align {
                Align::Left => 0,
                Align::Centre => free / 2,
                Align::Right => free,
            }
    }

    fn print_picture(&mut self, picture: &Bitmap, caption: String) {
        self.flush();
        let (left, top) = (self.left_of(picture.width), self.paper.canvas.height());
        self.paper.canvas.feed(picture.height);
        self.paper.canvas.burn(picture, left, top);
        self.paper.lines.push(caption);
    }

    fn symbol_or_picture(&mut self, command: Command) {
        match command {
            Command::QrModule(dots) => self.qr_module = dots,
            Command::QrLevel(level) => self.qr_level = level,
            Command::QrStore(data) => self.qr_data = data,
            Command::QrPrint => {
                if let Some(symbol) = symbols::qr(&self.qr_data, self.qr_level, self.qr_module) {
                    let caption = format!("[QR {}]", String::from_utf8_lossy(&self.qr_data));
                    self.print_picture(&symbol, caption);
                }
            }
            Command::Code128(data) => self.print_code128(&data),
            Command::Raster { mode, row_bytes, rows, data } => {
                let (row_bytes, rows) = (usize::from(row_bytes), usize::from(rows));
                let picture = Bitmap::from_rows(row_bytes, row_bytes * 8, rows, &data)
                    .enlarged(1 + usize::from(mode & 1), 1 + usize::from(mode >> 1 & 1));
                self.print_picture(&picture, picture_caption(&picture));
            }
            Command::StoreGraphics { scale_x, scale_y, width, height, data } => {
                let (width, height) = (usize::from(width), usize::from(height));
                let picture = Bitmap::from_rows(width.div_ceil(8), width, height, &data);
                let scale = |n: u8| usize::from(n.clamp(1, 2));
                self.graphics = Some(picture.enlarged(scale(scale_x), scale(scale_y)));
            }
            Command::PrintGraphics => {
                if let Some(picture) = self.graphics.take() {
                    self.print_picture(&picture, picture_caption(&picture));
                }
            }
            _ => {}
        }
    }

    fn print_code128(&mut self, data: &[u8]) {
        let Some(bars) = symbols::code128(data, self.settings.barcode_width, self.settings.barcode_height)
        else {
            return;
        };
        let text = symbols::code128_text(data);
        let hri = self.settings.barcode_hri;
        if hri & 1 != 0 {
            self.print_hri(&text);
        }
        self.print_picture(&bars, format!("[CODE128 {text}]"));
        if hri & 2 != 0 {
            self.print_hri(&text);
        }
    }

    /// The human readable line of a bar code, in font A whatever the style.
    fn print_hri(&mut self, text: &str) {
        self.flush();
        for (at, character) in text.chars().enumerate() {
            let glyph = self.glyphs.get(character, FONT_A).clone();
            self.line.items.push((at * FONT_A.width, glyph));
        }
        text.clone_into(&mut self.line.text);
        self.print_line(FONT_A.height);
    }

    /// ESC *: stands in the line like a character.
    fn bit_image(&mut self, mode: u8, columns: usize, data: &[u8]) {
        let column_bytes = data.len() / columns.max(1);
        let image = Bitmap::from_fn(columns, column_bytes * 8, |x, y| {
            data[x * column_bytes + y / 8] & (0x80 >> (y % 8)) != 0
        });
        // Single density (0, 32) is twice as wide, 8-dot images (0, 1) are three times as high.
        let wide = if mode & 1 == 0 { 2 } else { 1 };
        let image = image.enlarged(wide, if mode < 32 { 3 } else { 1 });
        let width = image.width;
        self.line.items.push((self.line.cursor, image));
        self.line.cursor += width;
    }
}

fn picture_caption(picture: &Bitmap) -> String {
    format!("[picture {}x{}]", picture.width, picture.height)
}
