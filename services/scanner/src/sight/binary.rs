//! Grey to black and white. Two rules of thumb that fail on different pictures: a threshold a block, after ZXing's
//! HybridBinarizer (Apache-2.0), and a threshold a pixel, the mean of its surroundings (Bradley and Roth, 2007).

use rxing::common::{BitArray, BitMatrix};

use super::plane::Plane;

const BLOCK: usize = 8;
/// Five by five blocks are averaged for a threshold.
const SIDE_MIN: usize = 5 * BLOCK;
/// A block with less between its lightest and its darkest pixel is all of one colour.
const CONTRAST_MIN: u8 = 24;
const WORD: usize = usize::BITS as usize;

/// True means dark. `None` when the picture is smaller than any code that could be read in it.
pub fn by_block(plane: &Plane<'_>) -> Option<BitMatrix> {
    let (width, height) = (plane.width, plane.height);
    if width < SIDE_MIN || height < SIDE_MIN {
        return None;
    }
    let (across, down) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
    let points = black_points(plane, across, down);
    let thresholds = five_by_five(&points, across, down);
    let mut matrix = BitMatrix::new(width as u32, height as u32).ok()?;
    let mut row = vec![0_u8; across * BLOCK];
    for y in 0..height {
        let block_row = &thresholds[(y / BLOCK) * across..][..across];
        for (cells, threshold) in row.chunks_exact_mut(BLOCK).zip(block_row) {
            cells.fill(*threshold);
        }
        put_row(&mut matrix, y, plane.row(y), &row);
    }
    Some(matrix)
}

/// Each pixel against the mean of a square of about `side` pixels around it, less `bias`.
pub fn by_local_mean(plane: &Plane<'_>, side: usize, bias: i32) -> Option<BitMatrix> {
    let (width, height) = (plane.width, plane.height);
    if width < SIDE_MIN || height < SIDE_MIN {
        return None;
    }
    let mut matrix = BitMatrix::new(width as u32, height as u32).ok()?;
    let mut sums = MovingSums::new(plane, side / 2);
    let mut thresholds = vec![0; width];
    for y in 0..height {
        sums.thresholds(y, bias, &mut thresholds);
        put_row(&mut matrix, y, plane.row(y), &thresholds);
    }
    Some(matrix)
}

/// Dark where a pixel is at or below its threshold.
fn put_row(matrix: &mut BitMatrix, y: usize, grey: &[u8], thresholds: &[u8]) {
    let mut bits = BitArray::with_size(grey.len());
    for (at, (grey, thresholds)) in grey.chunks(WORD).zip(thresholds.chunks(WORD)).enumerate() {
        let mut dark = [0_u8; WORD];
        for ((dark, grey), threshold) in dark.iter_mut().zip(grey).zip(thresholds) {
            *dark = u8::from(grey <= threshold);
        }
        bits.setBulk(at * WORD, packed(&dark));
    }
    matrix.setRow(y as u32, &bits);
}

/// Bytes of 0 and 1 to bits, lowest first: the multiplication gathers eight of them in its highest byte.
fn packed(dark: &[u8; WORD]) -> usize {
    let mut word = 0_u64;
    for (at, eight) in dark.chunks_exact(8).enumerate() {
        let eight = u64::from_le_bytes(eight.try_into().expect("chunks of eight"));
        word |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at);
    }
    word as usize
}

struct Block {
    min: u8,
    max: u8,
    mean: u8,
}

fn blocks_of_row(plane: &Plane<'_>, top: usize, across: usize) -> Vec<Block> {
    let mut sums = vec![0_u16; across];
    let mut least = vec![255_u8; across];
    let mut most = vec![0_u8; across];
    let last = plane.width - BLOCK;
    for y in top..top + BLOCK {
        let row = plane.row(y);
        let whole = row.chunks_exact(BLOCK);
        for (at, cells) in whole.enumerate() {
            let cells: &[u8; BLOCK] = cells.try_into().expect("chunks of a block");
            sums[at] += cells.iter().map(|pixel| u16::from(*pixel)).sum::<u16>();
            least[at] = least[at].min(cells.iter().copied().fold(255, u8::min));
            most[at] = most[at].max(cells.iter().copied().fold(0, u8::max));
        }
        if !plane.width.is_multiple_of(BLOCK) {
            // The last block overlaps the one before it, so that it is whole.
            let cells = &row[last..];
            sums[across - 1] += cells.iter().map(|pixel| u16::from(*pixel)).sum::<u16>();
            least[across - 1] = least[across - 1].min(cells.iter().copied().fold(255, u8::min));
            most[across - 1] = most[across - 1].max(cells.iter().copied().fold(0, u8::max));
        }
    }
    let pixels = (BLOCK * BLOCK) as u16;
    let cells = sums.into_iter().zip(least).zip(most);
    cells.map(|((sum, min), max)| Block { min, max, mean: (sum / pixels) as u8 }).collect()
}

