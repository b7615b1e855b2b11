//! A payer's code on a sheet of paper: one page of PDF.

use std::io::Cursor;

use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str};

/// Side of the printed code and A6's sides, in points of 1/72 inch.
const SIDE_PT: f32 = 220.0;
const PAGE_PT: (f32, f32) = (298.0, 420.0);
const CAPTION_PT: f32 = 12.0;
/// Of 0 to 10.
const DEFLATE_LEVEL: u8 = 6;
/// More than any printer shows of a code.
const PIXELS_MAX: u32 = 4_096;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const CODE: Ref = Ref::new(5);
const FONT: Ref = Ref::new(6);
const CODE_NAME: Name<'_> = Name(b"Code");
const FONT_NAME: Name<'_> = Name(b"F");

/// Rows of grey pixels, each beginning with a byte of its own.
struct Picture {
    width: u32,
    height: u32,
    bits: u8,
    rows: Vec<u8>,
}

/// `None` where the picture is no grey PNG. `caption`: what is not ASCII is left out.
pub fn page(png: &[u8], caption: &str) -> Option<Vec<u8>> {
    let picture = read(png)?;
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut page = pdf.page(PAGE);
    page.parent(PAGES).media_box(Rect::new(0.0, 0.0, PAGE_PT.0, PAGE_PT.1)).contents(CONTENT);
    let mut resources = page.resources();
    resources.x_objects().pair(CODE_NAME, CODE);
    resources.fonts().pair(FONT_NAME, FONT);
    resources.finish();
    page.finish();
    pdf.type1_font(FONT).base_font(Name(b"Helvetica"));
    draw(&mut pdf, &picture);
    pdf.stream(CONTENT, &content(caption));
    Some(pdf.finish())
}

fn draw(pdf: &mut Pdf, picture: &Picture) {
    let data = miniz_oxide::deflate::compress_to_vec_zlib(&picture.rows, DEFLATE_LEVEL);
    let mut image = pdf.image_xobject(CODE, &data);
    let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    image.filter(Filter::FlateDecode);
    image.width(pixels(picture.width)).height(pixels(picture.height));
    image.color_space().device_gray();
    image.bits_per_component(picture.bits.into());
}

fn content(caption: &str) -> Vec<u8> {
    let (left, bottom) = ((PAGE_PT.0 - SIDE_PT) / 2.0, (PAGE_PT.1 - SIDE_PT) / 2.0);
    let caption: Vec<u8> = caption.bytes().filter(|byte| *byte == b' ' || byte.is_ascii_graphic()).collect();
    let mut content = Content::new();
    content.save_state().transform([SIDE_PT, 0.0, 0.0, SIDE_PT, left, bottom]).x_object(CODE_NAME);
    content.restore_state().begin_text().set_font(FONT_NAME, CAPTION_PT);
    content.next_line(left, bottom - 2.0 * CAPTION_PT).show(Str(&caption)).end_text();
    content.finish().to_vec()
}

fn read(png: &[u8]) -> Option<Picture> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().ok()?;
    let info = reader.info();
    let fits = info.width <= PIXELS_MAX && info.height <= PIXELS_MAX;
    if info.color_type != png::ColorType::Grayscale || !fits {
        return None;
    }
    let mut rows = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut rows).ok()?;
    rows.truncate(frame.buffer_size());
    Some(Picture { width: frame.width, height: frame.height, bits: frame.bit_depth as u8, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: [u8; 6] = [0, 255, 0, 255, 0, 255];

    fn png(colour: png::ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut made = Vec::new();
        let mut encoder = png::Encoder::new(&mut made, 3, 2);
        encoder.set_color(colour);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        made
    }

    fn after<'a>(text: &'a [u8], mark: &[u8]) -> &'a [u8] {
        let at = text.windows(mark.len()).position(|part| part == mark).unwrap();
        &text[at + mark.len()..]
    }

    #[test]
    fn every_pixel_of_the_code_and_its_caption_stand_on_the_page() {
        let pdf = page(&png(png::ColorType::Grayscale, &PIXELS), "·6417 (valid) to 2027-02-22").unwrap();
        let image = after(after(&pdf, b"/Subtype /Image"), b"stream\n");
        assert_eq!(miniz_oxide::inflate::decompress_to_vec_zlib(image).unwrap(), PIXELS);
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.contains("/Width 3") && text.contains("/Height 2"), "{text}");
        assert!(text.contains("6417") && text.contains("to 2027-02-22"), "{text}");
    }

    #[test]
    fn what_is_no_grey_png_makes_no_page() {
        let coloured = png(png::ColorType::Rgb, &[PIXELS, PIXELS, PIXELS].concat());
        assert!(page(&coloured, "").is_none() && page(b"GIF89a", "").is_none());
        let grey = png(png::ColorType::Grayscale, &PIXELS);
        assert!(page(&grey[..grey.len() / 2], "").is_none(), "cut off");
    }
}
