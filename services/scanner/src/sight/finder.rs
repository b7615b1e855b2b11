//! Finder patterns: the three squares at the corners of a QR code, dark and light in the ratio 1:1:3:1:1 along any line
//! through their middle (ISO/IEC 18004 section 6.3.3). Rows are searched as runs; what looks like one is looked at in four
//! directions by rxing.

use rxing::Point;
use rxing::common::BitMatrix;
use rxing::common::cpp_essentials::{ConcentricPattern, LocateConcentricPattern};

/// Patterns kept of a picture: noise has thousands.
const PATTERNS_MAX: usize = 400;
/// Rows that are searched. The middle of a finder pattern, three modules high, should be met more than once: a single row may
/// be spoilt.
const ROWS_MAX: usize = 240;
const STEP_MIN: usize = 2;
/// Pixels whose runs are kept.
const WORD: usize = usize::BITS as usize;

pub fn patterns(matrix: &BitMatrix) -> Vec<ConcentricPattern> {
    let height = matrix.height() as usize;
    let step = (height / ROWS_MAX).max(STEP_MIN);
    let mut found: Vec<ConcentricPattern> = Vec::new();
    let mut edges = Vec::with_capacity(matrix.width() as usize);
    for y in (step - 1..height).step_by(step) {
        edges_of_row(matrix, y, &mut edges);
        // Edges alternate from light to dark and back, beginning with light.
        for six in edges.windows(6).step_by(2) {
            let Some(middle) = middle(six) else { continue };
            let at = Point { x: middle, y: y as f32 + 0.5 };
            let inside = |known: &ConcentricPattern| {
                (known.p.x - at.x).hypot(known.p.y - at.y) < known.size as f32 / 2.0
            };
            if found.iter().any(inside) {
                continue;
            }
            // Three times as high as wide: steep views.
            let reach = 3 * (six[5] - six[0]) as i32;
            found.extend(LocateConcentricPattern::<true, 5, 7>(matrix, &[1, 1, 3, 1, 1], at, reach));
            if found.len() == PATTERNS_MAX {
                return found;
            }
        }
    }
    found
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
