//! SMS-SUBMIT, MS → SC: 3GPP TS 23.040 §9.2.2.2. A long text goes in parts with a concatenation header.

use super::data_coding::{DCS_GSM7, DCS_UCS2};
use super::text::{TextError, TextPlan, Units};
use super::{address, gsm7};
use crate::domain::phone::PhoneE164;

const TYPE_SUBMIT: u8 = 0b01;
/// TP-Validity-Period-Format "relative", bits 4..3 (§9.2.3.3).
const VALIDITY_RELATIVE: u8 = 0b1_0000;
/// TP-Status-Report-Request, bit 5 (§9.2.3.5).
const STATUS_REPORT_REQUEST: u8 = 0b10_0000;
/// TP-User-Data-Header-Indicator, bit 6 (§9.2.3.23).
const HEADER: u8 = 0b100_0000;
/// TP-UDHL, IEI 00 and its length (§9.2.3.24.1); reference, total and number follow.
const CONCATENATION: [u8; 3] = [5, 0x00, 3];
/// The six octets of that header, in septets and as fill bits before the text (§9.2.3.24).
const HEADER_SEPTETS: usize = 7;
const HEADER_OCTETS: usize = 6;
/// "Use the service centre stored on the SIM" (27.005 §3.1).
const SMSC_FROM_SIM: u8 = 0x00;

pub type SubmitError = TextError;

pub struct Submit<'a> {
    pub to: &'a PhoneE164,
    pub text: &'a str,
    /// How long the service centre keeps trying.
    pub validity_minutes: u32,
    pub request_report: bool,
    /// From 0; other than 0 only for a long text.
    pub part: u8,
    /// The same for all parts of one text, another one for the next text to the same number.
    pub reference: u8,
    pub parts_max: u8,
}

impl Submit<'_> {
    /// The whole PDU, SMSC octet first.
    pub fn encode(&self) -> Result<Vec<u8>, SubmitError> {
        let plan = TextPlan::of(self.text, self.parts_max)?;
        let total = plan.parts.len();
        let too_many = TextError::TooManyParts { needed: usize::from(self.part) + 1 };
        let units = plan.parts.get(usize::from(self.part)).ok_or(too_many)?;
        let header = (total > 1).then(|| {
            let total = u8::try_from(total).expect("a plan has at most parts_max parts");
            [&CONCATENATION[..], &[self.reference, total, self.part + 1]].concat()
        });
        let mut out = Vec::with_capacity(170);
        out.push(SMSC_FROM_SIM);
        let report = if self.request_report { STATUS_REPORT_REQUEST } else { 0 };
        let indicator = if header.is_some() { HEADER } else { 0 };
        out.push(TYPE_SUBMIT | VALIDITY_RELATIVE | report | indicator);
        // TP-MR: the modem puts its own (27.005 §3.5.1).
        out.push(0);
        address::write_destination(self.to, &mut out);
        // TP-PID 0: plain SME to SME (§9.2.3.9).
        out.push(0);
        let (dcs, length, data) = user_data(units, header.as_deref());
        out.push(dcs);
        out.push(relative_validity(self.validity_minutes));
        out.push(u8::try_from(length).expect("one part has at most 160 units"));
        out.extend(data);
        Ok(out)
    }
}

/// TP-DCS, TP-UDL and TP-UD.
fn user_data(units: &Units, header: Option<&[u8]>) -> (u8, usize, Vec<u8>) {
    match (units, header) {
        (Units::Septets(septets), None) => (DCS_GSM7, septets.len(), gsm7::pack(septets)),
        (Units::Septets(septets), Some(header)) => {
            // Packed behind empty septets whose room the header takes.
            let spaced = [&[0; HEADER_SEPTETS][..], septets].concat();
            let mut data = gsm7::pack(&spaced);
            data[..HEADER_OCTETS].copy_from_slice(header);
            (DCS_GSM7, spaced.len(), data)
        }
        (Units::Utf16(units), header) => {
            let mut data = header.unwrap_or_default().to_vec();
            data.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            (DCS_UCS2, data.len(), data)
        }
    }
}

/// `<length>` of `AT+CMGS`: octets without the SMSC part (27.005 §3.1).
pub fn cmgs_length(pdu: &[u8]) -> usize {
    super::tpdu(pdu).len()
}

