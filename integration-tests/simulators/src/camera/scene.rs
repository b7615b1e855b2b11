//! What the camera sees: somebody behind a counter with goods on it and, perhaps, a phone held into the picture.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::counter;

/// Of a picture 640 wide; never narrower than a QR needs.
const PHONE_WIDTH: usize = 300;
const PHONE_MIN_WIDTH: usize = 260;
const BEZEL: usize = 8;
/// ISO/IEC 18004 quiet zone, modules on each side.
const QUIET_MODULES: usize = 4;
const WHITE: u8 = 235;
const BLACK: u8 = 16;
const NEUTRAL: u8 = 128;
/// Amplitude of the sensor noise in luma steps.
const NOISE: u32 = 5;

#[derive(Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

/// The counter top, drawn once, with the frame being filmed.
pub struct Counter {
    width: usize,
    height: usize,
    still: Vec<u8>,
    frame: Vec<u8>,
}

impl Counter {
    pub fn new(width: usize, height: usize) -> Self {
        let mut still = vec![NEUTRAL; width * height * 3 / 2];
        for y in 0..height {
            for x in 0..width {
                // Light falls in from the top left; a plank is a sixth of the height.
                let joint = if y % (height / 6).max(1) < 2 { 18 } else { 0 };
                still[y * width + x] = (168 - y * 60 / height - x * 30 / width - joint) as u8;
            }
        }
        let mut counter = Self { width, height, frame: Vec::new(), still };
        let whole = Area { left: 0, top: 0, width, height };
        counter.tint(whole, 112, 146);
        let at = |x: usize, y: usize, w: usize, h: usize| Area {
            left: width * x / 640,
            top: height * y / 480,
            width: width * w / 640,
            height: height * h / 480,
        };
        // Somebody: shoulders, neck, hair, face, eyes, mouth.
        counter.oval(at(392, 186, 236, 220), 84, 146, 112);
        counter.paint(at(492, 160, 40, 40), 150, 112, 148);
        counter.oval(at(448, 14, 128, 130), 44, 124, 132);
        counter.oval(at(456, 34, 112, 148), 172, 112, 150);
        for eye in [at(486, 92, 14, 12), at(524, 92, 14, 12)] {
            counter.oval(eye, 30, NEUTRAL, NEUTRAL);
        }
        counter.oval(at(494, 142, 36, 10), 110, 116, 166);
        // A box of tea, a bottle with its cap, a tin.
        counter.paint(at(40, 250, 110, 150), 96, 100, 180);
        counter.paint(at(52, 290, 86, 40), 200, 118, 140);
        counter.paint(at(180, 210, 50, 200), 120, 150, 90);
        counter.paint(at(194, 180, 22, 30), 60, NEUTRAL, NEUTRAL);
        counter.paint(at(256, 320, 60, 80), 180, 134, 122);
        counter
    }

    /// The I420 picture number `seq`.
    pub fn film(&mut self, seq: u32, paper: Option<&Paper>, phone: Option<&Phone>) -> &[u8] {
        self.frame.clone_from(&self.still);
        if let Some(paper) = paper {
            paper.draw(&mut self.frame, self.width, self.height);
        }
        let luma = &mut self.frame[..self.width * self.height];
        add_noise(luma, seq);
        if let Some(phone) = phone {
            phone.draw(&mut self.frame, self.width, self.height);
        }
        counter::burn(&mut self.frame[..self.width * self.height], self.width, seq);
        &self.frame
    }

    fn paint(&mut self, area: Area, y: u8, u: u8, v: u8) {
        fill(&mut self.still, self.width, area, y);
        self.tint(area, u, v);
    }

    /// An ellipse that fills the area, in pairs of rows as the chroma planes have them.
    fn oval(&mut self, area: Area, y: u8, u: u8, v: u8) {
        let (half_width, half_height) = (area.width as f64 / 2.0, area.height as f64 / 2.0);
        for top in (0..area.height).step_by(2) {
            let up = (top as f64 + 1.0 - half_height) / half_height;
            let reach = (half_width * (1.0 - up * up).max(0.0).sqrt()) as usize;
            let left = (area.left + area.width / 2).saturating_sub(reach) / 2 * 2;
            let height = 2.min(area.height - top);
            self.paint(Area { left, top: area.top + top, width: 2 * reach, height }, y, u, v);
        }
    }

