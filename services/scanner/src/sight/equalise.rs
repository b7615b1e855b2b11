//! Undoes blur between modules as a modem undoes echoes: the fixed patterns of a code are known beforehand, so they are the
//! training sequence, and the filter that makes them come out best (least squares, Lucky 1965) is laid over the whole code.
//! It finds by itself whether a lens, a hand or the light was at fault.

/// Modules to each side that a module is mixed with.
pub const REACH: usize = 2;
const TAPS: usize = (2 * REACH + 1) * (2 * REACH + 1);
/// Taps and a constant.
const UNKNOWNS: usize = TAPS + 1;
/// Modules that light and contrast are measured over.
const NEIGHBOURS: usize = 4;

/// Modules of a code with a margin of [`REACH`] around them.
pub struct Field {
    side: usize,
    values: Vec<f32>,
}

impl Field {
    /// `values` has `side` by `side`, margin included.
    pub fn new(side: usize, values: Vec<f32>) -> Self {
        debug_assert_eq!(values.len(), side * side);
        Self { side, values }
    }

    /// Brightness as multiples of the usual deviation around each module.
    pub fn levelled(&self) -> Self {
        let squares: Vec<f32> = self.values.iter().map(|value| value * value).collect();
        let (sums, squares) = (Sums::of(&self.values, self.side), Sums::of(&squares, self.side));
        let mut values = Vec::with_capacity(self.values.len());
        for y in 0..self.side {
            for x in 0..self.side {
                let (mean, square) = (sums.mean(x, y), squares.mean(x, y));
                let deviation = (square - mean * mean).max(0.0).sqrt().max(0.5);
                values.push((self.values[y * self.side + x] - mean as f32) / deviation as f32);
            }
        }
        Self { side: self.side, values }
    }

    /// Without the margin.
    pub fn inner(&self) -> Vec<f32> {
        let modules = self.side - 2 * REACH;
        let rows = self.values.chunks_exact(self.side).skip(REACH).take(modules);
        rows.flat_map(|row| &row[REACH..REACH + modules]).copied().collect()
    }

    /// Light modules positive, dark ones negative, after the filter that suits `known` (x, y, is light) best. `ridge` keeps it
    /// calm where the patterns do not say enough.
    pub fn equalised(
        &self,
        known: impl Iterator<Item = (usize, usize, bool)>,
        ridge: f64,
    ) -> Option<Vec<f32>> {
        let mut normal = [[0.0_f64; UNKNOWNS]; UNKNOWNS];
        let mut right = [0.0_f64; UNKNOWNS];
        for (x, y, is_light) in known {
            let taps = self.taps(x, y);
            let target = if is_light { 1.0 } else { -1.0 };
            for (at, tap) in taps.iter().enumerate() {
                right[at] += tap * target;
                for (sum, other) in normal[at][..=at].iter_mut().zip(&taps) {
                    *sum += tap * other;
                }
            }
        }
        for (at, row) in normal.iter_mut().enumerate() {
            row[at] += ridge;
        }
        let filter = solve(&mut normal, right)?;
        let modules = self.side - 2 * REACH;
        let mut out = Vec::with_capacity(modules * modules);
        for y in 0..modules {
            for x in 0..modules {
                let taps = self.taps(x, y);
                out.push(taps.iter().zip(&filter).map(|(tap, weight)| tap * weight).sum::<f64>() as f32);
            }
        }
        Some(out)
    }

    /// The module's surroundings and the constant; `x` and `y` count without the margin.
    fn taps(&self, x: usize, y: usize) -> [f64; UNKNOWNS] {
        let mut taps = [1.0; UNKNOWNS];
        for (at, row) in taps[..TAPS].chunks_exact_mut(2 * REACH + 1).enumerate() {
            let from = (y + at) * self.side + x;
            for (tap, value) in row.iter_mut().zip(&self.values[from..]) {
                *tap = f64::from(*value);
            }
        }
        taps
    }
}

