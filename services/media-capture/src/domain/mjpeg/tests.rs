use super::*;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A picture with the standard tables, as a camera encodes it.
fn picture() -> Vec<u8> {
    let pixels: Vec<u8> = (0..64 * 48 * 3).map(|at| (at * at / 700 % 251) as u8).collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 80);
    encoder.set_sampling_factor(SamplingFactor::F_2_1);
    encoder.encode(&pixels, 64, 48, ColorType::Rgb).unwrap();
    jpeg
}

fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != SOS {
        let end = at + 2 + segment_len(jpeg, at).unwrap();
        if jpeg[at + 1] != DHT {
            out.extend_from_slice(&jpeg[at..end]);
        }
        at = end;
    }
    out.extend_from_slice(&jpeg[at..]);
    out
}

fn decoded(jpeg: &[u8]) -> Result<Vec<u8>, String> {
    let options = DecoderOptions::default().set_strict_mode(true);
    JpegDecoder::new_with_options(ZCursor::new(jpeg), options).decode().map_err(|error| format!("{error:?}"))
}

#[test]
fn a_picture_ends_at_its_own_end_marker_not_at_one_inside_a_segment_or_behind_it() {
    let whole = picture();
    let mut buffer = whole[..2].to_vec();
    buffer.extend([0xff, 0xe1, 0, 6, 0xff, EOI, 1, 2]);
    buffer.extend_from_slice(&whole[2..]);
    let len = buffer.len();
    buffer.extend([0xff, EOI, 0, 0, 7]);
    assert_eq!(repaired(&buffer).unwrap(), &buffer[..len]);
}

#[test]
fn missing_huffman_tables_are_put_in() {
    let whole = picture();
    let bare = without_tables(&whole);
    assert!(bare.len() < whole.len() - 400, "the tables are gone");
    assert_eq!(decoded(&repaired(&bare).unwrap()).unwrap(), decoded(&whole).unwrap());
}

#[test]
fn a_missing_end_marker_is_put_in_whatever_fills_the_buffer() {
    let whole = picture();
    let pixels = decoded(&whole).unwrap();
    for keep in [whole.len() - 2, whole.len() - 1] {
        for padding in [0, 1, 5_000] {
            let mut cut = whole[..keep].to_vec();
            cut.extend(vec![0; padding]);
            assert_eq!(decoded(&repaired(&cut).unwrap()).as_ref(), Ok(&pixels), "{keep} + {padding}");
        }
    }
    let mut followed = whole[..whole.len() - 2].to_vec();
    followed.extend_from_slice(&whole);
    assert!(repaired(&followed).is_some());
}

#[test]
fn what_is_no_picture_or_has_no_pixels_is_none() {
    let whole = picture();
    let scan = layout(&whole).unwrap().scan;
    for nothing in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xd9", b"GIF89a", &whole[..scan]] {
        assert_eq!(repaired(nothing), None, "{} bytes", nothing.len());
    }
}

#[test]
fn a_picture_is_whole_with_every_block_and_not_with_one_less_or_bytes_too_many() {
    let whole = picture();
    assert_eq!(is_whole(&whole), Some(true));
    let scan = layout(&whole).unwrap().scan;
    let pixels = decoded(&whole).unwrap();
    let mut missed = Vec::new();
    for cut in (scan + 20..whole.len() - 3).step_by(7) {
        let mut torn = whole[..cut].to_vec();
        torn.extend([0xff, EOI]);
        let repaired = repaired(&torn).unwrap();
        if is_whole(&repaired) == Some(true) && decoded(&repaired).as_ref() != Ok(&pixels) {
            missed.push(cut);
        }
    }
    assert_eq!(missed, [] as [usize; 0], "of {} bytes", whole.len());
    let mut longer = whole[..whole.len() - 2].to_vec();
    longer.extend([0x55, 0xaa, 0xff, EOI]);
    assert_eq!(is_whole(&longer), Some(false));
}

#[test]
fn a_picture_spliced_of_two_is_found() {
    let whole = picture();
    let scan = layout(&whole).unwrap().scan;
    let third = (whole.len() - scan) / 3;
    let mut lost_packet = whole[..scan + third].to_vec();
    lost_packet.extend_from_slice(&whole[scan + third + 512..]);
    assert_eq!(is_whole(&lost_packet), Some(false));
}

#[test]
fn other_samplings_and_restart_intervals_are_counted_too() {
    let pixels: Vec<u8> = (0..70 * 50 * 3).map(|at| (at * 13 % 250) as u8).collect();
    for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_2_2] {
        for interval in [0, 3] {
            let mut jpeg = Vec::new();
            let mut encoder = Encoder::new(&mut jpeg, 70);
            encoder.set_sampling_factor(sampling);
            if interval > 0 {
                encoder.set_restart_interval(interval);
            }
            encoder.encode(&pixels, 70, 50, ColorType::Rgb).unwrap();
            assert_eq!(is_whole(&jpeg), Some(true), "{sampling:?}, restarts {interval}");
        }
    }
}

proptest! {
    #[test]
    fn damaged_scans_never_panic(at in 0usize..4_000, byte in any::<u8>()) {
        let mut buffer = picture();
        let at = at % buffer.len();
        buffer[at] = byte;
        let _ = is_whole(&buffer);
        let _ = is_whole(&buffer[..at]);
    }

    #[test]
    fn damaged_pictures_never_panic_and_stay_as_small_as_they_were(
        at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..4_000,
    ) {
        let mut buffer = picture();
        let (at, cut) = (at % buffer.len(), cut % buffer.len());
        buffer[at] = byte;
        if let Some(jpeg) = repaired(&buffer[..cut]) {
            prop_assert!(jpeg.len() <= cut + 430);
        }
    }
}
