//! A shop's logo: read once at the start, scaled to the paper, dithered to dots, then only copied.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::domain::bitmap::Bitmap;

/// A file larger than this is no logo.
const FILE_LEN_MAX: u64 = 4 << 20;
const SIDE_MAX: u32 = 4_096;
/// A logo is at most this high: 20 mm of paper.
pub const HEIGHT_MAX: usize = 160;

#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    #[error("cannot read the logo {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the logo {path} is no PNG of at most {SIDE_MAX} x {SIDE_MAX} pixels")]
    Format { path: PathBuf },
}

/// Grey values of a picture, row by row; 0 is black.
struct Grey {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

/// Loads a PNG as dots, at most `width_max` wide; transparent is white.
pub fn load(path: &Path, width_max: usize) -> Result<Bitmap, LogoError> {
    let read = |source| LogoError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(read)?.len() > FILE_LEN_MAX {
        return Err(LogoError::Format { path: path.to_owned() });
    }
    let data = std::fs::read(path).map_err(read)?;
    let grey = decode(&data).ok_or_else(|| LogoError::Format { path: path.to_owned() })?;
    Ok(dither(shrink(grey, width_max)))
}

fn decode(data: &[u8]) -> Option<Grey> {
    let mut decoder = png::Decoder::new(Cursor::new(data));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    if info.width == 0 || info.height == 0 || info.width > SIDE_MAX || info.height > SIDE_MAX {
        return None;
    }
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let samples = frame.color_type.samples();
    let values = pixels[..frame.buffer_size()]
        .chunks_exact(samples)
        .map(|pixel| {
            let (luma, alpha) = match *pixel {
                [luma] => (u32::from(luma), 255),
                [luma, alpha] => (u32::from(luma), u32::from(alpha)),
                [r, g, b] => (luma_of(r, g, b), 255),
                [r, g, b, alpha] => (luma_of(r, g, b), u32::from(alpha)),
                _ => (255, 255),
            };
            (255 - (255 - luma) * alpha / 255) as u8
        })
        .collect();
    Some(Grey { width: frame.width as usize, height: frame.height as usize, values })
}

/// ITU-R BT.601.
fn luma_of(r: u8, g: u8, b: u8) -> u32 {
    (299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)) / 1000
}

/// Averages whole areas, so that thin lines become grey and not nothing.
fn shrink(grey: Grey, width_max: usize) -> Grey {
    let factor = (width_max as f64 / grey.width as f64).min(HEIGHT_MAX as f64 / grey.height as f64).min(1.0);
    let width = ((grey.width as f64 * factor) as usize).max(1);
    let height = ((grey.height as f64 * factor) as usize).max(1);
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        let (top, bottom) = (y * grey.height / height, ((y + 1) * grey.height).div_ceil(height));
        for x in 0..width {
            let (left, right) = (x * grey.width / width, ((x + 1) * grey.width).div_ceil(width));
            let rows =
                (top..bottom).map(|row| &grey.values[row * grey.width + left..row * grey.width + right]);
            let sum: usize = rows.flatten().map(|value| usize::from(*value)).sum();
            values.push((sum / ((bottom - top) * (right - left))) as u8);
        }
    }
    Grey { width, height, values }
}

/// Floyd and Steinberg, 1976: each dot's error goes to its right and lower neighbours (7, 3, 5, 1 sixteenths).
fn dither(grey: Grey) -> Bitmap {
    let mut dots = Bitmap::blank(grey.width, grey.height);
    let mut here = vec![0i32; grey.width + 2];
    for y in 0..grey.height {
        let mut below = vec![0i32; grey.width + 2];
        for x in 0..grey.width {
            let wanted = i32::from(grey.values[y * grey.width + x]) + here[x + 1] / 16;
            let burnt = wanted < 128;
            if burnt {
                dots.burn(x, y);
            }
            let error = wanted - if burnt { 0 } else { 255 };
            here[x + 2] += error * 7;
            below[x] += error * 3;
            below[x + 1] += error * 5;
            below[x + 2] += error;
        }
        here = below;
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_grey_burns_about_half_of_the_dots() {
        let dots = dither(Grey { width: 64, height: 64, values: vec![128; 64 * 64] });
        let burnt = (0..64 * 64).filter(|n| dots.is_burnt(n % 64, n / 64)).count();
        assert!((1900..2200).contains(&burnt), "{burnt}");
    }

    #[test]
    fn a_logo_is_shrunk_to_the_paper_and_keeps_its_proportions() {
        let small = shrink(Grey { width: 1000, height: 100, values: vec![0; 100_000] }, 384);
        assert_eq!((small.width, small.height), (384, 38));
        let high = shrink(Grey { width: 100, height: 320, values: vec![0; 32_000] }, 384);
        assert_eq!((high.width, high.height), (50, HEIGHT_MAX));
    }

    #[test]
    fn what_is_no_png_is_refused_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logo.png");
        std::fs::write(&path, b"GIF89a").unwrap();
        assert!(load(&path, 384).unwrap_err().to_string().contains("logo.png"));
    }
}
