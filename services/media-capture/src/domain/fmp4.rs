//! Just enough of fragmented MP4 (ISO/IEC 14496-12) to repair a clip that a crash cut anywhere,
//! and to give each fragment its true start time.

/// Ticks a second of our video track (the customary one for video).
pub const TIMESCALE: u32 = 90_000;

const HEADER: usize = 8;

/// What is whole in a file: header (ftyp + moov) and fragments (moof + mdat), nothing torn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Bytes to keep; 0 when not even the header is whole.
    pub len: usize,
    pub fragments: u32,
    pub frames: u64,
    /// Decode time of the last frame, in `TIMESCALE` ticks since the first.
    pub last_frame_ticks: u64,
}

pub fn whole_prefix(file: &[u8]) -> Whole {
    let mut whole = Whole::default();
    let mut at = 0;
    for wanted in [b"ftyp", b"moov"] {
        match next_box(file, at) {
            Some((kind, body)) if &kind == wanted => at = body.end,
            _ => return whole,
        }
    }
    whole.len = at;
    while let Some(fragment) = next_fragment(file, at) {
        at = fragment.end;
        whole.len = at;
        whole.fragments += 1;
        whole.frames += u64::from(fragment.frames);
        whole.last_frame_ticks = fragment.last_frame_ticks;
    }
    whole
}

struct Fragment {
    end: usize,
    frames: u32,
    last_frame_ticks: u64,
}

fn next_fragment(file: &[u8], at: usize) -> Option<Fragment> {
    let (kind, moof) = next_box(file, at)?;
    let (after, mdat) = next_box(file, moof.end)?;
    if &kind != b"moof" || &after != b"mdat" {
        return None;
    }
    let traf = find(file, moof, b"traf")?;
    let tfdt = find(file, traf.clone(), b"tfdt")?;
    let trun = find(file, traf, b"trun")?;
    let base = u64::from_be_bytes(file.get(tfdt.start + 4..tfdt.start + 12)?.try_into().ok()?);
    let frames = word(file, trun.start + 4)?;
    // version+flags, count, data offset, then duration, size, flags, composition offset a frame
    let mut last_frame_ticks = base;
    for frame in 0..frames.saturating_sub(1) as usize {
        last_frame_ticks += u64::from(word(file, trun.start + 12 + frame * 16)?);
    }
    Some(Fragment { end: mdat.end, frames, last_frame_ticks })
}

/// muxide starts a fragment where it guesses the last one ended; after a camera gap the guess is seconds off.
/// Writes the true time (ticks) into the fragment's `tfdt` (version 1, §8.8.12). `false`: no such box.
pub fn set_start(segment: &mut [u8], ticks: u64) -> bool {
    let found = next_box(segment, 0)
        .and_then(|(_, moof)| find(segment, moof, b"traf"))
        .and_then(|traf| find(segment, traf, b"tfdt"));
    match found {
        Some(tfdt) if tfdt.len() == 12 => {
            segment[tfdt.start + 4..tfdt.end].copy_from_slice(&ticks.to_be_bytes());
            true
        }
        _ => false,
    }
}

pub fn ticks(ns: u64) -> u64 {
    (u128::from(ns) * u128::from(TIMESCALE) / 1_000_000_000) as u64
}

pub fn nanoseconds(ticks: u64) -> u64 {
    (u128::from(ticks) * 1_000_000_000 / u128::from(TIMESCALE)) as u64
}

fn word(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

/// The box at `at` and where its body lies; `None` if it is not wholly there. 64-bit sizes are never written.
fn next_box(file: &[u8], at: usize) -> Option<([u8; 4], std::ops::Range<usize>)> {
    let size = word(file, at)? as usize;
    let kind = file.get(at + 4..at + 8)?.try_into().ok()?;
    let end = at.checked_add(size)?;
    (size >= HEADER && end <= file.len()).then_some((kind, at + HEADER..end))
}

fn find(file: &[u8], within: std::ops::Range<usize>, wanted: &[u8; 4]) -> Option<std::ops::Range<usize>> {
    let inside = file.get(..within.end)?;
    let mut at = within.start;
    while let Some((kind, body)) = next_box(inside, at) {
        if &kind == wanted {
            return Some(body);
        }
        at = body.end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use muxide::fragmented::{FragmentConfig, FragmentedMuxer};

    /// Three fragments of two frames each, the last after a gap of 10 s; with the offset each piece ends at.
    fn clip() -> (Vec<u8>, Vec<usize>) {
        let mut muxer = FragmentedMuxer::new(FragmentConfig::new(16, 16, TIMESCALE)).unwrap();
        let mut file = muxer.init_segment();
        let mut ends = vec![file.len()];
        for start in [0, 12_000, 924_000] {
            muxer.write_video(start, start, &[1; 50], true).unwrap();
            muxer.write_video(start + 6_000, start + 6_000, &[2; 30], false).unwrap();
            let mut segment = muxer.flush_segment().unwrap();
            assert!(set_start(&mut segment, start));
            file.extend_from_slice(&segment);
            ends.push(file.len());
        }
        (file, ends)
    }

    #[test]
    fn a_clip_cut_at_any_byte_keeps_its_whole_fragments_and_nothing_else() {
        let (file, ends) = clip();
        for cut in 0..=file.len() {
            let whole = whole_prefix(&file[..cut]);
            let pieces = ends.iter().filter(|end| **end <= cut).count();
            let len = if pieces == 0 { 0 } else { ends[pieces - 1] };
            let fragments = pieces.saturating_sub(1);
            assert_eq!((whole.len, whole.fragments as usize), (len, fragments), "cut at {cut}");
            assert_eq!(whole.frames as usize, fragments * 2, "cut at {cut}");
        }
        assert_eq!(whole_prefix(&file).last_frame_ticks, 930_000);
    }

    #[test]
    fn bytes_that_are_no_clip_keep_nothing() {
        assert_eq!(whole_prefix(b"\0\0\0\x08free\0\0\0\x08moov"), Whole::default());
        assert_eq!(whole_prefix(&[0; 64]), Whole::default());
        assert!(!set_start(&mut [0; 64], 5));
    }

    #[test]
    fn time_converts_to_ticks_and_back_within_one_tick() {
        for ns in [0, 66_666_666, 3_600_000_000_000] {
            assert!(ns - nanoseconds(ticks(ns)) < 11_112);
        }
    }
}
