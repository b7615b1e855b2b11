//! One picture, looked at in growing effort: small and clear codes first, then what was found but not read, then one way of
//! clearing the picture up. Pure: the clock is the caller's.

use rxing::common::BitMatrix;

use super::binary::{by_block, by_local_mean};
use super::corners;
use super::filter::{deconvolved, sharpened};
use super::grid;
use super::plane::Plane;
use super::qr::{self, Content, Corner};
use crate::domain::symbol::Symbology;

/// More pixels are scaled down first.
const PIXELS_MAX: usize = 2_000_000;
/// Codes told of one picture.
pub const CODES_MAX: usize = 8;
/// A side with fewer pixels shows no code at a quarter of the size.
const QUARTER_SIDE_MIN: usize = 240;
/// Triples of corners that are fitted at a time.
const FITS_MAX: usize = 4;
/// The same for those with a corner that is none perhaps.
const FITS_COMPLETED_MAX: usize = 2;
/// Triples that are fitted in all.
const TRIED_MAX: usize = 10;
/// More pixels are deconvolved in a smaller size: it takes some 80 ns a pixel.
const DECONVOLVED_PX_MAX: usize = 80_000;
/// Corners kept of a picture.
const CORNERS_MAX: usize = 64;
/// A module this wide is read best: smaller ones blur into one another, larger ones cost time.
const MODULE_PX_MIN: f32 = 2.2;

/// What read a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// rxing on a picture in black and white.
    Rxing,
    /// Modules judged in grey.
    Grid,
    /// rqrr.
    Rqrr,
    /// rxing's readers of linear codes.
    Linear,
}

/// A way of clearing a picture up that did not read as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Corners in a quarter of the size, against the mean around them and sharpened: grain and blur are gone there.
    Quarter,
    Sharpened,
    LocalMean,
    Inverted,
    Deconvolved,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Rxing => "rxing",
            Self::Grid => "grid",
            Self::Rqrr => "rqrr",
            Self::Linear => "linear",
        }
    }
}

impl Fallback {
    pub const ALL: [Self; 5] =
        [Self::Quarter, Self::Sharpened, Self::LocalMean, Self::Inverted, Self::Deconvolved];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub content: Vec<u8>,
    pub symbology: Symbology,
    pub engine: Engine,
}

impl Sighting {
    fn new(content: Content, engine: Engine) -> Self {
        Self { content: content.bytes, symbology: content.symbology, engine }
    }
}

/// At most two million pixels.
pub fn bounded<'a>(plane: &Plane<'a>) -> Plane<'a> {
    let mut plane = plane.clone();
    while plane.pixels() > PIXELS_MAX {
        plane = plane.halved();
    }
    plane
}

/// QR codes of a picture. Stops with the first way that reads any, or when `spent` says that the time is over.
pub fn look(plane: &Plane<'_>, fallbacks: &[Fallback], spent: &dyn Fn() -> bool) -> Vec<Sighting> {
    let plane = &bounded(plane);
    let mut picture = Picture::new(plane);
    for at in 0..picture.levels.len() {
        let matrix = by_block(&picture.levels[at].plane);
        let read = picture.read(matrix.as_ref(), at);
        if !read.is_empty() || spent() {
            return read;
        }
    }
    let read = picture.fit(spent);
    if !read.is_empty() {
        return read;
    }
    for fallback in fallbacks {
        if spent() {
            break;
        }
        let read = picture.clear_up(*fallback, spent);
        if !read.is_empty() {
            return read;
        }
    }
    Vec::new()
}

/// One size of the picture.
struct Level<'a> {
    plane: Plane<'a>,
    /// Pixels of the picture for one of this level.
    scale: f32,
}

struct Picture<'a> {
    /// From the smallest to the whole.
    levels: Vec<Level<'a>>,
    /// Corners seen on any level that belong to no code that was read, in pixels of the picture.
    corners: Vec<Corner>,
    /// What could be corners too.
    weak: Vec<Corner>,
    /// Triples of them that were fitted in vain.
    tried: Vec<[Corner; 3]>,
}

impl<'a> Picture<'a> {
    fn new(plane: &Plane<'a>) -> Self {
        let half = plane.halved();
        let mut levels = Vec::with_capacity(3);
        if plane.width.min(plane.height) >= QUARTER_SIDE_MIN {
            levels.push(Level { plane: half.halved(), scale: 4.0 });
        }
        levels.push(Level { plane: half, scale: 2.0 });
        levels.push(Level { plane: plane.clone(), scale: 1.0 });
        Self { levels, corners: Vec::new(), weak: Vec::new(), tried: Vec::new() }
    }