    fn tint(&mut self, area: Area, u: u8, v: u8) {
        tint(&mut self.still, self.width, self.height, area, u, v);
    }
}

fn add_noise(luma: &mut [u8], seq: u32) {
    // xorshift32, one step for four pixels.
    let mut random = seq.wrapping_mul(0x9e37_79b9) | 1;
    for four in luma.chunks_mut(4) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        for (at, pixel) in four.iter_mut().enumerate() {
            *pixel = pixel.saturating_add((random >> (at * 8) & 0xff) as u8 % NOISE as u8);
        }
    }
}

fn fill(frame: &mut [u8], width: usize, area: Area, y: u8) {
    for row in frame.chunks_mut(width).skip(area.top).take(area.height) {
        row[area.left..area.left + area.width].fill(y);
    }
}

fn tint(frame: &mut [u8], width: usize, height: usize, area: Area, u: u8, v: u8) {
    let (luma, half) = (width * height, width / 2);
    let (_, chroma) = frame.split_at_mut(luma);
    let (plane_u, plane_v) = chroma.split_at_mut(half * (height / 2));
    for (plane, value) in [(plane_u, u), (plane_v, v)] {
        for row in plane.chunks_mut(half).skip(area.top / 2).take(area.height / 2) {
            row[area.left / 2..(area.left + area.width) / 2].fill(value);
        }
    }
}

/// A phone whose screen shows a picture.
pub struct Phone {
    body: Area,
    /// The picture as it lies on the screen.
    shown: Grey,
    left: usize,
    top: usize,
}

impl Phone {
    pub fn showing(png: &Path, width: usize, height: usize) -> anyhow::Result<Self> {
        let picture = Grey::load(png)?;
        let body_width = (width * PHONE_WIDTH / 640).max(PHONE_MIN_WIDTH).min(width);
        let body_height = (body_width * 4 / 3).min(height * 9 / 10);
        let body = Area {
            // Centre-right, and even for the chroma planes.
            left: (width - body_width) * 15 / 32 * 2,
            top: (height - body_height) / 3 * 2,
            width: body_width,
            height: body_height,
        };
        let shown = picture.fitted(body_width.min(body_height) - 2 * BEZEL);
        let left = body.left + (body.width - shown.width) / 2;
        let top = body.top + (body.height - shown.height) / 2;
        Ok(Self { body, shown, left, top })
    }

    fn draw(&self, frame: &mut [u8], width: usize, height: usize) {
        let body = self.body;
        fill(frame, width, body, 28);
        tint(frame, width, height, body, NEUTRAL, NEUTRAL);
        let screen = Area {
            left: body.left + BEZEL,
            top: body.top + BEZEL,
            width: body.width - 2 * BEZEL,
            height: body.height - 2 * BEZEL,
        };
        fill(frame, width, screen, WHITE);
        for (row, line) in self.shown.luma.chunks(self.shown.width).enumerate() {
            let at = (self.top + row) * width + self.left;
            frame[at..at + self.shown.width].copy_from_slice(line);
        }
    }
}

/// The foot of a receipt, with its code, as it lies before the camera.
pub struct Paper {
    shown: Grey,
    left: usize,
    top: usize,
}

/// Of a picture 640 by 480: below the frame counter, above what a recorder may write at the bottom.
const PAPER_LEFT: usize = 60;
const PAPER_TOP: usize = 80;
const PAPER_HEIGHT: usize = 330;
/// The end of the paper hangs over the edge of the counter, so that the code above it is in the picture.
const PAPER_END_DOTS: usize = 150;
/// Pixels for four dots of the printer: a code of four dots a module is read at three pixels a module.
const PIXELS_FOR_FOUR_DOTS: usize = 3;

