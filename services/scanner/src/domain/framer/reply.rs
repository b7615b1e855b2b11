//! Answers of handhelds to set-up commands come on the same line as codes. Honeywell: the command's tags, then ACK, ENQ or NAK
//! before the closing `.` or `!`. Newland: STX SOH … ETX. Metrologic: a lone ACK or NAK. No bar code holds these bytes.

const ENQ: u8 = 0x05;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;

pub fn is_reply(part: &[u8]) -> bool {
    match part {
        [0x02, 0x01, .., 0x03] => true,
        [ACK | NAK] => true,
        [tags @ .., ENQ | ACK | NAK, b'.' | b'!' | b';'] => tags
            .iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ' || matches!(*byte, ENQ | ACK | NAK)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_three_makes_are_known_and_codes_are_none() {
        for reply in [
            b"232BAD9\x06.".as_slice(),
            b"BEPPWR1\x15!",
            b"\x02\x01\x30000@CODE39ENA1\x06;\x03",
            b"\x06",
            b"A1\x06;B2\x05.",
        ] {
            assert!(is_reply(reply), "{reply:?}");
        }
        for code in [b"6901234567892".as_slice(), b"HELLO.", b"\x02HELLO\x03", b"", b"a\x06b"] {
            assert!(!is_reply(code), "{code:?}");
        }
    }
}
