//! Is a picture torn? A USB camera that loses packets sends the upper part of one picture and the lower part of
//! another, or of nothing. Such a picture differs from both its neighbours where they are alike.

/// Cells a picture is compared by, across and down.
const COLUMNS: usize = 16;
const BANDS: usize = 12;
/// Samples of a cell in each direction: 1,728 of a picture's pixels tell enough and cost microseconds.
const SAMPLES: usize = 3;
/// Steps of luma that noise, a flicker of the lamp and the exposure's control may make of one cell.
const ALIKE: i32 = 14;
/// Of a band's cells this many must be alike; a hand that moves covers fewer.
const CELLS_ALIKE_MIN: usize = COLUMNS / 2;

/// A picture's cells in a form that costs nothing to compare.
pub struct Cells([[u8; COLUMNS]; BANDS]);

impl Cells {
    /// Of a luma plane.
    pub fn of(luma: &[u8], width: usize, height: usize) -> Self {
        let mut cells = [[0; COLUMNS]; BANDS];
        for (band, row) in cells.iter_mut().enumerate() {
            for (column, cell) in row.iter_mut().enumerate() {
                let mut sum = 0u32;
                for at in 0..SAMPLES * SAMPLES {
                    let x = (column * SAMPLES + at % SAMPLES) * 2 + 1;
                    let y = (band * SAMPLES + at / SAMPLES) * 2 + 1;
                    let (x, y) = (x * width / (2 * COLUMNS * SAMPLES), y * height / (2 * BANDS * SAMPLES));
                    sum += u32::from(luma.get(y * width + x).copied().unwrap_or(0));
                }
                *cell = (sum / (SAMPLES * SAMPLES) as u32) as u8;
            }
        }
        Self(cells)
    }

    /// True if every band shows the same, but for what moves.
    pub fn agree(&self, other: &Self) -> bool {
        (0..BANDS).all(|band| self.band_agrees(other, band))
    }

    /// True if this picture differs from both its neighbours in a band where they agree with each other.
    /// Where everything moves, the neighbours differ too: that picture is whole.
    pub fn is_torn_between(&self, before: &Self, after: &Self) -> bool {
        (0..BANDS).any(|band| {
            before.band_agrees(after, band)
                && !self.band_agrees(before, band)
                && !self.band_agrees(after, band)
        })
    }

    fn band_agrees(&self, other: &Self, band: usize) -> bool {
        let cells = self.0[band].iter().zip(&other.0[band]);
        let alike = cells.filter(|(a, b)| (i32::from(**a) - i32::from(**b)).abs() <= ALIKE).count();
        alike >= CELLS_ALIKE_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 160;
    const HEIGHT: usize = 120;

    fn scene(brighter: u8, shift: usize) -> Vec<u8> {
        (0..WIDTH * HEIGHT)
            .map(|at| {
                let (x, y) = (at % WIDTH + shift, at / WIDTH);
                40 + (x / 20 * 37 % 120) as u8 + (y / 30 * 11) as u8 + brighter
            })
            .collect()
    }

    fn cells(luma: &[u8]) -> Cells {
        Cells::of(luma, WIDTH, HEIGHT)
    }

    #[test]
    fn two_pictures_of_a_still_scene_agree_though_the_light_flickers() {
        assert!(cells(&scene(0, 0)).agree(&cells(&scene(8, 0))));
        assert!(!cells(&scene(0, 0)).agree(&cells(&scene(60, 0))));
    }

    #[test]
    fn a_picture_whose_lower_part_is_missing_or_another_s_is_torn_at_any_row() {
        let (before, after) = (cells(&scene(0, 0)), cells(&scene(3, 0)));
        for from in [HEIGHT / 10, HEIGHT / 2, HEIGHT * 4 / 5] {
            for rest in [vec![0; WIDTH * HEIGHT], vec![128; WIDTH * HEIGHT], scene(0, 50)] {
                let mut torn = scene(0, 0);
                torn[from * WIDTH..].copy_from_slice(&rest[from * WIDTH..]);
                assert!(!cells(&torn).agree(&before), "from row {from}");
                assert!(cells(&torn).is_torn_between(&before, &after), "from row {from}");
            }
        }
        assert!(!cells(&scene(1, 0)).is_torn_between(&before, &after));
    }

    #[test]
    fn a_hand_in_the_picture_does_not_tear_it_and_neither_does_a_camera_that_turns() {
        let mut hand = scene(0, 0);
        for row in hand.chunks_mut(WIDTH).skip(40).take(50) {
            row[60..120].fill(230);
        }
        assert!(cells(&hand).agree(&cells(&scene(0, 0))));
        let turning = [0, 30, 70].map(|shift| cells(&scene(0, shift)));
        assert!(!turning[1].is_torn_between(&turning[0], &turning[2]));
    }
}
