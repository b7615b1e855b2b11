//! Filters that bring a code out of a bad picture.

use super::plane::Plane;

/// Unsharp mask: what a pixel differs from its surroundings counts three times.
pub fn sharpened(plane: &Plane<'_>) -> Plane<'static> {
    let soft = softened(plane);
    let sharp = |(grey, soft): (&u8, &u16)| {
        // `as` saturates.
        (3.0 * f32::from(*grey) - 2.0 / 81.0 * f32::from(*soft)) as u8
    };
    let grey: Vec<u8> = plane.grey.iter().zip(&soft).map(sharp).collect();
    Plane { width: plane.width, height: plane.height, grey: grey.into() }
}

/// Each pixel's surroundings by 1 2 3 2 1 in both directions: 81 times a mean.
fn softened(plane: &Plane<'_>) -> Vec<u16> {
    const WEIGHTS: [u16; 5] = [1, 2, 3, 2, 1];
    let (width, height) = (plane.width, plane.height);
    let mut rows = vec![0_u16; width * height];
    let mut padded = vec![0_u8; width + 4];
    for (y, out) in rows.chunks_exact_mut(width).enumerate() {
        let row = plane.row(y);
        padded[..2].fill(row[0]);
        padded[2..width + 2].copy_from_slice(row);
        padded[width + 2..].fill(row[width - 1]);
        for (out, five) in out.iter_mut().zip(padded.windows(5)) {
            *out = u16::from(five[0])
                + 2 * u16::from(five[1])
                + 3 * u16::from(five[2])
                + 2 * u16::from(five[3])
                + u16::from(five[4]);
        }
    }
    let mut soft = vec![0_u16; width * height];
    for (y, out) in soft.chunks_exact_mut(width).enumerate() {
        for (at, weight) in WEIGHTS.into_iter().enumerate() {
            let from = (y + at).saturating_sub(2).min(height - 1) * width;
            for (out, value) in out.iter_mut().zip(&rows[from..from + width]) {
                *out += weight * value;
            }
        }
    }
    soft
}

/// Richardson (1972) and Lucy (1974): undoes a blur about as wide as `passes` passes of a three by three mean.
pub fn deconvolved(plane: &Plane<'_>, passes: usize, rounds: usize) -> Plane<'static> {
    let (width, height) = (plane.width, plane.height);
    let seen: Vec<f32> = plane.grey.iter().map(|pixel| f32::from(*pixel).max(1.0)).collect();
    let spread = |grey: &[f32]| (0..passes).fold(grey.to_vec(), |grey, _| box3(&grey, width, height));
    let mut guess = seen.clone();
    for _ in 0..rounds {
        let mut ratio = spread(&guess);
        for (ratio, seen) in ratio.iter_mut().zip(&seen) {
            *ratio = seen / ratio.max(1.0);
        }
        for (guess, correction) in guess.iter_mut().zip(spread(&ratio)) {
            *guess *= correction;
        }
    }
    rounded(&guess, width, height)
}

fn rounded(grey: &[f32], width: usize, height: usize) -> Plane<'static> {
    // `as` saturates.
    let grey: Vec<u8> = grey.iter().map(|value| (value + 0.5) as u8).collect();
    Plane { width, height, grey: grey.into() }
}

fn box3(grey: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut rows = vec![0.0; grey.len()];
    for (out, row) in rows.chunks_exact_mut(width).zip(grey.chunks_exact(width)) {
        if width < 2 {
            out.copy_from_slice(row);
            continue;
        }
        out[0] = (2.0 * row[0] + row[1]) / 3.0;
        out[width - 1] = (2.0 * row[width - 1] + row[width - 2]) / 3.0;
        for (out, three) in out[1..].iter_mut().zip(row.windows(3)) {
            *out = (three[0] + three[1] + three[2]) / 3.0;
        }
    }
    let mut mean = vec![0.0; grey.len()];
    for (y, out) in mean.chunks_exact_mut(width).enumerate() {
        let row = |y: usize| &rows[y * width..(y + 1) * width];
        let (above, here, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(height - 1)));
        for (((out, above), here), below) in out.iter_mut().zip(above).zip(here).zip(below) {
            *out = (above + here + below) / 3.0;
        }
    }
    mean
}