    /// What a level says in black and white; corners without a code are kept.
    fn read(&mut self, matrix: Option<&BitMatrix>, level: usize) -> Vec<Sighting> {
        let Some(matrix) = matrix else { return Vec::new() };
        let scale = self.levels[level].scale;
        let found = qr::read(matrix, CODES_MAX);
        let scaled =
            |corner: Corner| Corner { x: corner.x * scale, y: corner.y * scale, size: corner.size * scale };
        found.corners.into_iter().for_each(|corner| keep(&mut self.corners, scaled(corner)));
        found.weak.into_iter().for_each(|corner| keep(&mut self.weak, scaled(corner)));
        found.contents.into_iter().map(|content| Sighting::new(content, Engine::Rxing)).collect()
    }

    /// Reads in grey what has three corners, or two and perhaps a third.
    fn fit(&mut self, spent: &dyn Fn() -> bool) -> Vec<Sighting> {
        let read = self.fit_each(corners::triples(&self.corners), FITS_MAX, spent);
        if !read.is_empty() {
            return read;
        }
        self.fit_each(corners::completed(&self.corners, &self.weak), FITS_COMPLETED_MAX, spent)
    }

    fn fit_each(
        &mut self,
        triples: Vec<[Corner; 3]>,
        most: usize,
        spent: &dyn Fn() -> bool,
    ) -> Vec<Sighting> {
        let mut fits = 0;
        for triple in triples {
            if fits == most || self.tried.len() == TRIED_MAX || spent() {
                break;
            }
            if self.tried.iter().any(|tried| alike(tried, &triple)) {
                continue;
            }
            fits += 1;
            self.tried.push(triple);
            let module = triple.iter().map(|corner| corner.size).sum::<f32>() / 21.0;
            let fine = |level: &&Level<'_>| module / level.scale >= MODULE_PX_MIN;
            let level = self.levels.iter().find(fine).unwrap_or(&self.levels[self.levels.len() - 1]);
            let scaled = triple.map(|corner| Corner {
                x: corner.x / level.scale,
                y: corner.y / level.scale,
                size: corner.size / level.scale,
            });
            if let Some(content) = grid::read(&level.plane, scaled) {
                return vec![Sighting::new(content, Engine::Grid)];
            }
        }
        Vec::new()
    }

    fn clear_up(&mut self, fallback: Fallback, spent: &dyn Fn() -> bool) -> Vec<Sighting> {
        let half = self.levels.len() - 2;
        let plane = &self.levels[half].plane;
        let read = match fallback {
            Fallback::Quarter => {
                let quarter = &self.levels[0].plane;
                let by_mean = by_local_mean(quarter, 20, 3);
                let by_less = by_local_mean(quarter, 24, 1);
                let sharp = by_block(&sharpened(quarter));
                let ways = [by_mean, by_less, sharp];
                ways.iter()
                    .map(|way| self.read(way.as_ref(), 0))
                    .find(|read| !read.is_empty())
                    .unwrap_or_default()
            }
            Fallback::Sharpened => self.read(by_block(&sharpened(plane)).as_ref(), half),
            Fallback::Inverted => self.read(by_block(&plane.inverted()).as_ref(), half),
            // It costs more than all others: not without a trace of a code.
            Fallback::Deconvolved if self.corners.len() < 2 => Vec::new(),
            Fallback::Deconvolved => {
                let small = |level: &Level<'_>| level.plane.pixels() <= DECONVOLVED_PX_MAX;
                let level = self.levels[..=half].iter().rposition(small).unwrap_or(0);
                self.read(by_block(&deconvolved(&self.levels[level].plane, 2, 8)).as_ref(), level)
            }
            Fallback::LocalMean => self.read(by_local_mean(plane, 30, 3).as_ref(), half),
        };
        if read.is_empty() { self.fit(spent) } else { read }
    }
}

/// The finer levels come later and know better where a corner is.
fn keep(corners: &mut Vec<Corner>, corner: Corner) {
    let same = |known: &Corner| {
        let ratio = known.size / corner.size;
        (known.x - corner.x).hypot(known.y - corner.y) < known.size / 3.0 && (0.7..1.4).contains(&ratio)
    };
    match corners.iter().position(same) {
        Some(known) => corners[known] = corner,
        None if corners.len() < CORNERS_MAX => corners.push(corner),
        None => {}
    }
}

fn alike(one: &[Corner; 3], other: &[Corner; 3]) -> bool {
    one.iter().zip(other).all(|(a, b)| (a.x - b.x).hypot(a.y - b.y) < a.size / 7.0)
}
