//! The burnt-in frame counter: light digits on a dark box, top left, to be read back by tests.

/// Rows of five bits, the most significant leftmost.
const DIGITS: [[u8; 7]; 10] = [
    [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
    [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
    [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
    [0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110],
    [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
    [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
    [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
    [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
    [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
    [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
];
const COLUMNS: usize = 5;
const ROWS: usize = 7;
/// Pixels a dot.
const DOT: usize = 6;
const PLACES: usize = 6;
/// From the corner of the picture to the box, and from the box to its digits.
const MARGIN: usize = 8;
const PITCH: usize = (COLUMNS + 1) * DOT;
const BOX_WIDTH: usize = PLACES * PITCH + 2 * MARGIN;
const BOX_HEIGHT: usize = ROWS * DOT + 2 * MARGIN;
const LIGHT: u8 = 235;
const DARK: u8 = 16;
/// Between the two: what an encoder blurs stays on its side.
const THRESHOLD: u8 = 126;

/// Whether a picture of this size has room for the counter.
pub fn fits(width: usize, height: usize) -> bool {
    width >= MARGIN + BOX_WIDTH && height >= MARGIN + BOX_HEIGHT
}

/// Burns the last six digits of `count` into a luma plane that `fits`.
pub fn burn(luma: &mut [u8], width: usize, count: u32) {
    for row in luma.chunks_mut(width).skip(MARGIN).take(BOX_HEIGHT) {
        row[MARGIN..MARGIN + BOX_WIDTH].fill(DARK);
    }
    let mut rest = count;
    for place in (0..PLACES).rev() {
        let digit = DIGITS[(rest % 10) as usize];
        rest /= 10;
        for (x, y) in dots().filter(|(x, y)| is_lit(&digit, *x, *y)) {
            let left = 2 * MARGIN + place * PITCH + x * DOT;
            let top = 2 * MARGIN + y * DOT;
            for row in luma.chunks_mut(width).skip(top).take(DOT) {
                row[left..left + DOT].fill(LIGHT);
            }
        }
    }
}

/// The counter in a luma plane, if every place shows a digit.
pub fn read(luma: &[u8], width: usize) -> Option<u32> {
    (0..PLACES).try_fold(0, |count, place| {
        let shown = |x: usize, y: usize| {
            let left = 2 * MARGIN + place * PITCH + x * DOT + DOT / 2;
            luma.get((2 * MARGIN + y * DOT + DOT / 2) * width + left).is_some_and(|at| *at > THRESHOLD)
        };
        let digit = (0..10u32)
            .find(|digit| dots().all(|(x, y)| shown(x, y) == is_lit(&DIGITS[*digit as usize], x, y)))?;
        Some(count * 10 + digit)
    })
}

fn dots() -> impl Iterator<Item = (usize, usize)> {
    (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (x, y)))
}

fn is_lit(digit: &[u8; ROWS], x: usize, y: usize) -> bool {
    digit[y] & (0b10000 >> x) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burnt_in_count_is_read_back() {
        for count in [0, 123_456, 7_890] {
            let mut luma = vec![90; 640 * 480];
            burn(&mut luma, 640, count);
            assert_eq!(read(&luma, 640), Some(count));
        }
        assert_eq!(read(&vec![90; 640 * 480], 640), None);
    }
}
