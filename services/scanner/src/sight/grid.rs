//! Reads a code from the grey picture once its three corners are known: the projection is fitted to what every code of that
//! size must show (finder, timing and alignment patterns, ISO/IEC 18004 section 6.3), and each module is judged against the
//! modules around it. That reads what no threshold over pixels separates: blur, little light, steep views.

use rxing::common::BitMatrix;
use rxing::qrcode::common::Version;

use super::equalise::{self, Field};
use super::plane::Plane;
use super::projective::{Point, Projection};
use super::qr::{self, Content, Corner};

/// Version 40.
const MODULES_MAX: i32 = 177;
/// Versions whose projection is fitted: those that show best before.
const VERSIONS_FITTED: usize = 3;
/// Grey levels between the dark and the light modules of the fixed patterns; less is no code.
const CONTRAST_MIN: f32 = 6.0;

/// Of the fixed modules so many show their colour after the filter that suits them best: 0.95 and more in codes, 0.8 and less in
/// what is none.
const AGREEMENT_MIN: f32 = 0.85;
/// See [`Shape::clarity`]: 0.7 and more in codes, mostly less than 0.4 in what is none.
const CLARITY_MIN: f32 = 0.5;
/// The same before the projection is fitted.
const CLARITY_BEFORE_MIN: f32 = 0.3;
/// A loose filter first, then one that trusts the patterns less.
const RIDGES: [f64; 3] = [4.0, 30.0, 200.0];
/// Printed too fat or too thin, in deviations.
const LEANS: [f32; 2] = [0.25, -0.25];

/// A module whose colour is known beforehand, and what its brightness counts.
struct Known {
    x: f32,
    y: f32,
    weight: f32,
}

/// The fixed patterns of one version.
pub struct Shape {
    modules: i32,
    known: Vec<Known>,
    weight: f32,
}

impl Shape {
    fn new(modules: i32) -> Option<Self> {
        let version = Version::getVersionForNumber(((modules - 17) / 4) as u32).ok()?;
        let mut shape = Self { modules, known: Vec::new(), weight: 0.0 };
        for (left, top) in [(0, 0), (modules - 7, 0), (0, modules - 7)] {
            shape.add_square((left + 3, top + 3), 4, |ring| ring == 4 || ring == 2);
        }
        let places = version.getAlignmentPatternCenters();
        for &x in places {
            for &y in places {
                let (x, y) = (x as i32, y as i32);
                let (low, high) = (|at: i32| at < 9, |at: i32| at > modules - 9);
                let at_a_corner = low(x) && (low(y) || high(y)) || high(x) && low(y);
                if !at_a_corner {
                    shape.add_square((x, y), 2, |ring| ring == 1);
                }
            }
        }
        shape.add_timing();
        Some(shape)
    }

    /// Rings around a centre; `light` tells which.
    fn add_square(&mut self, centre: (i32, i32), reach: i32, light: impl Fn(i32) -> bool) {
        let mut cells = Vec::new();
        for y in -reach..=reach {
            for x in -reach..=reach {
                let (at_x, at_y) = (centre.0 + x, centre.1 + y);
                // The quiet zone may be missing.
                if (0..self.modules).contains(&at_x) && (0..self.modules).contains(&at_y) {
                    cells.push((at_x, at_y, light(x.abs().max(y.abs()))));
                }
            }
        }
        self.add(&cells);
    }

    fn add_timing(&mut self) {
        let cells: Vec<_> =
            (8..self.modules - 8).flat_map(|at| [(at, 6, at % 2 == 1), (6, at, at % 2 == 1)]).collect();
        self.add(&cells);
    }

    /// Light and dark ones of a pattern weigh the same, so that a shadow over a pattern does not count.
    fn add(&mut self, cells: &[(i32, i32, bool)]) {
        let light = cells.iter().filter(|cell| cell.2).count().max(1) as f32;
        let dark = cells.iter().filter(|cell| !cell.2).count().max(1) as f32;
        let weight = cells.len() as f32;
        self.weight += weight;
        self.known.extend(cells.iter().map(|&(x, y, is_light)| Known {
            x: x as f32 + 0.5,
            y: y as f32 + 0.5,
            weight: if is_light { weight / light } else { -weight / dark },
        }));
    }

    /// Column, row, is light.
    fn cells(&self) -> impl Iterator<Item = (usize, usize, bool)> {
        self.known.iter().map(|known| (known.x as usize, known.y as usize, known.weight > 0.0))
    }

