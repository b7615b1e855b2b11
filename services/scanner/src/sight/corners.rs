//! Which three finder patterns could be the corners of one code. Looser than a detector that must decide at once: what does
//! not fit costs one look, not a false code.

use super::qr::Corner;

/// Corners that are combined, the largest first.
const CORNERS_MAX: usize = 12;
/// Cosine of the angle at the middle corner: 35 to 145 degrees.
const COSINE_MAX: f32 = 0.82;

/// Triples in the order bottom left, top left, top right, most plausible first.
pub fn triples(corners: &[Corner]) -> Vec<[Corner; 3]> {
    let corners = largest(corners);
    let mut triples = Vec::new();
    for (at, a) in corners.iter().enumerate() {
        for (next, b) in corners.iter().enumerate().skip(at + 1) {
            for c in &corners[next + 1..] {
                triples.extend(orders(*a, *b, *c));
            }
        }
    }
    sorted(triples)
}

/// Triples of two corners and one that is only perhaps one.
pub fn completed(corners: &[Corner], weak: &[Corner]) -> Vec<[Corner; 3]> {
    let corners = largest(corners);
    let mut triples = Vec::new();
    for (at, a) in corners.iter().enumerate() {
        for b in &corners[at + 1..] {
            for c in weak.iter().take(CORNERS_MAX) {
                triples.extend(orders(*a, *b, *c));
            }
        }
    }
    sorted(triples)
}

fn largest(corners: &[Corner]) -> Vec<Corner> {
    let mut corners = corners.to_vec();
    corners.sort_by(|a, b| b.size.total_cmp(&a.size));
    corners.truncate(CORNERS_MAX);
    corners
}

/// Each of the three may be the one in the middle.
fn orders(a: Corner, b: Corner, c: Corner) -> impl Iterator<Item = (f32, [Corner; 3])> {
    [[b, a, c], [a, b, c], [a, c, b]].into_iter().filter_map(scored)
}

fn sorted(mut triples: Vec<(f32, [Corner; 3])>) -> Vec<[Corner; 3]> {
    triples.sort_by(|a, b| a.0.total_cmp(&b.0));
    triples.into_iter().map(|(_, triple)| triple).collect()
}

/// Less is more plausible; `None` is no code.
fn scored([first, origin, second]: [Corner; 3]) -> Option<(f32, [Corner; 3])> {
    let sizes = [first.size, origin.size, second.size];
    let (least, most) =
        (sizes.iter().copied().fold(f32::MAX, f32::min), sizes.iter().copied().fold(0.0, f32::max));
    if most > 2.0 * least {
        return None;
    }
    let (ax, ay) = (first.x - origin.x, first.y - origin.y);
    let (bx, by) = (second.x - origin.x, second.y - origin.y);
    let (a, b) = (ax.hypot(ay), bx.hypot(by));
    let (shorter, longer) = (a.min(b), a.max(b));
    if shorter < 1.2 * least || longer > 3.0 * shorter {
        return None;
    }
    let cosine = (ax * bx + ay * by) / (a * b);
    let modules = longer / ((sizes.iter().sum::<f32>()) / 21.0) + 7.0;
    if cosine.abs() > COSINE_MAX || !(18.0..190.0).contains(&modules) {
        return None;
    }
    // The origin's sides turn clockwise in the picture from the second to the first.
    let triple = if bx * ay - by * ax > 0.0 { [first, origin, second] } else { [second, origin, first] };
    let score = cosine.abs() + (longer / shorter - 1.0) + (most / least - 1.0) + modules / 400.0;
    Some((score, triple))
}