impl Paper {
    pub fn lying(png: &Path, width: usize, height: usize) -> anyhow::Result<Self> {
        let picture = Grey::load(png)?;
        let pixels = |dots: usize| dots * PIXELS_FOR_FOUR_DOTS * width / 640 / 4;
        let room = PAPER_HEIGHT * height / 480;
        let end = picture.height.saturating_sub(PAPER_END_DOTS).max(1);
        let dots = end.min(room * 4 * 640 / PIXELS_FOR_FOUR_DOTS / width.max(1));
        let foot = Area { left: 0, top: end - dots, width: picture.width, height: dots };
        let (left, top) = (PAPER_LEFT * width / 640 / 2 * 2, PAPER_TOP * height / 480 / 2 * 2);
        let shown =
            picture.scaled(foot, pixels(picture.width).min(width - left), pixels(dots).min(height - top));
        Ok(Self { shown, left, top })
    }

    fn draw(&self, frame: &mut [u8], width: usize, height: usize) {
        let (paper_width, paper_height) = (self.shown.width / 2 * 2, self.shown.height / 2 * 2);
        let body = Area { left: self.left, top: self.top, width: paper_width, height: paper_height };
        tint(frame, width, height, body, NEUTRAL, NEUTRAL);
        for (row, line) in self.shown.luma.chunks(self.shown.width).enumerate() {
            let at = (self.top + row) * width + self.left;
            frame[at..at + self.shown.width].copy_from_slice(line);
        }
    }
}

/// A grey picture.
struct Grey {
    width: usize,
    height: usize,
    luma: Vec<u8>,
}

impl Grey {
    fn load(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("picture {}", path.display()))?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().context("picture is too large")?];
        let info = reader.next_frame(&mut bytes)?;
        let samples = info.color_type.samples();
        // The first sample is grey or red: enough to tell dark from light.
        let luma: Vec<u8> = bytes[..info.buffer_size()]
            .chunks(samples)
            .map(|pixel| (u32::from(pixel[0]) * u32::from(WHITE - BLACK) / 255) as u8 + BLACK)
            .collect();
        let (width, height) = (info.width as usize, info.height as usize);
        if width < 21 || height < 21 {
            bail!("picture {} is too small for a QR", path.display());
        }
        Ok(Self { width, height, luma })
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        self.luma[y * self.width + x] < NEUTRAL
    }

    /// Nearest-neighbour to fit a square of `room`. A QR gets whole pixels a module and its quiet zone.
    fn fitted(&self, room: usize) -> Self {
        if let Some((symbol, modules)) = self.symbol() {
            let pixels = room / (modules + 2 * QUIET_MODULES);
            if pixels >= 2 {
                return self.scaled(symbol, modules * pixels, modules * pixels);
            }
        }
        let whole = Area { left: 0, top: 0, width: self.width, height: self.height };
        let longest = self.width.max(self.height);
        self.scaled(whole, self.width * room / longest, self.height * room / longest)
    }

    /// Where the QR is and how many modules it has: its top left finder begins with seven dark ones.
    fn symbol(&self) -> Option<(Area, usize)> {
        let dark_row = |y: &usize| (0..self.width).any(|x| self.is_dark(x, *y));
        let dark_column = |x: &usize| (0..self.height).any(|y| self.is_dark(*x, y));
        let (top, bottom) = ((0..self.height).find(dark_row)?, (0..self.height).rev().find(dark_row)?);
        let (left, right) = ((0..self.width).find(dark_column)?, (0..self.width).rev().find(dark_column)?);
        let (width, height) = (right + 1 - left, bottom + 1 - top);
        let finder = (left..=right).take_while(|x| self.is_dark(*x, top)).count();
        let modules = (width * 7 + finder / 2).checked_div(finder)?;
        let is_qr = width.abs_diff(height) <= 1 && modules >= 21 && modules % 4 == 1;
        is_qr.then_some((Area { left, top, width, height }, modules))
    }

    fn scaled(&self, from: Area, width: usize, height: usize) -> Self {
        let luma = (0..width * height)
            .map(|at| {
                // The middle of the pixel: at a whole factor that is the middle of a module.
                let x = from.left + ((at % width) * 2 + 1) * from.width / (2 * width);
                let y = from.top + ((at / width) * 2 + 1) * from.height / (2 * height);
                self.luma[y * self.width + x]
            })
            .collect();
        Self { width, height, luma }
    }
}