/// Sums over any rectangle (Crow, 1984).
struct Sums {
    side: usize,
    table: Vec<f64>,
}

impl Sums {
    fn of(values: &[f32], side: usize) -> Self {
        let mut table = vec![0.0; (side + 1) * (side + 1)];
        for y in 0..side {
            let mut row = 0.0;
            for x in 0..side {
                row += f64::from(values[y * side + x]);
                table[(y + 1) * (side + 1) + x + 1] = table[y * (side + 1) + x + 1] + row;
            }
        }
        Self { side, table }
    }

    fn mean(&self, x: usize, y: usize) -> f64 {
        let (left, top) = (x.saturating_sub(NEIGHBOURS), y.saturating_sub(NEIGHBOURS));
        let (right, bottom) = ((x + NEIGHBOURS + 1).min(self.side), (y + NEIGHBOURS + 1).min(self.side));
        let at = |x: usize, y: usize| self.table[y * (self.side + 1) + x];
        let sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
        sum / ((right - left) * (bottom - top)) as f64
    }
}

/// Cholesky; only the lower half of the matrix is read.
fn solve(matrix: &mut [[f64; UNKNOWNS]; UNKNOWNS], mut right: [f64; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for at in 0..UNKNOWNS {
        let (done, rest) = matrix.split_at_mut(at);
        let row = &mut rest[0];
        for (column, pivot) in done.iter().enumerate() {
            row[column] = (row[column] - dot(&row[..column], &pivot[..column])) / pivot[column];
        }
        let square = row[at] - dot(&row[..at], &row[..at]);
        if square <= 0.0 {
            return None;
        }
        row[at] = square.sqrt();
    }
    for at in 0..UNKNOWNS {
        right[at] = (right[at] - dot(&matrix[at][..at], &right[..at])) / matrix[at][at];
    }
    for at in (0..UNKNOWNS).rev() {
        let below = matrix[at + 1..].iter().zip(&right[at + 1..]).map(|(row, value)| row[at] * value);
        right[at] = (right[at] - below.sum::<f64>()) / matrix[at][at];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Light and dark modules as a coin falls.
    fn coin(x: usize, y: usize) -> bool {
        let mixed = (x as u32).wrapping_mul(2_654_435_761) ^ (y as u32).wrapping_mul(2_246_822_519);
        mixed.count_ones().is_multiple_of(2)
    }

    #[test]
    fn a_smear_over_three_modules_is_undone_by_what_is_known_of_a_third_of_them() {
        let (modules, side) = (33, 33 + 2 * REACH);
        let sharp = |x: usize, y: usize| if coin(x, y) { 200.0 } else { 40.0 };
        let smeared = |x: usize, y: usize| {
            let next = |by: usize| sharp((x + by).min(side - 1), y);
            0.5 * sharp(x, y) + 0.35 * next(1) + 0.15 * next(2)
        };
        let values = (0..side * side).map(|at| smeared(at % side, at / side)).collect();
        let field = Field::new(side, values).levelled();
        let truth = |x: usize, y: usize| coin(x + REACH, y + REACH);
        let known = (0..modules * modules).filter(|at| at % 3 == 0).map(|at| (at % modules, at / modules));
        let light = field.equalised(known.map(|(x, y)| (x, y, truth(x, y))), 4.0).unwrap();
        let wrong = |light: &[f32]| {
            (0..modules * modules)
                .filter(|at| (light[*at] >= 0.0) != truth(at % modules, at / modules))
                .count()
        };
        assert!(wrong(&field.inner()) > 60, "smeared it is: {}", wrong(&field.inner()));
        assert!(wrong(&light) < 20, "{}", wrong(&light));
    }

    #[test]
    fn a_field_of_one_colour_breaks_nothing() {
        let side = 21 + 2 * REACH;
        let field = Field::new(side, vec![128.0; side * side]).levelled();
        assert!(field.inner().iter().all(|value| value.abs() < 0.01));
        assert!(field.equalised(std::iter::empty(), 4.0).is_some());
    }
}
