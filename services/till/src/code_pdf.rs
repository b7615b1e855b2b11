//! A payer's code on a sheet of paper: one page of PDF 1.4 with the picture as it is.
//!
//! A PNG's pixel data is a zlib stream of rows with PNG's own filters, and a PDF reads just that (ISO 32000-1 §7.4.4.4,
//! predictor 15), so nothing is decoded.

use std::fmt::Write as _;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Side of the printed code and A6's sides, in points of 1/72 inch.
const SIDE_PT: u32 = 220;
const PAGE_PT: (u32, u32) = (298, 420);

struct Picture {
    width: u32,
    height: u32,
    bits: u8,
    data: Vec<u8>,
}

/// `None` where the picture is no grey PNG without interlacing. `caption`: ASCII.
pub fn page(png: &[u8], caption: &str) -> Option<Vec<u8>> {
    let picture = read(png)?;
    let (left, bottom) = ((PAGE_PT.0 - SIDE_PT) / 2, (PAGE_PT.1 - SIDE_PT) / 2);
    let caption: String =
        caption.chars().filter(|c| c.is_ascii_graphic() && !"()\\".contains(*c) || *c == ' ').collect();
    let content = format!(
        "q {SIDE_PT} 0 0 {SIDE_PT} {left} {bottom} cm /Code Do Q BT /F 12 Tf {left} {} Td ({caption}) Tj ET",
        bottom - 24
    );
    let image = format!(
        "<< /Type /XObject /Subtype /Image /Width {w} /Height {h} /ColorSpace /DeviceGray /BitsPerComponent {bits} \
         /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 1 /BitsPerComponent {bits} /Columns {w} >> \
         /Length {} >>",
        picture.data.len(),
        w = picture.width,
        h = picture.height,
        bits = picture.bits,
    );
    let objects: [(String, &[u8]); 6] = [
        ("<< /Type /Catalog /Pages 2 0 R >>".into(), b""),
        ("<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into(), b""),
        (
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents 4 0 R \
                 /Resources << /XObject << /Code 5 0 R >> /Font << /F 6 0 R >> >> >>",
                PAGE_PT.0, PAGE_PT.1
            ),
            b"",
        ),
        (format!("<< /Length {} >>", content.len()), content.as_bytes()),
        (image, &picture.data),
        ("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".into(), b""),
    ];
    Some(write(&objects))
}

fn write(objects: &[(String, &[u8])]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, (dictionary, stream)) in objects.iter().enumerate() {
        let _infallible = writeln!(table, "{:010} 00000 n ", out.len());
        out.extend(format!("{} 0 obj\n{dictionary}\n", at + 1).bytes());
        if !stream.is_empty() {
            out.extend(b"stream\n");
            out.extend(*stream);
            out.extend(b"\nendstream\n");
        }
        out.extend(b"endobj\n");
    }
    let end = out.len();
    let trailer =
        format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{end}\n%%EOF\n", objects.len() + 1);
    out.extend(table.bytes());
    out.extend(trailer.bytes());
    out
}

/// IHDR: width, height, depth, colour type 0 (grey), no interlacing; then every IDAT (PNG, ISO 15948 §11.2).
fn read(png: &[u8]) -> Option<Picture> {
    let mut rest = png.strip_prefix(SIGNATURE)?;
    let mut head = None;
    let mut data = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (kind, body) = (after.get(..4)?, after.get(4..4 + length)?);
        match kind {
            b"IHDR" => head = Some(<[u8; 13]>::try_from(body).ok()?),
            b"IDAT" => data.extend(body),
            _ => {}
        }
        rest = after.get(8 + length..)?;
    }
    let head = head?;
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let plain = head[9] == 0 && head[12] == 0;
    plain.then(|| Picture { width: number(0), height: number(4), bits: head[8], data })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(colour: u8) -> Vec<u8> {
        let chunk = |kind: &[u8], body: &[u8]| {
            [&u32::try_from(body.len()).unwrap().to_be_bytes(), kind, body, &[0; 4]].concat()
        };
        let head = [&[0, 0, 0, 7, 0, 0, 0, 9][..], &[8, colour, 0, 0, 0]].concat();
        [
            SIGNATURE,
            &chunk(b"IHDR", &head),
            &chunk(b"IDAT", b"first "),
            &chunk(b"IDAT", b"second"),
            &chunk(b"IEND", b""),
        ]
        .concat()
    }

    #[test]
    fn a_grey_picture_stands_on_its_page_as_it_is_and_every_object_is_where_the_table_says() {
        let pdf = page(&png(0), "·6417 (valid) to 2027-02-22").unwrap();
        let text = String::from_utf8_lossy(&pdf).into_owned();
        assert!(
            text.contains("/Width 7 /Height 9") && text.contains("stream\nfirst second\nendstream"),
            "{text}"
        );
        assert!(text.contains("(6417 valid to 2027-02-22) Tj"), "{text}");
        let table = text.split("xref\n0 7\n").nth(1).unwrap();
        for (at, row) in table.lines().skip(1).take(6).enumerate() {
            let offset: usize = row[..10].parse().unwrap();
            assert!(pdf[offset..].starts_with(format!("{} 0 obj", at + 1).as_bytes()), "{row}");
        }
    }

    #[test]
    fn what_is_no_grey_png_makes_no_page() {
        assert!(page(&png(6), "").is_none() && page(b"GIF89a", "").is_none());
        assert!(page(&png(0)[..40], "").is_none(), "cut off");
    }
}
