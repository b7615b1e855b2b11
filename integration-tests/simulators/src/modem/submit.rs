//! Reading an SMS-SUBMIT (3GPP TS 23.040, clause 9.2.2.2), as strictly as a service centre may.

use serde::Serialize;

use super::{address, alphabet};
use crate::hex;

/// What the network was asked to send.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Submit {
    pub to: String,
    pub text: String,
    /// `gsm7`, `ucs2` or `data` (text is hex then).
    pub encoding: &'static str,
    pub srr: bool,
    pub pid: u8,
    pub dcs: u8,
    /// TP-VP, relative format only (clause 9.2.3.12.1).
    pub validity_minutes: Option<u32>,
    /// TP-VP of any format, hex.
    pub vp: Option<String>,
    /// User data header without its length octet, hex.
    pub udh: Option<String>,
}

/// Reads a TPDU (without the service centre).
pub fn decode(tpdu: &[u8]) -> Result<Submit, String> {
    let [first, _reference, rest @ ..] = tpdu else { return Err("the TPDU is cut off".into()) };
    if first & 0x03 != 0x01 {
        return Err("TP-MTI is not SMS-SUBMIT".into());
    }
    let (to, rest) = address::decode(rest)?;
    let [pid, dcs, rest @ ..] = rest else { return Err("the TPDU is cut off".into()) };
    let vp_octets = match first >> 3 & 0x03 {
        0 => 0,
        2 => 1,
        _ => 7,
    };
    let (vp, rest) = rest.split_at_checked(vp_octets).ok_or("TP-VP is cut off")?;
    let [length, data @ ..] = rest else { return Err("TP-UDL is missing".into()) };
    let (udh, text, encoding) = user_data(*dcs, first & 0x40 != 0, usize::from(*length), data)?;
    Ok(Submit {
        to,
        text,
        encoding,
        srr: first & 0x20 != 0,
        pid: *pid,
        dcs: *dcs,
        validity_minutes: (vp.len() == 1).then(|| relative_minutes(vp[0])),
        vp: (!vp.is_empty()).then(|| hex::upper(vp)),
        udh,
    })
}

type UserData = (Option<String>, String, &'static str);

fn user_data(dcs: u8, has_header: bool, length: usize, data: &[u8]) -> Result<UserData, String> {
    let encoding = alphabet_of(dcs);
    let octets = if encoding == "gsm7" { (length * 7).div_ceil(8) } else { length };
    if octets > 140 {
        return Err("TP-UD is longer than 140 octets".into());
    }
    if data.len() != octets {
        return Err(format!("TP-UDL asks for {octets} octets, there are {}", data.len()));
    }
    let header = match data.first() {
        Some(size) if has_header => 1 + usize::from(*size),
        None if has_header => return Err("TP-UDHI without a header".into()),
        _ => 0,
    };
    let body = data.get(header..).ok_or("the user data header is cut off")?;
    let udh = has_header.then(|| hex::upper(&data[1..header]));
    let text = match encoding {
        "gsm7" => {
            // The text starts at the next septet boundary after the header (clause 9.2.3.24).
            let skipped = (header * 8).div_ceil(7);
            let count = length.checked_sub(skipped).ok_or("TP-UDL is shorter than its header")?;
            let septets = alphabet::unpack(body, skipped * 7 - header * 8, count);
            alphabet::text_of(&septets.ok_or("TP-UD is cut off")?)
        }
        "ucs2" => {
            let (units, odd) = body.as_chunks::<2>();
            if !odd.is_empty() {
                return Err("UCS-2 text with an odd octet".into());
            }
            // Emoji are sent as UTF-16 pairs by every handset.
            String::from_utf16_lossy(&units.iter().map(|unit| u16::from_be_bytes(*unit)).collect::<Vec<_>>())
        }
        _ => hex::upper(body),
    };
    Ok((udh, text, encoding))
}

/// TP-DCS → alphabet (23.038, clause 4).
fn alphabet_of(dcs: u8) -> &'static str {
    match (dcs >> 4, dcs >> 2 & 0x03) {
        (0x0..=0x7, 1) => "data",
        (0x0..=0x7, 2) | (0xE, _) => "ucs2",
        (0xF, 1 | 3) => "data",
        _ => "gsm7",
    }
}

fn relative_minutes(vp: u8) -> u32 {
    let vp = u32::from(vp);
    match vp {
        0..=143 => (vp + 1) * 5,
        144..=167 => 12 * 60 + (vp - 143) * 30,
        168..=196 => (vp - 166) * 24 * 60,
        _ => (vp - 192) * 7 * 24 * 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modem_reads_the_textbook_submit() {
        let tpdu = hex::bytes("11000B916407281553F80000AA0AE8329BFD4697D9EC37").unwrap();
        let submit = decode(&tpdu).unwrap();
        assert_eq!((submit.to.as_str(), submit.text.as_str()), ("+46708251358", "hellohello"));
        assert_eq!(submit.validity_minutes, Some(4 * 24 * 60));
        assert!(!submit.srr);
    }

    #[test]
    fn modem_refuses_a_submit_that_is_cut_off_anywhere() {
        let tpdu = hex::bytes("11000B916407281553F80000AA0AE8329BFD4697D9EC37").unwrap();
        for length in 0..tpdu.len() {
            assert!(decode(&tpdu[..length]).is_err(), "{length} octets");
        }
    }

    #[test]
    fn modem_reads_a_gsm7_part_after_its_header() {
        // UDHI, 05 00 03 AB 02 01, "hello" from septet 7 on.
        let tpdu = hex::bytes("41000B916407281553F800000C050003AB0201D06536FB0D").unwrap();
        let submit = decode(&tpdu).unwrap();
        assert_eq!((submit.text.as_str(), submit.udh.as_deref()), ("hello", Some("0003AB0201")));
    }
}
