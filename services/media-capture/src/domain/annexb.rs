//! H.264 byte streams (ITU-T H.264 Annex B) to what MP4 wants: parameter sets apart, slices length-prefixed.

const NAL_SEI: u8 = 6;
const NAL_SPS: u8 = 7;
const NAL_PPS: u8 = 8;
const NAL_DELIMITER: u8 = 9;

/// One picture ready for the muxer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AccessUnit {
    pub sps: Option<Vec<u8>>,
    pub pps: Option<Vec<u8>>,
    /// Slices, each with a 4-byte big-endian length (AVCC). Parameter sets left inside are accepted by
    /// muxers but break players that honour `avc1`.
    pub avcc: Vec<u8>,
}

pub fn to_access_unit(annexb: &[u8]) -> AccessUnit {
    let mut unit = AccessUnit { avcc: Vec::with_capacity(annexb.len() + 8), ..AccessUnit::default() };
    for nal in nal_units(annexb) {
        match nal[0] & 0x1f {
            NAL_SPS => unit.sps = Some(nal.to_vec()),
            NAL_PPS => unit.pps = Some(nal.to_vec()),
            NAL_DELIMITER | NAL_SEI => {}
            _ => {
                unit.avcc.extend_from_slice(&(nal.len() as u32).to_be_bytes());
                unit.avcc.extend_from_slice(nal);
            }
        }
    }
    unit
}

/// Splits at start codes `00 00 01`; trailing zeros belong to the next four-byte start code, not to the unit
/// (a NAL unit never ends in a zero byte, §7.4.1).
fn nal_units(annexb: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= annexb.len() {
        if annexb[at..at + 3] == [0, 0, 1] {
            starts.push(at);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([annexb.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| {
        let unit = &annexb[start + 3..end];
        let len = unit.iter().rposition(|byte| *byte != 0)? + 1;
        Some(&unit[..len])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_leave_the_stream_and_slices_get_a_length() {
        let stream = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 9, 8, 0, 0, 0, 1, 0x65, 7];
        let unit = to_access_unit(&stream);
        assert_eq!(unit.sps.as_deref(), Some(&[0x67, 1, 2][..]));
        assert_eq!(unit.pps.as_deref(), Some(&[0x68, 3][..]));
        assert_eq!(unit.avcc, [0, 0, 0, 3, 0x65, 9, 8, 0, 0, 0, 2, 0x65, 7]);
    }

    #[test]
    fn a_stream_without_start_codes_holds_no_picture() {
        assert_eq!(to_access_unit(&[1, 2, 3]), AccessUnit::default());
    }
}
