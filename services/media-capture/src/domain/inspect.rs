//! Is a picture good enough to convince somebody later? Sharpness, light, and how a paper lies in it.

use super::frame_pipe::RawFrame;

/// Below this variance of the Laplacian a receipt's small print is a blur.
pub const SHARPNESS_MIN: u32 = 60;
const LIGHT_MIN: u32 = 60;
const LIGHT_MAX: u32 = 200;
const OVEREXPOSED: u8 = 250;
const OVEREXPOSED_PERMILLE_MAX: u32 = 50;
/// A paper is brighter than this share of the range above the mean.
const PAPER_ABOVE_MEAN: f64 = 0.45;
/// Of the picture, in thousandths: less is a reflection, more is a white counter.
const PAPER_PERMILLE: std::ops::RangeInclusive<u32> = 10..=500;
/// A paper this much longer than wide has a direction.
const OBLONG_MIN: f64 = 1.3;
const ANGLE_MAX: i32 = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub sharpness: u32,
    pub light: u32,
    pub overexposed_permille: u32,
    /// Degrees from upright, -90 to 90.
    pub paper_angle_deg: Option<i32>,
    pub advice: Vec<&'static str>,
}

pub fn inspect(frame: &RawFrame) -> Verdict {
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let luma = frame.luma();
    let total: u64 = luma.iter().map(|pixel| u64::from(*pixel)).sum();
    let light = (total / luma.len().max(1) as u64) as u32;
    let blown = luma.iter().filter(|pixel| **pixel >= OVEREXPOSED).count();
    let overexposed_permille = (blown * 1000 / luma.len().max(1)) as u32;
    let sharpness = sharpness(luma, width, height);
    let paper_angle_deg = paper_angle(luma, width, light);
    let mut advice = Vec::new();
    let mut advise = |when: bool, what| advice.extend(when.then_some(what));
    advise(light < LIGHT_MIN, "too dark: more light on the counter, or a longer exposure");
    advise(light > LIGHT_MAX, "too bright: less light, or a shorter exposure");
    advise(
        overexposed_permille > OVEREXPOSED_PERMILLE_MAX,
        "parts are white: turn the camera away from lamps and windows",
    );
    advise(sharpness < SHARPNESS_MIN, "not sharp: clean the lens and set the focus to the counter");
    advise(
        paper_angle_deg.is_some_and(|angle| angle.abs() > ANGLE_MAX),
        "the paper lies askew: turn the camera or the printer so that receipts stand upright",
    );
    Verdict { sharpness, light, overexposed_permille, paper_angle_deg, advice }
}

/// Variance of the Laplacian: edges make it large, a blur makes it small.
fn sharpness(luma: &[u8], width: usize, height: usize) -> u32 {
    let (mut sum, mut squares, mut count) = (0i64, 0i64, 0i64);
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = |dx: usize, dy: usize| i64::from(luma[(y + dy - 1) * width + x + dx - 1]);
            let edge = at(1, 0) + at(0, 1) + at(2, 1) + at(1, 2) - 4 * at(1, 1);
            sum += edge;
            squares += edge * edge;
            count += 1;
        }
    }
    if count == 0 {
        return 0;
    }
    (squares / count - (sum / count).pow(2)).max(0) as u32
}

