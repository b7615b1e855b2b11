//! What eyes other than ours read on a paper.

use std::path::Path;
use std::process::Command;

/// Grey values of a PNG of emupos, which are one bit a dot.
pub fn dots(png: &Path) -> (usize, usize, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(png).unwrap());
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let samples = frame.color_type.samples();
    let grey = pixels[..frame.buffer_size()].chunks_exact(samples).map(|pixel| pixel[0]).collect();
    (frame.width as usize, frame.height as usize, grey)
}

/// By zbar, another program; the picture needs a margin, which paper has and the printable width has not.
pub fn by_zbar(png: &Path) -> String {
    let output = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(png).output().expect("zbarimg");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// By rqrr, another library.
pub fn by_rqrr(png: &Path) -> String {
    let (width, height, grey) = dots(png);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let grids = image.detect_grids();
    grids.first().and_then(|grid| grid.decode().ok()).map(|(_, text)| text).unwrap_or_default()
}

/// By tesseract; `None` where it, or its Chinese, is not installed.
pub fn by_tesseract(png: &Path) -> Option<String> {
    let output =
        Command::new("tesseract").arg(png).args(["-", "-l", "chi_sim", "--psm", "6"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
