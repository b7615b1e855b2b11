//! Modules of a code to pixels of a picture, as a camera projects them.

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Row by row; the last element is 1.
#[derive(Clone, Copy, Debug)]
pub struct Projection([f32; 9]);

impl Projection {
    /// Takes four points of the code's plane, given as a rectangle's corner and its opposite one moved by hand, to four
    /// points of the picture. `None` when they lie in a line.
    pub fn between(modules: [Point; 4], pixels: [Point; 4]) -> Option<Self> {
        let from = Self::of_unit_square(modules)?.adjugate();
        let into = Self::of_unit_square(pixels)?;
        let product = into.times(&from);
        product.0.iter().all(|value| value.is_finite()).then_some(product)
    }

    /// Heckbert (1989), section 2.2.3.
    fn of_unit_square([a, b, c, d]: [Point; 4]) -> Option<Self> {
        let (sx, sy) = (a.x - b.x + c.x - d.x, a.y - b.y + c.y - d.y);
        let (dx1, dy1) = (b.x - c.x, b.y - c.y);
        let (dx2, dy2) = (d.x - c.x, d.y - c.y);
        let denominator = dx1 * dy2 - dx2 * dy1;
        if denominator.abs() < 1e-6 {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / denominator;
        let h = (dx1 * sy - sx * dy1) / denominator;
        Some(Self([
            b.x - a.x + g * b.x,
            d.x - a.x + h * d.x,
            a.x,
            b.y - a.y + g * b.y,
            d.y - a.y + h * d.y,
            a.y,
            g,
            h,
            1.0,
        ]))
    }

    fn adjugate(&self) -> Self {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        Self([
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ])
    }

    fn times(&self, other: &Self) -> Self {
        let (m, n) = (&self.0, &other.0);
        let mut product = [0.0; 9];
        for row in 0..3 {
            for column in 0..3 {
                product[3 * row + column] =
                    (0..3).map(|at| m[3 * row + at] * n[3 * at + column]).sum::<f32>();
            }
        }
        Self(product)
    }

    #[inline]
    pub fn point(&self, x: f32, y: f32) -> Point {
        let m = &self.0;
        let depth = m[6] * x + m[7] * y + m[8];
        Point { x: (m[0] * x + m[1] * y + m[2]) / depth, y: (m[3] * x + m[4] * y + m[5]) / depth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    #[test]
    fn points_in_a_line_have_no_projection() {
        let square = [point(0.0, 0.0), point(1.0, 0.0), point(1.0, 1.0), point(0.0, 1.0)];
        let line = [point(0.0, 0.0), point(1.0, 1.0), point(2.0, 2.0), point(3.0, 3.0)];
        assert!(Projection::between(square, line).is_none());
    }

    proptest! {
        #[test]
        fn the_four_points_go_where_they_were_told(
            jitter in prop::array::uniform8(-20.0_f32..20.0),
            side in 21.0_f32..60.0,
        ) {
            let modules = [point(3.5, 3.5), point(side, 3.5), point(side - 3.0, side - 3.0), point(3.5, side)];
            let corners = [(100.0, 100.0), (300.0, 100.0), (280.0, 290.0), (110.0, 310.0)];
            let pixels: [Point; 4] = std::array::from_fn(|at| {
                point(corners[at].0 + jitter[2 * at], corners[at].1 + jitter[2 * at + 1])
            });
            let projection = Projection::between(modules, pixels).unwrap();
            for (module, pixel) in modules.iter().zip(pixels) {
                prop_assert!(projection.point(module.x, module.y).distance(pixel) < 0.1);
            }
        }
    }
}