/// Direction of what is bright, by its second moments.
fn paper_angle(luma: &[u8], width: usize, light: u32) -> Option<i32> {
    let threshold = f64::from(light) + (255.0 - f64::from(light)) * PAPER_ABOVE_MEAN;
    let bright: Vec<(f64, f64)> = luma
        .iter()
        .enumerate()
        .filter(|(_, pixel)| f64::from(**pixel) > threshold)
        .map(|(at, _)| ((at % width) as f64, (at / width) as f64))
        .collect();
    let permille = (bright.len() * 1000 / luma.len().max(1)) as u32;
    if !PAPER_PERMILLE.contains(&permille) {
        return None;
    }
    let count = bright.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| bright.iter().map(pick).sum::<f64>() / count;
    let (middle_x, middle_y) = (mean(|at| at.0), mean(|at| at.1));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in &bright {
        let (dx, dy) = (x - middle_x, y - middle_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    let spread = ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt();
    let (long, short) = ((xx + yy + spread) / 2.0, (xx + yy - spread) / 2.0);
    if short <= 0.0 || (long / short).sqrt() < OBLONG_MIN {
        return None;
    }
    // From the x axis; upright is a right angle away.
    let from_level = 0.5 * (2.0 * xy).atan2(xx - yy);
    let degrees = 90.0 - from_level.to_degrees();
    Some(if degrees > 90.0 { degrees - 180.0 } else { degrees }.round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 240;

    /// A paper of 60 by 140 pixels with lines of text, turned by some degrees to the right.
    fn paper(degrees: f64, ink: u8) -> RawFrame {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut i420: Vec<u8> = (0..WIDTH * HEIGHT)
            .map(|at| {
                let (x, y) = ((at % WIDTH) as f64 - 160.0, (at / WIDTH) as f64 - 120.0);
                let (across, along) = (x * cos + y * sin, -x * sin + y * cos);
                let inside = across.abs() < 30.0 && along.abs() < 70.0;
                let printed = (along as i32).rem_euclid(6) < 2 && across.abs() < 24.0;
                if !inside {
                    90
                } else if printed {
                    ink
                } else {
                    230
                }
            })
            .collect();
        i420.resize(WIDTH * HEIGHT * 3 / 2, 128);
        RawFrame { width: WIDTH as u16, height: HEIGHT as u16, seq: 0, monotonic_ns: 0, i420 }
    }

    fn picture(width: usize, height: usize, luma: impl Fn(usize, usize) -> u8) -> RawFrame {
        let mut i420: Vec<u8> = (0..width * height).map(|at| luma(at % width, at / width)).collect();
        i420.resize(width * height * 3 / 2, 128);
        RawFrame { width: width as u16, height: height as u16, seq: 0, monotonic_ns: 0, i420 }
    }

    /// White where `within` says so, grey elsewhere.
    fn bright(within: impl Fn(usize, usize) -> bool) -> Verdict {
        inspect(&picture(100, 100, |x, y| if within(x, y) { 255 } else { 60 }))
    }

    /// Computed by hand: in the middle of the only edge of its picture, -4 times the point and what surrounds it.
    #[test]
    fn sharpness_is_the_variance_of_the_laplacian() {
        let dot = picture(5, 5, |x, y| if (x, y) == (2, 2) { 10 } else { 0 });
        // Of nine points one is -40, four are 10, four are 0: squares 2,000 / 9, mean 0.
        assert_eq!(inspect(&dot).sharpness, 222);
        let ramp = picture(6, 4, |x, y| (3 * x + 7 * y) as u8);
        assert_eq!(inspect(&ramp).sharpness, 0, "a slope is no edge");
        // A bowl bends the same everywhere: much edge, and no variance.
        let bowl = picture(8, 8, |x, y| (x * x + y * y) as u8);
        assert_eq!(inspect(&bowl).sharpness, 0);
        assert_eq!(inspect(&picture(2, 2, |_, _| 9)).sharpness, 0, "no point has all its neighbours");
    }

    #[test]
    fn light_and_white_parts_are_counted_over_the_whole_picture() {
        let verdict = inspect(&picture(10, 10, |x, _| if x == 0 { 250 } else { 50 }));
        assert_eq!((verdict.light, verdict.overexposed_permille), (70, 100));
        let almost = inspect(&picture(10, 10, |_, _| 249));
        assert_eq!((almost.light, almost.overexposed_permille), (249, 0));
    }

    #[test]
    fn a_paper_has_a_direction_only_if_it_is_oblong_and_of_a_paper_s_size() {
        assert_eq!(bright(|x, y| (40..60).contains(&x) && (20..60).contains(&y)).paper_angle_deg, Some(0));
        let lying = bright(|x, y| (20..60).contains(&x) && (40..60).contains(&y)).paper_angle_deg;
        assert_eq!(lying.map(i32::abs), Some(90));
        // Longer than wide by 1.25, and by 1.35.
        assert_eq!(bright(|x, y| (40..60).contains(&x) && (20..45).contains(&y)).paper_angle_deg, None);
        assert_eq!(bright(|x, y| (40..60).contains(&x) && (20..47).contains(&y)).paper_angle_deg, Some(0));
        // A reflection, and a white counter.
        assert_eq!(bright(|x, y| x == 50 && (20..29).contains(&y)).paper_angle_deg, None);
        assert_eq!(bright(|x, _| x < 60).paper_angle_deg, None);
        // A line along the diagonal leans to one side, a line along the other diagonal to the other.
        let down = bright(|x, y| x.abs_diff(y) < 3).paper_angle_deg.unwrap();
        let up = bright(|x, y| x.abs_diff(99 - y) < 3).paper_angle_deg.unwrap();
        assert_eq!((down.abs(), up.abs()), (45, 45));
        assert_eq!(down, -up);
    }

    #[test]
    fn the_angle_of_a_paper_is_told_and_one_that_lies_askew_is_remarked() {
        for turned in [0i32, 15, -15, 40] {
            let angle = inspect(&paper(f64::from(turned), 60)).paper_angle_deg.unwrap();
            assert!((angle.abs() - turned.abs()).abs() <= 3, "{turned}: {angle}");
        }
        assert!(inspect(&paper(0.0, 60)).advice.is_empty(), "{:?}", inspect(&paper(0.0, 60)));
        assert!(inspect(&paper(40.0, 60)).advice[0].contains("askew"));
    }

    #[test]
    fn a_blur_a_dark_room_and_a_lamp_are_each_told() {
        let sharp = inspect(&paper(0.0, 60)).sharpness;
        assert!(inspect(&paper(0.0, 228)).sharpness < sharp / 3);
        let flat = |luma: u8| {
            let mut i420 = vec![luma; WIDTH * HEIGHT];
            i420.resize(WIDTH * HEIGHT * 3 / 2, 128);
            inspect(&RawFrame { width: 320, height: 240, seq: 0, monotonic_ns: 0, i420 })
        };
        assert!(flat(20).advice[0].contains("dark") && flat(20).paper_angle_deg.is_none());
        assert!(flat(255).advice[0].contains("bright") && flat(255).advice[1].contains("white"));
        assert!(flat(120).advice[0].contains("sharp"));
    }
}