    /// The same as a share of what it would be if nothing but the fixed patterns' colours told their modules apart.
    fn clarity(&self, plane: &Plane<'_>, projection: &Projection) -> f32 {
        let (mut sum, mut square, mut contrast) = (0.0, 0.0, 0.0);
        for known in &self.known {
            let light = sample(plane, projection.point(known.x, known.y)).unwrap_or(0.0);
            sum += light;
            square += light * light;
            contrast += known.weight * light;
        }
        let count = self.known.len() as f32;
        let deviation = (square / count - (sum / count).powi(2)).max(1.0).sqrt();
        contrast / self.weight / (2.0 * deviation)
    }

    /// Share of the fixed modules that show their colour.
    fn agreement(&self, light: &[f32]) -> f32 {
        let right = self
            .cells()
            .filter(|(x, y, is_light)| (light[y * self.modules as usize + x] >= 0.0) == *is_light);
        right.count() as f32 / self.known.len() as f32
    }

    /// Grey levels by which light modules are lighter than dark ones under a projection.
    fn contrast(&self, plane: &Plane<'_>, projection: &Projection) -> f32 {
        let sum: f32 = self
            .known
            .iter()
            .map(|known| {
                let at = projection.point(known.x, known.y);
                known.weight * sample(plane, at).unwrap_or(0.0)
            })
            .sum();
        sum / self.weight
    }
}

/// Where the four reference points are in modules: three finder centres, and the last alignment pattern's or, where there is
/// none, the fourth corner of the finders' square.
fn reference(modules: i32) -> [Point; 4] {
    let (near, far) = (3.5, modules as f32 - 3.5);
    let last = if modules > 21 { far - 3.0 } else { far };
    [(near, near), (far, near), (last, last), (near, far)].map(|(x, y)| Point { x, y })
}

/// Brightness between four pixels; `None` outside the picture.
#[inline]
fn sample(plane: &Plane<'_>, at: Point) -> Option<f32> {
    let (x, y) = (at.x - 0.5, at.y - 0.5);
    if !(x >= 0.0 && y >= 0.0) {
        return None;
    }
    let (left, top) = (x as usize, y as usize);
    if left + 1 >= plane.width || top + 1 >= plane.height {
        return None;
    }
    let (across, down) = (x - left as f32, y - top as f32);
    let first = top * plane.width + left;
    let (upper, lower) = (&plane.grey[first..first + 2], &plane.grey[first + plane.width..][..2]);
    let mix = |row: &[u8]| f32::from(row[0]) + across * (f32::from(row[1]) - f32::from(row[0]));
    let (above, below) = (mix(upper), mix(lower));
    Some(above + down * (below - above))
}

