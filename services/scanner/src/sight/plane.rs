//! A grey picture and what is made of it before it is read. One byte a pixel, rows from the top, no padding.

use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane<'a> {
    pub width: usize,
    pub height: usize,
    pub grey: Cow<'a, [u8]>,
}

impl<'a> Plane<'a> {
    /// `None` when size and bytes do not fit together, or when there is nothing to see.
    pub fn new(width: usize, height: usize, grey: impl Into<Cow<'a, [u8]>>) -> Option<Self> {
        let grey = grey.into();
        let fits = width > 0 && height > 0 && width.checked_mul(height) == Some(grey.len());
        fits.then_some(Self { width, height, grey })
    }

    pub fn pixels(&self) -> usize {
        self.grey.len()
    }

    pub fn row(&self, y: usize) -> &[u8] {
        &self.grey[y * self.width..(y + 1) * self.width]
    }

    /// Half the size, four pixels averaged: noise halves, and the raster of a phone's screen disappears.
    pub fn halved(&self) -> Plane<'static> {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut grey = vec![0; width * height];
        for (y, out) in grey.chunks_exact_mut(width).enumerate() {
            let upper = self.row(2 * y);
            let lower = self.row((2 * y + 1).min(self.height - 1));
            for ((out, above), below) in out.iter_mut().zip(upper.chunks_exact(2)).zip(lower.chunks_exact(2))
            {
                let sum =
                    u16::from(above[0]) + u16::from(above[1]) + u16::from(below[0]) + u16::from(below[1]);
                // At most 255 again.
                *out = ((sum + 2) / 4) as u8;
            }
        }
        Plane { width, height, grey: grey.into() }
    }

    /// A quarter turn clockwise.
    pub fn turned(&self) -> Plane<'static> {
        let (width, height) = (self.height, self.width);
        let mut grey = vec![0; width * height];
        for y in 0..self.height {
            for (x, &pixel) in self.row(y).iter().enumerate() {
                grey[x * width + (width - 1 - y)] = pixel;
            }
        }
        Plane { width, height, grey: grey.into() }
    }

    pub fn inverted(&self) -> Plane<'static> {
        let grey: Vec<u8> = self.grey.iter().map(|pixel| 255 - pixel).collect();
        Plane { width: self.width, height: self.height, grey: grey.into() }
    }
}
