//! Black and white dots, 8 of them a millimetre.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    pub width: usize,
    pub height: usize,
    /// Row by row, true is burnt.
    pub dots: Vec<bool>,
}

impl Bitmap {
    pub fn blank(width: usize, height: usize) -> Self {
        Self { width, height, dots: vec![false; width * height] }
    }

    pub fn from_fn(width: usize, height: usize, burnt: impl Fn(usize, usize) -> bool) -> Self {
        let dots = (0..width * height).map(|at| burnt(at % width, at / width)).collect();
        Self { width, height, dots }
    }

    /// Rows of bytes, the most significant bit leftmost (GS v 0, GS ( L).
    pub fn from_rows(row_bytes: usize, width: usize, height: usize, data: &[u8]) -> Self {
        Self::from_fn(width, height, |x, y| data[y * row_bytes + x / 8] & (0x80 >> (x % 8)) != 0)
    }

    pub fn get(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.dots[y * self.width + x]
    }

    pub fn burn(&mut self, x: usize, y: usize) {
        if x < self.width && y < self.height {
            self.dots[y * self.width + x] = true;
        }
    }

    /// Each dot becomes a block, as a print head enlarges.
    pub fn enlarged(&self, by_x: usize, by_y: usize) -> Self {
        if (by_x, by_y) == (1, 1) {
            return self.clone();
        }
        Self::from_fn(self.width * by_x, self.height * by_y, |x, y| self.get(x / by_x, y / by_y))
    }

    /// Emphasised printing burns every dot a second time, one dot to the right.
    pub fn emphasised(&self) -> Self {
        Self::from_fn(self.width, self.height, |x, y| self.get(x, y) || (x > 0 && self.get(x - 1, y)))
    }

    pub fn inverted(&self) -> Self {
        Self { dots: self.dots.iter().map(|dot| !dot).collect(), ..*self }
    }
}
