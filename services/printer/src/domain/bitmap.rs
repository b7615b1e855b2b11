//! Dots on paper: one bit each, rows padded to whole bytes as `GS v 0` wants them, 1 is burnt.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    pub width: usize,
    pub height: usize,
    row_bytes: usize,
    bits: Vec<u8>,
}

impl Bitmap {
    pub fn blank(width: usize, height: usize) -> Self {
        let row_bytes = width.div_ceil(8);
        Self { width, height, row_bytes, bits: vec![0; row_bytes * height] }
    }

    pub fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.bits[y * self.row_bytes..(y + 1) * self.row_bytes]
    }

    pub fn is_blank_row(&self, y: usize) -> bool {
        self.row(y).iter().all(|byte| *byte == 0)
    }

    /// Dots outside the bitmap are lost, as beyond the edge of paper.
    pub fn burn(&mut self, x: usize, y: usize) {
        if x < self.width && y < self.height {
            self.bits[y * self.row_bytes + x / 8] |= 0x80 >> (x % 8);
        }
    }

    pub fn is_burnt(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.row(y)[x / 8] & (0x80 >> (x % 8)) != 0
    }

    /// Burns every burnt dot of `other`, eight at a time.
    pub fn stamp(&mut self, other: &Bitmap, left: usize, top: usize) {
        let (first, shift) = (left / 8, left % 8);
        for y in 0..other.height.min(self.height.saturating_sub(top)) {
            let begin = (top + y) * self.row_bytes;
            let row = &mut self.bits[begin..begin + self.row_bytes];
            for (n, byte) in other.row(y).iter().enumerate() {
                let pair = u16::from(*byte) << 8 >> shift;
                for (at, half) in [(first + n, (pair >> 8) as u8), (first + n + 1, pair as u8)] {
                    // Beyond the last byte there is no paper.
                    if let Some(dots) = row.get_mut(at) {
                        *dots |= half;
                    }
                }
            }
        }
        self.clear_spare(top, other.height);
    }

    /// Every dot as a square of `scale` dots.
    pub fn enlarged(&self, scale: usize) -> Bitmap {
        let (width, height) = (self.width * scale, self.height * scale);
        let mut large = Bitmap::blank(width, height);
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            if self.is_burnt(x / scale, y / scale) {
                large.burn(x, y);
            }
        }
        large
    }

    /// The bits between a row's width and its last whole byte stay white.
    fn clear_spare(&mut self, top: usize, rows: usize) {
        let spare = self.row_bytes * 8 - self.width;
        if spare > 0 {
            for y in top..(top + rows).min(self.height) {
                self.bits[(y + 1) * self.row_bytes - 1] &= 0xff << spare;
            }
        }
    }

    /// White on black.
    pub fn invert(&mut self) {
        for byte in &mut self.bits {
            *byte = !*byte;
        }
        self.clear_spare(0, self.height);
    }

    /// Bytes of a row that hold the burnt dots of any row.
    pub fn used_row_bytes(&self) -> usize {
        let used = |row: &[u8]| row.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        (0..self.height).map(|y| used(self.row(y))).max().unwrap_or(0)
    }

    /// Adds `rows` white rows.
    pub fn grow(&mut self, rows: usize) {
        self.height += rows;
        self.bits.resize(self.row_bytes * self.height, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverted_bitmap_burns_nothing_beyond_its_edge() {
        let mut dots = Bitmap::blank(10, 2);
        dots.burn(0, 0);
        dots.burn(12, 0);
        dots.invert();
        assert_eq!((dots.row(0), dots.row(1)), (&[0x7f, 0xc0][..], &[0xff, 0xc0][..]));
        assert_eq!(dots.used_row_bytes(), 2);
    }

    #[test]
    fn a_stamp_lies_where_it_is_put_and_ends_at_the_edge() {
        let mut dot = Bitmap::blank(1, 1);
        dot.burn(0, 0);
        let mut paper = Bitmap::blank(12, 3);
        paper.stamp(&dot.enlarged(2), 7, 1);
        let rows = (paper.row(0), paper.row(1), paper.row(2));
        assert_eq!(rows, (&[0, 0][..], &[0x01, 0x80][..], &[0x01, 0x80][..]));
        paper.stamp(&dot.enlarged(4), 10, 2);
        assert_eq!(paper.row(2), [0x01, 0xb0]);
        paper.stamp(&dot, 40, 40);
    }
}
