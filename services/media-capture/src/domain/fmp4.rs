//! Just enough of fragmented MP4 (ISO/IEC 14496-12) to repair a clip that a crash cut anywhere,
//! and to give each fragment its true start time.

/// Ticks a second of our video track (the customary one for video).
pub const TIMESCALE: u32 = 90_000;

const HEADER: usize = 8;

/// Track numbers, as the muxer gives them.
const VIDEO: u32 = 1;
const SOUND: u32 = 2;

/// What is whole in a file: header (ftyp + moov) and fragments (moof + mdat), nothing torn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Bytes to keep; 0 when not even the header is whole.
    pub len: usize,
    pub fragments: u32,
    pub frames: u64,
    /// Packets of sound.
    pub sounds: u64,
    /// Decode time of the last frame, in `TIMESCALE` ticks since the first.
    pub last_frame_ticks: u64,
}

impl Whole {
    /// Takes the next piece of a file that comes in pieces: the header first, then whole fragments.
    /// False: it is no such piece.
    pub fn take(&mut self, piece: &[u8]) -> bool {
        if self.len == 0 {
            match header(piece) {
                Some(end) if end == piece.len() => self.len = end,
                _ => return false,
            }
            return true;
        }
        match next_fragment(piece, 0) {
            Some(fragment) if fragment.end == piece.len() => {
                self.len += piece.len();
                self.count(&fragment);
                true
            }
            _ => false,
        }
    }

    fn count(&mut self, fragment: &Fragment) {
        self.fragments += 1;
        self.frames += u64::from(fragment.frames);
        self.sounds += u64::from(fragment.sounds);
        self.last_frame_ticks = fragment.last_frame_ticks.unwrap_or(self.last_frame_ticks);
    }
}

pub fn whole_prefix(file: &[u8]) -> Whole {
    let mut whole = Whole { len: header(file).unwrap_or(0), ..Whole::default() };
    while let Some(fragment) = next_fragment(file, whole.len).filter(|_| whole.len > 0) {
        whole.len = fragment.end;
        whole.count(&fragment);
    }
    whole
}

/// Where the header ends.
fn header(file: &[u8]) -> Option<usize> {
    let (kind, ftyp) = next_box(file, 0)?;
    let (after, moov) = next_box(file, ftyp.end)?;
    (&kind == b"ftyp" && &after == b"moov").then_some(moov.end)
}

struct Fragment {
    end: usize,
    frames: u32,
    sounds: u32,
    last_frame_ticks: Option<u64>,
}

fn next_fragment(file: &[u8], at: usize) -> Option<Fragment> {
    let (kind, moof) = next_box(file, at)?;
    let (after, mdat) = next_box(file, moof.end)?;
    if &kind != b"moof" || &after != b"mdat" {
        return None;
    }
    let mut fragment = Fragment { end: mdat.end, frames: 0, sounds: 0, last_frame_ticks: None };
    for traf in all(file, moof, *b"traf") {
        let (track, count, last) = track(file, traf)?;
        match track {
            VIDEO => {
                fragment.frames += count;
                fragment.last_frame_ticks = Some(last);
            }
            SOUND => fragment.sounds += count,
            _ => return None,
        }
    }
    Some(fragment)
}

/// Number of a track, how many samples it has here, and the decode time of the last.
fn track(file: &[u8], traf: std::ops::Range<usize>) -> Option<(u32, u32, u64)> {
    let tfhd = find(file, traf.clone(), b"tfhd")?;
    let tfdt = find(file, traf.clone(), b"tfdt")?;
    let trun = find(file, traf, b"trun")?;
    let mut last = u64::from_be_bytes(file.get(tfdt.start + 4..tfdt.start + 12)?.try_into().ok()?);
    let count = word(file, trun.start + 4)?;
    // version+flags, count, data offset, then duration, size, flags, composition offset a sample
    for sample in 0..count.saturating_sub(1) as usize {
        last += u64::from(word(file, trun.start + 12 + sample * 16)?);
    }
    Some((word(file, tfhd.start + 4)?, count, last))
}

/// Where the samples of the video lie in a fragment, in order.
pub fn video_samples(fragment: &[u8]) -> Option<Vec<std::ops::Range<usize>>> {
    let (_, moof) = next_box(fragment, 0)?;
    let mut samples = Vec::new();
    for traf in all(fragment, moof, *b"traf") {
        let tfhd = find(fragment, traf.clone(), b"tfhd")?;
        let trun = find(fragment, traf, b"trun")?;
        if word(fragment, tfhd.start + 4)? != VIDEO {
            continue;
        }
        let mut at = word(fragment, trun.start + 8)? as usize;
        for sample in 0..word(fragment, trun.start + 4)? as usize {
            let size = word(fragment, trun.start + 12 + sample * 16 + 4)? as usize;
            let end = at.checked_add(size).filter(|end| *end <= fragment.len())?;
            samples.push(at..end);
            at = end;
        }
    }
    Some(samples)
}