/// What counts as dark in each block.
fn black_points(plane: &Plane<'_>, across: usize, down: usize) -> Vec<u8> {
    let mut points = vec![0_u8; across * down];
    for y in 0..down {
        let top = (y * BLOCK).min(plane.height - BLOCK);
        for (x, block) in blocks_of_row(plane, top, across).into_iter().enumerate() {
            let mut point = block.mean;
            if block.max - block.min <= CONTRAST_MIN {
                // All of one colour: light, unless the neighbours know of something darker.
                point = block.min / 2;
                if y > 0 && x > 0 {
                    let at = |x: usize, y: usize| u16::from(points[y * across + x]);
                    let neighbours = (at(x, y - 1) + 2 * at(x - 1, y) + at(x - 1, y - 1)) / 4;
                    if u16::from(block.min) < neighbours {
                        point = neighbours as u8;
                    }
                }
            }
            points[y * across + x] = point;
        }
    }
    points
}

fn five_by_five(points: &[u8], across: usize, down: usize) -> Vec<u8> {
    let mut thresholds = vec![0; points.len()];
    let mut columns = vec![0_u16; across];
    for y in 0..down {
        let middle = y.clamp(2, down - 3);
        columns.fill(0);
        for row in points[(middle - 2) * across..(middle + 3) * across].chunks_exact(across) {
            for (sum, point) in columns.iter_mut().zip(row) {
                *sum += u16::from(*point);
            }
        }
        for x in 0..across {
            let middle = x.clamp(2, across - 3);
            let sum: u16 = columns[middle - 2..=middle + 2].iter().sum();
            thresholds[y * across + x] = (sum / 25) as u8;
        }
    }
    thresholds
}

/// Sums over a square that moves with the pixel; at the edges the square is cut off.
struct MovingSums<'a> {
    plane: &'a Plane<'a>,
    reach: usize,
    columns: Vec<u32>,
    /// Rows that `columns` holds.
    rows: std::ops::Range<usize>,
    running: Vec<u32>,
}

impl<'a> MovingSums<'a> {
    fn new(plane: &'a Plane<'a>, reach: usize) -> Self {
        let columns = vec![0; plane.width];
        Self { plane, reach, columns, rows: 0..0, running: vec![0; plane.width + 1] }
    }

    fn thresholds(&mut self, y: usize, bias: i32, thresholds: &mut [u8]) {
        let wanted = y.saturating_sub(self.reach)..(y + self.reach + 1).min(self.plane.height);
        for y in self.rows.end..wanted.end {
            for (sum, pixel) in self.columns.iter_mut().zip(self.plane.row(y)) {
                *sum += u32::from(*pixel);
            }
        }
        for y in self.rows.start..wanted.start {
            for (sum, pixel) in self.columns.iter_mut().zip(self.plane.row(y)) {
                *sum -= u32::from(*pixel);
            }
        }
        self.rows = wanted;
        let mut sum = 0;
        for (running, column) in self.running[1..].iter_mut().zip(&self.columns) {
            sum += column;
            *running = sum;
        }
        let width = thresholds.len();
        let rows = self.rows.len();
        let share = |pixels: usize| 1.0 / (pixels * rows) as f32;
        let bias = bias as f32;
        let (reach, whole) = (self.reach, 2 * self.reach + 1);
        let inner = reach.min(width)..width.saturating_sub(reach).max(reach.min(width));
        let part = share(whole);
        let sums = self.running.iter().zip(self.running.get(whole..).unwrap_or(&[]));
        for (threshold, (less, more)) in thresholds[inner.clone()].iter_mut().zip(sums) {
            // `as` saturates.
            *threshold = ((more - less) as f32 * part - bias) as u8;
        }
        for x in (0..inner.start).chain(inner.end..width) {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let sum = self.running[right] - self.running[left];
            thresholds[x] = (sum as f32 * share(right - left) - bias) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(width: usize, height: usize, seed: u64) -> Plane<'static> {
        let pixel = |at: usize| ((at as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8;
        Plane::new(width, height, (0..width * height).map(pixel).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_is_smaller_than_any_code_is_none() {
        assert!(by_block(&noise(39, 200, 1)).is_none() && by_local_mean(&noise(200, 39, 1), 20, 3).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Against the plain way: each pixel and the mean of the square around it.
        #[test]
        fn sliding_sums_are_the_sums(width in 40usize..90, height in 40usize..70, reach in 3usize..15, seed: u64) {
            let plane = noise(width, height, seed);
            let matrix = by_local_mean(&plane, 2 * reach, 3).unwrap();
            for (x, y) in [(0, 0), (width - 1, height - 1), (width / 2, height / 2), (3, height - 2), (width - 5, 1)] {
                let rows = y.saturating_sub(reach)..(y + reach + 1).min(height);
                let columns = x.saturating_sub(reach)..(x + reach + 1).min(width);
                let count = (rows.len() * columns.len()) as f64;
                let sum: f64 = rows.flat_map(|y| columns.clone().map(move |x| (x, y))).map(|(x, y)| f64::from(plane.row(y)[x])).sum();
                let threshold = (sum / count - 3.0).max(0.0);
                let pixel = f64::from(plane.row(y)[x]);
                if (pixel - threshold).abs() > 1.0 {
                    prop_assert_eq!(matrix.get(x as u32, y as u32), pixel <= threshold, "{} {}", x, y);
                }
            }
        }
    }
}
