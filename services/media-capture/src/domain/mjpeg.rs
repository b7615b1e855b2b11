//! What cameras call MJPEG, made into the JPEG (ITU-T T.81) that decoders read. Many leave out the Huffman tables,
//! because the OpenDML AVI specification fixes them, and some end without an end marker.

mod scan;

use std::borrow::Cow;

pub use scan::is_whole;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DHT: u8 = 0xc4;

/// Annex K.3.3: class and number of a table, codes of each length from 1 to 16, values.
const DC_CODES: [(u8, [u8; 16]); 2] = [
    (0x00, [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
    (0x01, [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]),
];
const DC_VALUES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const AC_LUMA_CODES: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
const AC_LUMA_VALUES: &[u8; 162] = b"\x01\x02\x03\x00\x04\x11\x05\x12!1A\x06\x13Qa\x07\"q\x142\x81\x91\xa1\x08#B\xb1\xc1\x15R\xd1\xf0$3br\x82\x09\x0a\x16\x17\x18\x19\x1a%&'()*456789:CDEFGHIJSTUVWXYZcdefghijstuvwxyz\x83\x84\x85\x86\x87\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa";
const AC_CHROMA_CODES: [u8; 16] = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77];
const AC_CHROMA_VALUES: &[u8; 162] = b"\x00\x01\x02\x03\x11\x04\x05!1\x06\x12AQ\x07aq\x13\"2\x81\x08\x14B\x91\xa1\xb1\xc1\x09#3R\xf0\x15br\xd1\x0a\x16$4\xe1%\xf1\x17\x18\x19\x1a&'()*56789:CDEFGHIJSTUVWXYZcdefghijstuvwxyz\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa";

/// What the markers of a picture say.
struct Layout {
    /// Where the first scan's header begins.
    scan: usize,
    has_tables: bool,
    /// Where the picture ends; `None` if its end marker is missing.
    end: Option<usize>,
}

/// The JPEG in a camera's buffer: without what follows its end, with tables and end marker put in where they are
/// missing. `None`: no picture begins here, or not even its pixels do. Whether the pixels are whole is for the
/// decoder to say, in its strict mode.
pub fn repaired(buffer: &[u8]) -> Option<Cow<'_, [u8]>> {
    let layout = layout(buffer)?;
    let picture = &buffer[..layout.end.unwrap_or_else(|| without_padding(buffer))];
    if layout.scan >= picture.len() {
        return None;
    }
    if layout.has_tables && layout.end.is_some() {
        return Some(Cow::Borrowed(picture));
    }
    let mut jpeg = picture[..layout.scan].to_vec();
    if !layout.has_tables {
        jpeg.extend(standard_tables());
    }
    jpeg.extend_from_slice(&picture[layout.scan..]);
    if layout.end.is_none() {
        // Half a marker at the end would join ours.
        if jpeg.last() == Some(&0xff) {
            jpeg.pop();
        }
        jpeg.extend([0xff, EOI]);
    }
    Some(Cow::Owned(jpeg))
}

/// Walks the markers (§B.1.1), because FFD9 may stand inside a segment, too.
fn layout(buffer: &[u8]) -> Option<Layout> {
    if buffer.get(..2)? != [0xff, SOI] {
        return None;
    }
    let mut found = Layout { scan: 0, has_tables: false, end: None };
    let mut at = 2;
    loop {
        if *buffer.get(at)? != 0xff {
            return None;
        }
        match *buffer.get(at + 1)? {
            0xff => at += 1,
            EOI => return None,
            0x01 | 0xd0..=SOI => at += 2,
            SOS => {
                found.scan = at;
                break;
            }
            marker => {
                found.has_tables |= marker == DHT;
                at += 2 + segment_len(buffer, at)?;
            }
        }
    }
    found.end = end_of_scans(buffer, found.scan);
    Some(found)
}

fn segment_len(buffer: &[u8], at: usize) -> Option<usize> {
    let len = usize::from(u16::from_be_bytes([*buffer.get(at + 2)?, *buffer.get(at + 3)?]));
    (len >= 2).then_some(len)
}

/// Behind the end marker, if there is one.
fn end_of_scans(buffer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *buffer.get(at + 1)? {
            0xff => at += 1,
            EOI => return Some(at + 2),
            // The next picture begins before this one ended.
            SOI => return None,
            // Entropy-coded data: a stuffed zero or a restart (§B.1.1.5).
            0x00 | 0xd0..=0xd7 => at = next_marker(buffer, at + 2)?,
            SOS => at = next_marker(buffer, at + 2 + segment_len(buffer, at)?)?,
            _ => at = next_marker(buffer, at + 2 + segment_len(buffer, at)?)?,
        }
    }
}

fn next_marker(buffer: &[u8], at: usize) -> Option<usize> {
    Some(at + buffer.get(at..)?.iter().position(|byte| *byte == 0xff)?)
}

/// Drivers fill the rest of a buffer with zeros; entropy-coded data ends in ones (§F.1.2.3).
fn without_padding(buffer: &[u8]) -> usize {
    buffer.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

fn standard_tables() -> Vec<u8> {
    let mut tables = Vec::with_capacity(420);
    for (id, codes) in DC_CODES {
        tables.push(id);
        tables.extend(codes);
        tables.extend(DC_VALUES);
    }
    for (id, codes, values) in
        [(0x10, AC_LUMA_CODES, AC_LUMA_VALUES), (0x11, AC_CHROMA_CODES, AC_CHROMA_VALUES)]
    {
        tables.push(id);
        tables.extend(codes);
        tables.extend(values);
    }
    let mut segment = vec![0xff, DHT];
    segment.extend(((tables.len() + 2) as u16).to_be_bytes());
    segment.extend(tables);
    segment
}

#[cfg(test)]
mod tests;