/// Decode times of a fragment's pictures, in ticks.
pub fn video_times(fragment: &[u8]) -> Option<Vec<u64>> {
    let (_, moof) = next_box(fragment, 0)?;
    let mut times = Vec::new();
    for traf in all(fragment, moof, *b"traf") {
        let tfhd = find(fragment, traf.clone(), b"tfhd")?;
        let tfdt = find(fragment, traf.clone(), b"tfdt")?;
        let trun = find(fragment, traf, b"trun")?;
        if word(fragment, tfhd.start + 4)? != VIDEO {
            continue;
        }
        let mut at = u64::from_be_bytes(fragment.get(tfdt.start + 4..tfdt.start + 12)?.try_into().ok()?);
        for sample in 0..word(fragment, trun.start + 4)? as usize {
            times.push(at);
            at += u64::from(word(fragment, trun.start + 12 + sample * 16)?);
        }
    }
    Some(times)
}

/// muxide starts a fragment where it guesses the last one ended; after a camera gap the guess is seconds off.
/// Writes the true times, video's in ticks and sound's in samples, into the fragment's `tfdt` boxes (version 1,
/// §8.8.12). `false`: a track has none.
pub fn set_start(segment: &mut [u8], video: Option<u64>, sound: Option<u64>) -> bool {
    let Some((_, moof)) = next_box(segment, 0) else { return false };
    for traf in all(segment, moof, *b"traf") {
        let found = find(segment, traf.clone(), b"tfhd").zip(find(segment, traf, b"tfdt"));
        let Some((tfhd, tfdt)) = found.filter(|(_, tfdt)| tfdt.len() == 12) else { return false };
        let start = if word(segment, tfhd.start + 4) == Some(VIDEO) { video } else { sound };
        if let Some(start) = start {
            segment[tfdt.start + 4..tfdt.end].copy_from_slice(&start.to_be_bytes());
        }
    }
    true
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

fn all(file: &[u8], within: std::ops::Range<usize>, wanted: [u8; 4]) -> Vec<std::ops::Range<usize>> {
    let Some(inside) = file.get(..within.end) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = within.start;
    while let Some((kind, body)) = next_box(inside, at) {
        at = body.end;
        if kind == wanted {
            found.push(body);
        }
    }
    found
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
            assert!(set_start(&mut segment, Some(start), None));
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
    fn a_file_that_comes_in_pieces_counts_like_one_in_one_piece() {
        let (file, ends) = clip();
        let header = &file[..ends[0]];
        let fragments: Vec<&[u8]> = ends.windows(2).map(|at| &file[at[0]..at[1]]).collect();
        let mut whole = Whole::default();
        assert!(!whole.take(fragments[0]), "no header yet");
        assert!(!whole.take(&file[..ends[1]]), "a header and more");
        assert!(whole.take(header) && !whole.take(header));
        assert!(!whole.take(&file[ends[0]..ends[2]]), "two fragments");
        assert!(!whole.take(&fragments[0][..fragments[0].len() - 1]), "a part of one");
        assert_eq!((whole.len, whole.fragments), (header.len(), 0));
        assert!(fragments.iter().all(|fragment| whole.take(fragment)));
        assert_eq!(whole, whole_prefix(&file));
    }

    #[test]
    fn the_pictures_of_a_fragment_are_found_where_they_lie_and_when_they_were_taken() {
        let (file, ends) = clip();
        for (at, start) in ends.windows(2).zip([0, 12_000, 924_000]) {
            let fragment = &file[at[0]..at[1]];
            let found = video_samples(fragment).unwrap();
            let pictures: Vec<&[u8]> = found.into_iter().map(|picture| &fragment[picture]).collect();
            assert_eq!(pictures, [&[1; 50][..], &[2; 30]]);
            assert_eq!(video_times(fragment).unwrap(), [start, start + 6_000]);
            let cut = &fragment[..fragment.len() - 1];
            assert_eq!(video_samples(cut), None, "a picture ends behind the end");
        }
    }

    #[test]
    fn bytes_that_are_no_clip_keep_nothing() {
        assert_eq!(whole_prefix(b"\0\0\0\x08free\0\0\0\x08moov"), Whole::default());
        assert_eq!(whole_prefix(&[0; 64]), Whole::default());
        assert!(!set_start(&mut [0; 64], Some(5), None));
    }

    #[test]
    fn time_converts_to_ticks_and_back_within_one_tick() {
        for ns in [0, 66_666_666, 3_600_000_000_000] {
            assert!(ns - nanoseconds(ticks(ns)) < 11_112);
        }
    }
}
