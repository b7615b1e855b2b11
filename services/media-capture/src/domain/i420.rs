//! Camera pixels to I420. Sample values pass untouched; only their layout and chroma resolution change.

/// YUYV (4:2:2, `Y0 U Y1 V`) to I420: chroma of two lines is averaged. `None` if the buffer is too short.
pub fn from_yuyv(yuyv: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let stride = width * 2;
    if yuyv.len() < stride * height || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return None;
    }
    let mut out = vec![0; width * height * 3 / 2];
    let (luma, chroma) = out.split_at_mut(width * height);
    for (pair, line) in yuyv[..stride * height].chunks_exact(2).zip(luma.iter_mut()) {
        *line = pair[0];
    }
    let (u_plane, v_plane) = chroma.split_at_mut(width * height / 4);
    for (row, lines) in yuyv[..stride * height].chunks_exact(stride * 2).enumerate() {
        let (upper, lower) = lines.split_at(stride);
        let at = row * width / 2;
        let targets = u_plane[at..at + width / 2].iter_mut().zip(&mut v_plane[at..at + width / 2]);
        for ((u, v), (a, b)) in targets.zip(upper.chunks_exact(4).zip(lower.chunks_exact(4))) {
            *u = (u16::from(a[1]) + u16::from(b[1])).div_ceil(2) as u8;
            *v = (u16::from(a[3]) + u16::from(b[3])).div_ceil(2) as u8;
        }
    }
    Some(out)
}

/// Interleaved YCbCr (4:4:4, what a JPEG decoder gives) to I420, chroma averaged over 2×2.
pub fn from_ycbcr(ycbcr: &[u8], width: usize, height: usize) -> Option<Vec<u8>> {
    let stride = width * 3;
    if ycbcr.len() < stride * height || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return None;
    }
    let mut out = vec![0; width * height * 3 / 2];
    let (luma, chroma) = out.split_at_mut(width * height);
    for (pixel, line) in ycbcr.chunks_exact(3).zip(luma.iter_mut()) {
        *line = pixel[0];
    }
    let (u_plane, v_plane) = chroma.split_at_mut(width * height / 4);
    for (row, lines) in ycbcr[..stride * height].chunks_exact(stride * 2).enumerate() {
        let (upper, lower) = lines.split_at(stride);
        let at = row * width / 2;
        let targets = u_plane[at..at + width / 2].iter_mut().zip(&mut v_plane[at..at + width / 2]);
        for ((u, v), (a, b)) in targets.zip(upper.chunks_exact(6).zip(lower.chunks_exact(6))) {
            let mean = |i: usize| {
                (u16::from(a[i]) + u16::from(a[i + 3]) + u16::from(b[i]) + u16::from(b[i + 3]) + 2) / 4
            };
            *u = mean(1) as u8;
            *v = mean(2) as u8;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four pixels wide, four high: two rows and two columns of chroma.
    const WIDTH: usize = 4;
    const HEIGHT: usize = 4;

    #[test]
    fn each_chroma_sample_comes_from_its_own_place_in_the_picture() {
        let mut yuyv = Vec::new();
        let mut ycbcr = Vec::new();
        for (y, x) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (y, x))) {
            let (luma, block) = ((y * WIDTH + x) as u8, (y / 2 * 2 + x / 2) as u8);
            let (u, v) = (100 + block, 200 + block);
            yuyv.extend([luma, if x % 2 == 0 { u } else { v }]);
            ycbcr.extend([luma, u, v]);
        }
        let mut planes: Vec<u8> = (0..16).collect();
        planes.extend([100, 101, 102, 103, 200, 201, 202, 203]);
        assert_eq!(from_yuyv(&yuyv, WIDTH, HEIGHT).unwrap(), planes);
        assert_eq!(from_ycbcr(&ycbcr, WIDTH, HEIGHT).unwrap(), planes);
    }

    #[test]
    fn a_picture_that_is_cut_off_or_has_half_a_chroma_sample_is_none() {
        assert!(from_yuyv(&[0; 16], 4, 2).is_some() && from_ycbcr(&[0; 24], 4, 2).is_some());
        // What a driver pads with behind the picture is not of it.
        assert!(from_yuyv(&[0; 20], 4, 2).is_some() && from_ycbcr(&[0; 27], 4, 2).is_some());
        assert!(from_yuyv(&[0; 15], 4, 2).is_none() && from_ycbcr(&[0; 23], 4, 2).is_none());
        for (width, height) in [(3, 2), (2, 3), (3, 3)] {
            assert!(from_yuyv(&[0; 64], width, height).is_none(), "{width}x{height}");
            assert!(from_ycbcr(&[0; 64], width, height).is_none(), "{width}x{height}");
        }
    }

    #[test]
    fn yuyv_keeps_luma_and_averages_the_chroma_of_two_lines() {
        let yuyv = [1, 10, 2, 20, 3, 11, 4, 21];
        assert_eq!(from_yuyv(&yuyv, 2, 2).unwrap(), [1, 2, 3, 4, 11, 21]);
        assert_eq!(from_yuyv(&yuyv[..7], 2, 2), None);
    }

    #[test]
    fn ycbcr_averages_chroma_over_two_by_two_pixels() {
        let pixels = [1, 10, 20, 2, 12, 22, 3, 14, 24, 4, 16, 26];
        assert_eq!(from_ycbcr(&pixels, 2, 2).unwrap(), [1, 2, 3, 4, 13, 23]);
    }
}
