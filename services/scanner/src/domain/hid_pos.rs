//! Input reports of the USB HID point-of-sale class (usage page 0x8C, bar code scanner): a report says which symbology was read,
//! and whether the code goes on in the next one. Layout after the HID Point of Sale Usage Tables 1.02, section 4.3, as
//! Honeywell and Zebra send it: id, length, three characters of the AIM identifier, 56 bytes of data, …, flags.

use super::refusal::Refusal;
use super::scan::CODE_LEN_MAX;

const REPORT_ID: u8 = 2;
const HEADER_LEN: usize = 5;
const DATA_LEN: usize = 56;
/// Bit of the last byte: the next report goes on with this code.
const CONTINUED: u8 = 1;

#[derive(Debug, Default)]
pub struct Reports {
    code: Vec<u8>,
    overflown: bool,
}

impl Reports {
    /// A whole code, with its AIM identifier in front.
    pub fn push(&mut self, report: &[u8]) -> Option<Result<Vec<u8>, Refusal>> {
        let [REPORT_ID, length, identifier @ ..] = report else { return None };
        let identifier = identifier.get(..3)?;
        let length = usize::from(*length).min(DATA_LEN);
        let data = report.get(HEADER_LEN..HEADER_LEN + length)?;
        if self.code.is_empty() && identifier[0] == b']' {
            self.code.extend_from_slice(identifier);
        }
        self.overflown |= self.code.len() + data.len() > CODE_LEN_MAX + 3;
        if !self.overflown {
            self.code.extend_from_slice(data);
        }
        let continued =
            report.len() > HEADER_LEN + DATA_LEN && report.last().is_some_and(|flags| flags & CONTINUED != 0);
        if continued {
            return None;
        }
        let code = std::mem::take(&mut self.code);
        let whole = !std::mem::take(&mut self.overflown);
        if whole && code.is_empty() {
            return None;
        }
        Some(if whole { Ok(code) } else { Err(Refusal::TooLong) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn report(identifier: &[u8; 3], data: &[u8], continued: bool) -> Vec<u8> {
        let mut report = vec![0; 64];
        (report[0], report[1]) = (REPORT_ID, data.len() as u8);
        report[2..5].copy_from_slice(identifier);
        report[5..5 + data.len()].copy_from_slice(data);
        report[63] = u8::from(continued);
        report
    }

    #[test]
    fn a_code_has_its_symbology_in_front() {
        let mut reports = Reports::default();
        let code = reports.push(&report(b"]E0", b"6901234567892", false));
        assert_eq!(code, Some(Ok(b"]E06901234567892".to_vec())));
        assert_eq!(reports.push(&report(b"\0\0\0", b"1234", false)), Some(Ok(b"1234".to_vec())));
    }

    #[test]
    fn a_long_code_comes_in_several_reports() {
        let mut reports = Reports::default();
        let long = [b'7'; 237];
        for part in long[..224].chunks(56) {
            assert_eq!(reports.push(&report(b"]Q1", part, true)), None);
        }
        let whole = [b"]Q1".as_slice(), &long].concat();
        assert_eq!(reports.push(&report(b"]Q1", &long[224..], false)), Some(Ok(whole)));
    }

    #[test]
    fn an_endless_code_is_refused_and_the_next_is_read() {
        let mut reports = Reports::default();
        (0..100).for_each(|_| assert_eq!(reports.push(&report(b"]Q1", &[b'7'; 56], true)), None));
        assert_eq!(reports.push(&report(b"]Q1", b"7", false)), Some(Err(Refusal::TooLong)));
        assert_eq!(reports.push(&report(b"]E0", b"96385074", false)), Some(Ok(b"]E096385074".to_vec())));
    }

    proptest! {
        #[test]
        fn any_reports_stay_within_limits(all in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..40)) {
            let mut reports = Reports::default();
            for mut report in all {
                if let Some(id) = report.first_mut() {
                    *id = REPORT_ID;
                }
                if let Some(Ok(code)) = reports.push(&report) {
                    prop_assert!(code.len() <= CODE_LEN_MAX + 3);
                }
            }
        }
    }
}
