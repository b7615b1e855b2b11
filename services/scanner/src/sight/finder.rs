//! Finder patterns: the three squares at the corners of a QR code, dark and light in the ratio 1:1:3:1:1 along any line
//! through their middle (ISO/IEC 18004 section 6.3.3). Rows are searched as runs; what looks like one is looked at in four
//! directions by rxing.

use rxing::Point;
use rxing::common::BitMatrix;
use rxing::common::cpp_essentials::{ConcentricPattern, LocateConcentricPattern};

/// Patterns kept of a picture: noise has thousands.
const PATTERNS_MAX: usize = 400;
/// Weak ones kept.
const WEAK_MAX: usize = 24;
/// Rows that are searched. The middle of a finder pattern, three modules high, should be met more than once: a single row may
/// be spoilt.
const ROWS_MAX: usize = 240;
const STEP_MIN: usize = 2;
/// Pixels whose runs are kept.
const WORD: usize = usize::BITS as usize;

/// What rxing believes, and what only rows and columns say: a corner that is torn or crooked still helps whoever has two others.
pub struct Patterns {
    pub sure: Vec<ConcentricPattern>,
    pub weak: Vec<ConcentricPattern>,
}

pub fn patterns(matrix: &BitMatrix) -> Patterns {
    let height = matrix.height() as usize;
    let step = (height / ROWS_MAX).max(STEP_MIN);
    let mut found = Patterns { sure: Vec::new(), weak: Vec::new() };
    let mut edges = Vec::with_capacity(matrix.width() as usize);
    for y in (step - 1..height).step_by(step) {
        edges_of_row(matrix, y, &mut edges);
        // Edges alternate from light to dark and back, beginning with light.
        for six in edges.windows(6).step_by(2) {
            let Some(middle) = middle(six) else { continue };
            let at = Point { x: middle, y: y as f32 + 0.5 };
            if found.sure.iter().any(|known| is_inside(at, known)) {
                continue;
            }
            // Three times as high as wide: steep views.
            let width = six[5] - six[0];
            match LocateConcentricPattern::<true, 5, 7>(matrix, &[1, 1, 3, 1, 1], at, 3 * width as i32) {
                Some(sure) => found.sure.push(sure),
                None if found.weak.len() < WEAK_MAX => found.weak.extend(crossed(matrix, at, width)),
                None => {}
            }
            if found.sure.len() == PATTERNS_MAX {
                return found;
            }
        }
    }
    found.weak.retain(|weak| !found.sure.iter().any(|sure| is_inside(weak.p, sure)));
    found
}

fn is_inside(at: Point, known: &ConcentricPattern) -> bool {
    (known.p.x - at.x).hypot(known.p.y - at.y) < known.size as f32 / 2.0
}

/// The same ratio up and down through a point as along its row.
fn crossed(matrix: &BitMatrix, at: Point, width: u32) -> Option<ConcentricPattern> {
    let (x, y) = (at.x as u32, at.y as u32);
    let reach = 2 * width;
    // Edges above the point, then below it.
    let mut edges = Vec::with_capacity(6);
    let mut walk = |rows: &mut dyn Iterator<Item = u32>, past: u32| {
        let mut colour = true;
        for row in rows {
            if matrix.get(x, row) != colour {
                edges.push(row + past);
                colour = !colour;
                if edges.len() % 3 == 0 {
                    return;
                }
            }
        }
    };
    walk(&mut (y.saturating_sub(reach)..y).rev(), 1);
    walk(&mut (y..(y + reach).min(matrix.height())), 0);
    let edges: [u32; 6] = edges.try_into().ok()?;
    let [third, second, first, ..] = edges;
    let upright = [first, second, third, edges[3], edges[4], edges[5]];
    let middle = middle(&upright)?;
    let height = upright[5] - upright[0];
    let alike = height <= 2 * width && width <= 2 * height;
    alike.then(|| ConcentricPattern { p: Point { x: at.x, y: middle }, size: ((width + height) / 2) as i32 })
}

/// Where the colour of a row changes.
fn edges_of_row(matrix: &BitMatrix, y: usize, edges: &mut Vec<u32>) {
    edges.clear();
    let row = matrix.getRow(y as u32);
    let mut before = 0;
    for (at, word) in row.getBitArray().iter().enumerate() {
        let mut changes = word ^ (word << 1 | before);
        before = word >> (WORD - 1);
        while changes != 0 {
            edges.push((at * WORD) as u32 + changes.trailing_zeros());
            changes &= changes - 1;
        }
    }
    if edges.len() % 2 == 1 {
        edges.push(matrix.width());
    }
}

/// The middle of the five runs between six edges, if they could be a finder pattern. Dark and light are measured apart: ink
/// runs, and light outshines.
fn middle(edges: &[u32]) -> Option<f32> {
    let run = |at: usize| (edges[at + 1] - edges[at]) as f32;
    let (first, core, last) = (run(0), run(2), run(4));
    if core < 3.0 || core < 2.0 * first.max(last) || core < run(1).max(run(3)) {
        return None;
    }
    let dark = (first + core + last) / 5.0;
    let light = (run(1) + run(3)) / 2.0;
    let fits = dark.max(light) <= 4.0 * dark.min(light)
        && [first, last].iter().all(|run| (run - dark).abs() <= 0.75 * dark + 0.5)
        && (core - 3.0 * dark).abs() <= 0.75 * dark + 0.5
        && [run(1), run(3)].iter().all(|run| (run - light).abs() <= light / 3.0 + 0.5);
    fits.then(|| edges[2] as f32 + core / 2.0)
}