/// TP-Validity-Period, relative (§9.2.3.12.1), rounded up so that nothing lapses early.
fn relative_validity(minutes: u32) -> u8 {
    const DAY: u32 = 24 * 60;
    const WEEK: u32 = 7 * DAY;
    let value = match minutes {
        0..=720 => minutes.div_ceil(5).max(1) - 1,
        721..=DAY => 143 + (minutes - 720).div_ceil(30),
        _ if minutes <= 30 * DAY => 166 + minutes.div_ceil(DAY),
        _ => 192 + minutes.div_ceil(WEEK),
    };
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::octets::Octets;
    use super::super::user_data::{self, Body};
    use super::*;

    fn plain<'a>(to: &'a PhoneE164, text: &'a str) -> Submit<'a> {
        Submit { to, text, validity_minutes: 5, request_report: false, part: 0, reference: 0, parts_max: 1 }
    }

    fn encode(to: &str, text: &str, validity_minutes: u32, request_report: bool) -> String {
        let to = PhoneE164::parse(to).unwrap();
        let pdu =
            Submit { to: &to, text, validity_minutes, request_report, part: 0, reference: 0, parts_max: 1 }
                .encode()
                .unwrap();
        hex::encode_upper(pdu)
    }

    #[test]
    fn a_gsm_text_becomes_the_known_pdu() {
        // The widely published example: "hellohello" to +46708251358, validity 4 days (0xAA).
        assert_eq!(
            encode("+46708251358", "hellohello", 4 * 24 * 60, false),
            "0011000B916407281553F80000AA0AE8329BFD4697D9EC37"
        );
    }

    #[test]
    fn a_report_request_and_a_day_of_validity_are_set() {
        assert_eq!(encode("+46708251358", "€", 24 * 60, true), "0031000B916407281553F80000A7029B32");
    }

    #[test]
    fn a_chinese_text_is_sent_as_ucs2() {
        assert_eq!(
            encode("+8613800138000", "付款😀", 60, false),
            "0011000D91683108108300F000080B084ED86B3ED83DDE00"
        );
    }

    #[test]
    fn the_length_for_cmgs_leaves_out_the_service_centre() {
        let to = PhoneE164::parse("+46708251358").unwrap();
        let pdu = plain(&to, "hellohello").encode().unwrap();
        assert_eq!(cmgs_length(&pdu), 23);
    }

    #[test]
    fn validity_is_rounded_up_within_each_range() {
        for (minutes, octet) in [
            (0, 0),
            (5, 0),
            (6, 1),
            (720, 143),
            (721, 144),
            (24 * 60, 167),
            (24 * 60 + 1, 168),
            (30 * 24 * 60, 196),
            (30 * 24 * 60 + 1, 197),
            (63 * 7 * 24 * 60, 255),
            (u32::MAX, 255),
        ] {
            assert_eq!(relative_validity(minutes), octet, "{minutes} minutes");
        }
    }

    #[test]
    fn a_text_for_two_parts_is_refused() {
        let to = PhoneE164::parse("+46708251358").unwrap();
        let text = "a".repeat(161);
        assert_eq!(plain(&to, &text).encode(), Err(TextError::TooLongGsm7 { needed: 161 }));
    }

    #[test]
    fn the_parts_of_a_long_text_read_back_as_one_text() {
        let to = PhoneE164::parse("+46708251358").unwrap();
        for text in ["a€".repeat(120), "付😀".repeat(40)] {
            let mut bodies = Vec::new();
            for part in 0..3 {
                let submit = Submit { part, reference: 0xAB, parts_max: 3, ..plain(&to, &text) };
                let Ok(pdu) = submit.encode() else { break };
                // The same octets after the address as in a DELIVER, with TP-VP in the place of TP-SCTS.
                let dcs = pdu[12];
                let data = user_data::read(dcs, true, &mut Octets::new(&pdu[14..])).unwrap();
                let place = data.concatenation.unwrap();
                assert_eq!((place.reference, place.number), (0xAB, part + 1));
                bodies.push(data.body);
            }
            assert!(bodies.len() > 1);
            assert!(bodies.iter().all(|body| !body.text().unwrap().contains(['\u{fffd}', '\u{1b}'])));
            assert_eq!(Body::join(&bodies.iter().collect::<Vec<_>>()).unwrap(), text);
        }
    }
}