/// What the code with these corners (bottom left, top left, top right) says.
pub fn read(plane: &Plane<'_>, corners: [Corner; 3]) -> Option<Content> {
    let [bottom, origin, right] = corners.map(|corner| Point { x: corner.x, y: corner.y });
    let module = corners.iter().map(|corner| corner.size).sum::<f32>() / 21.0;
    let estimate = origin.distance(right).max(origin.distance(bottom)) / module + 7.0;
    let mut starts: Vec<(f32, Shape, [Point; 4])> = versions(estimate)
        .filter_map(Shape::new)
        .filter_map(|shape| {
            let starts = fourth_corners(corners, shape.modules).map(|fourth| [origin, right, fourth, bottom]);
            let judged = starts.map(|points| (judge(plane, &shape, points), points));
            let (contrast, points) = judged.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
            Some((contrast, shape, points))
        })
        .collect();
    starts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let promising = starts.first().is_some_and(|(_, shape, points)| {
        Projection::between(reference(shape.modules), *points)
            .is_some_and(|projection| shape.clarity(plane, &projection) >= CLARITY_BEFORE_MIN)
    });
    if !promising {
        return None;
    }
    let best = starts
        .into_iter()
        .take(VERSIONS_FITTED)
        .map(|(_, shape, points)| {
            let (contrast, points) = fit_fourth(plane, &shape, points, module);
            (contrast, shape, points)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let (contrast, shape, points) = best.filter(|(contrast, ..)| *contrast >= CONTRAST_MIN)?;
    let points = fit_all(plane, &shape, points, module, contrast);
    let projection = Projection::between(reference(shape.modules), points)?;
    if shape.clarity(plane, &projection) < CLARITY_MIN {
        return None;
    }
    let field = brightness(plane, &projection, shape.modules)?;
    let levelled = field.levelled();
    let plain = levelled.inner();
    if let Some(content) = decode(&plain, shape.modules, 0.0) {
        return Some(content);
    }
    for ridge in RIDGES {
        let light = levelled.equalised(shape.cells(), ridge)?;
        if shape.agreement(&light) < AGREEMENT_MIN {
            return None;
        }
        if let Some(content) = decode(&light, shape.modules, 0.0) {
            return Some(content);
        }
    }
    LEANS.iter().find_map(|lean| decode(&plain, shape.modules, *lean))
}

/// Sizes that a code may have whose side looks `estimate` modules long: a steep view shortens sides and finder patterns.
fn versions(estimate: f32) -> impl Iterator<Item = i32> {
    let (least, most) = ((estimate * 0.65) as i32, (estimate * 1.45) as i32 + 4);
    (21..=MODULES_MAX).step_by(4).filter(move |modules| (least..=most).contains(modules))
}

fn judge(plane: &Plane<'_>, shape: &Shape, points: [Point; 4]) -> f32 {
    Projection::between(reference(shape.modules), points)
        .map_or(f32::MIN, |projection| shape.contrast(plane, &projection))
}

/// Guesses of the fourth reference point: as if seen from far, and with the depth that the corners' sizes tell.
fn fourth_corners(corners: [Corner; 3], modules: i32) -> [Point; 2] {
    let [bottom, origin, right] = corners;
    let share = if modules > 21 { (modules - 10) as f32 / (modules - 7) as f32 } else { 1.0 };
    let far = |depths: [f32; 3]| {
        let [b, o, r] = depths;
        // Towards the fourth corner by `share` of both sides.
        let (wb, wo, wr) = (share * b, (1.0 - 2.0 * share) * o, share * r);
        let sum = wb + wo + wr;
        Point {
            x: (wb * bottom.x + wo * origin.x + wr * right.x) / sum,
            y: (wb * bottom.y + wo * origin.y + wr * right.y) / sum,
        }
    };
    [far([1.0; 3]), far([bottom, origin, right].map(|corner| 1.0 / corner.size.max(1.0)))]
}

/// Moves the fourth point to where the fixed patterns show best, in steps from two modules to a quarter.
fn fit_fourth(plane: &Plane<'_>, shape: &Shape, start: [Point; 4], module: f32) -> (f32, [Point; 4]) {
    let mut points = start;
    let mut best = judge(plane, shape, points);
    for step in [2.0, 1.0, 0.5] {
        for _ in 0..3 {
            let centre = points;
            for (x, y) in [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)] {
                let mut tried = centre;
                tried[2].x += x as f32 * step * module;
                tried[2].y += y as f32 * step * module;
                let contrast = judge(plane, shape, tried);
                if contrast > best {
                    (best, points) = (contrast, tried);
                }
            }
            if points == centre {
                break;
            }
        }
    }
    (best, points)
}

/// Moves all four points by fractions of a module.
fn fit_all(plane: &Plane<'_>, shape: &Shape, start: [Point; 4], module: f32, contrast: f32) -> [Point; 4] {
    let mut points = start;
    let mut best = contrast;
    for step in [0.5, 0.25, 0.12] {
        for which in 0..4 {
            for (x, y) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
                let mut tried = points;
                tried[which].x += x * step * module;
                tried[which].y += y * step * module;
                let contrast = judge(plane, shape, tried);
                if contrast > best {
                    (best, points) = (contrast, tried);
                }
            }
        }
    }
    points
}

/// Brightness of every module and of a margin around the code: a module's middle counts twice, four points around it once.
fn brightness(plane: &Plane<'_>, projection: &Projection, modules: i32) -> Option<Field> {
    const AROUND: [(f32, f32); 6] =
        [(0.0, 0.0), (0.0, 0.0), (-0.2, 0.0), (0.2, 0.0), (0.0, -0.2), (0.0, 0.2)];
    let margin = equalise::REACH as i32;
    let side = modules + 2 * margin;
    let mut light = Vec::with_capacity((side * side) as usize);
    for y in -margin..modules + margin {
        for x in -margin..modules + margin {
            let inside = (0..modules).contains(&x) && (0..modules).contains(&y);
            let mut sum = 0.0;
            for (dx, dy) in AROUND {
                match sample(plane, projection.point(x as f32 + 0.5 + dx, y as f32 + 0.5 + dy)) {
                    Some(light) => sum += light,
                    // The picture may end at the code's edge.
                    None if !inside => sum += 255.0,
                    None => return None,
                }
            }
            light.push(sum / AROUND.len() as f32);
        }
    }
    Some(Field::new(side as usize, light))
}

fn decode(light: &[f32], modules: i32, threshold: f32) -> Option<Content> {
    let mut bits = BitMatrix::with_single_dimension(modules as u32).ok()?;
    for (at, light) in light.iter().enumerate() {
        if *light < threshold {
            let at = at as u32;
            bits.set(at % modules as u32, at / modules as u32);
        }
    }
    qr::decode(&bits)
}
