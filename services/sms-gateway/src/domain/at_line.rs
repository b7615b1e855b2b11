//! Lines of an AT dialogue: 3GPP TS 27.007 / 27.005 and ITU-T V.250 §5.7. Echo on or off, both are fine.
//! A line is an echo, a prompt, a final result, an answer to the command in flight, or unsolicited (URC).

use super::final_result::FinalResult;
use std::collections::VecDeque;

/// The longest legal line is a PDU of 176 octets; anything far beyond it is noise on the wire.
const LINE_BYTES_MAX: usize = 1024;
/// Headers that may wait for their PDU line at one time: a URC can stand between a header and its PDU.
const OPEN_HEADERS_MAX: usize = 4;

/// What modems say when they have started, or are about to.
const BOOT_WORDS: [&str; 7] =
    ["RDY", "SMS READY", "SMS DONE", "^SYSSTART", "MODEM:STARTUP", "NORMAL POWER DOWN", "+PBREADY"];

#[derive(Clone, PartialEq, Eq)]
pub enum Urc {
    /// `+CMTI` or `+CDSI`: something is in this memory ("SM"; empty = not said). The index is not used, a drain
    /// finds it.
    Stored(String),
    /// `+CDS` or `+CMT` with its PDU.
    Pdu(String),
    /// `+CUSD:` with its values: the operator answers a USSD code.
    Ussd(String),
    /// `+CMGS:` with its values while nothing is being submitted: the answer to a submission that was given up.
    Acknowledged(String),
    /// `+CPIN` other than READY, `+CFUN`, `^BOOT` and the words of a start: the modem may have restarted or lost its SIM.
    Restarted,
    Other,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Line {
    Echo,
    /// `> ` after AT+CMGS.
    Prompt,
    Final(FinalResult),
    Answer {
        text: String,
        pdu: Option<String>,
    },
    Urc(Urc),
}

/// What the command in flight makes legal.
#[derive(Default, Clone)]
pub struct Expected {
    /// Sent text that an echoing modem repeats.
    pub echo: String,
    /// `+CREG:` and the like; `None` = any line is an answer (AT+CGMM); ignored when nothing is in flight.
    pub prefix: Option<&'static str>,
    pub prompt: bool,
    pub in_flight: bool,
}

enum Header {
    Answer(String),
    Urc,
}

/// Cuts the byte stream into lines and tells what each one is.
#[derive(Default)]
pub struct LineReader {
    buffer: VecDeque<u8>,
    headers: Vec<Header>,
}

impl LineReader {
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    /// Forgets half lines and half answers, as after a reconnect.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.headers.clear();
    }

    pub fn next(&mut self, expected: &Expected) -> Option<Line> {
        loop {
            if expected.prompt && self.take_prompt() {
                return Some(Line::Prompt);
            }
            let text = self.take_line()?;
            if text.is_empty() {
                continue;
            }
            if let Some(line) = self.classify(text, expected) {
                return Some(line);
            }
        }
    }

    /// The prompt ends without a line break (27.005 §3.5.1).
    fn take_prompt(&mut self) -> bool {
        let blank = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0)).count();
        if self.buffer.get(blank) != Some(&b'>') {
            return false;
        }
        self.buffer.drain(..=blank);
        true
    }

    fn take_line(&mut self) -> Option<String> {
        let Some(end) = self.buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            if self.buffer.len() > LINE_BYTES_MAX {
                self.buffer.clear();
            }
            return None;
        };
        let line: Vec<u8> = self.buffer.drain(..=end).filter(|byte| (0x20..0x7F).contains(byte)).collect();
        let text = String::from_utf8(line).unwrap_or_default();
        Some(if text.len() > LINE_BYTES_MAX { String::new() } else { text.trim().to_owned() })
    }

    fn classify(&mut self, text: String, expected: &Expected) -> Option<Line> {
        if expected.in_flight && !expected.echo.is_empty() && text.eq_ignore_ascii_case(&expected.echo) {
            return Some(Line::Echo);
        }
        let numeric = || expected.in_flight.then(|| FinalResult::of_number(&text)).flatten();
        if let Some(result) = FinalResult::read(&text).or_else(numeric) {
            // A header whose PDU never came is an answer of its own; a final result ends them all.
            self.headers.clear();
            return Some(Line::Final(result));
        }
        if is_pdu(&text)
            && let Some(header) = self.headers.pop()
        {
            return Some(match header {
                Header::Answer(header) => Line::Answer { text: header, pdu: Some(text) },
                Header::Urc => Line::Urc(Urc::Pdu(text)),
            });
        }
        if text.starts_with("+CDS:") || text.starts_with("+CMT:") {
            self.await_pdu(Header::Urc);
            return None;
        }
        if expected.in_flight && answers(&text, expected.prefix) {
            if text.starts_with("+CMGL:") || text.starts_with("+CMGR:") {
                self.await_pdu(Header::Answer(text));
                return None;
            }
            return Some(Line::Answer { text, pdu: None });
        }
        Some(Line::Urc(urc(&text)))
    }

    fn await_pdu(&mut self, header: Header) {
        if self.headers.len() == OPEN_HEADERS_MAX {
            self.headers.remove(0);
        }
        self.headers.push(header);
    }
}

/// Two answers share their name with a URC; the number and kind of values tells them apart.
fn answers(text: &str, prefix: Option<&'static str>) -> bool {
    let Some(prefix) = prefix else { return urc(text) == Urc::Other && !is_vendor_urc(text) };
    let Some(values) = text.strip_prefix(prefix) else { return false };
    if prefix == "+CREG:" {
        // Answer: `<n>,<stat>…`; URC: `<stat>` or `<stat>,"<lac>",…` (27.007 §7.2).
        return values.split(',').take(2).filter(|value| value.trim().parse::<u8>().is_ok()).count() == 2;
    }
    true
}

/// `^RSSI:`, `*…`, `%…`, RING: vendors' news that may come at any time.
fn is_vendor_urc(text: &str) -> bool {
    text.starts_with(['^', '*', '%'])
        || text == "RING"
        || text.starts_with("+CRING")
        || text.starts_with("+CREG")
}

fn urc(text: &str) -> Urc {
    let named = |name: &str| text.starts_with(name);
    if let Some(values) = text.strip_prefix("+CMTI:").or_else(|| text.strip_prefix("+CDSI:")) {
        let memory = values.split(',').next().unwrap_or_default();
        return Urc::Stored(memory.trim().trim_matches('"').to_owned());
    }
    if let Some(values) = text.strip_prefix("+CUSD:") {
        return Urc::Ussd(values.trim().to_owned());
    }
    if named("+CMGS:") {
        return Urc::Acknowledged(text.to_owned());
    }
    // "+CPIN: NOT READY" is a SIM that went.
    let sim_gone = text.strip_prefix("+CPIN:").is_some_and(|state| state.trim() != "READY");
    let said = text.to_ascii_uppercase();
    if sim_gone || named("+CFUN:") || named("^BOOT") || BOOT_WORDS.contains(&said.as_str()) {
        return Urc::Restarted;
    }
    Urc::Other
}

/// Ten octets is less than any PDU a modem hands over; shorter hex is somebody's number or date.
fn is_pdu(text: &str) -> bool {
    text.len() >= 20 && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDU: &str = "00040D91683108108300F000004211248150902303C8329B";

    fn read_all(reader: &mut LineReader, expected: &Expected) -> Vec<Line> {
        std::iter::from_fn(|| reader.next(expected)).collect()
    }

    fn lines(bytes: &str, expected: &Expected) -> Vec<Line> {
        let mut reader = LineReader::default();
        reader.feed(bytes.as_bytes());
        read_all(&mut reader, expected)
    }

    fn in_flight(echo: &str, prefix: Option<&'static str>) -> Expected {
        Expected { echo: echo.into(), prefix, prompt: false, in_flight: true }
    }

    fn answer(text: &str, pdu: Option<&str>) -> Line {
        Line::Answer { text: text.into(), pdu: pdu.map(str::to_owned) }
    }

    #[test]
    fn an_echo_is_recognised_and_a_modem_without_echo_too() {
        let expected = in_flight("AT+CSQ", Some("+CSQ:"));
        let wanted = [answer("+CSQ: 20,99", None), Line::Final(FinalResult::Ok)];
        assert!(lines("\r\n+CSQ: 20,99\r\n\r\nOK\r\n", &expected) == wanted);
        assert!(lines("AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n", &expected)[1..] == wanted);
    }

    #[test]
    fn a_urc_inside_a_submission_is_not_taken_for_its_answer() {
        let got = lines(
            "\r\n+CMTI: \"SM\",-1\r\n^RSSI:9\r\n+CMGS: 5\r\n\r\nOK\r\n",
            &in_flight("", Some("+CMGS:")),
        );
        let wanted = [
            Line::Urc(Urc::Stored("SM".into())),
            Line::Urc(Urc::Other),
            answer("+CMGS: 5", None),
            Line::Final(FinalResult::Ok),
        ];
        assert!(got == wanted);
    }

    #[test]
    fn a_split_prompt_is_found_without_a_line_break() {
        let mut reader = LineReader::default();
        let expected = Expected { prompt: true, in_flight: true, ..Expected::default() };
        reader.feed(b"\r");
        assert!(reader.next(&expected).is_none());
        reader.feed(b"\n>");
        assert!(reader.next(&expected) == Some(Line::Prompt));
        reader.feed(b" ");
        assert!(reader.next(&expected).is_none());
    }

    #[test]
    fn listed_messages_carry_their_pdu_even_with_a_report_in_between() {
        let bytes = format!("+CMGL: 1,0,,20\r\n+CDS: 20\r\n{PDU}\r\n{PDU}\r\nOK\r\n");
        let got = lines(&bytes, &in_flight("AT+CMGL=4", Some("+CMGL:")));
        let wanted = [
            Line::Urc(Urc::Pdu(PDU.into())),
            answer("+CMGL: 1,0,,20", Some(PDU)),
            Line::Final(FinalResult::Ok),
        ];
        assert!(got == wanted);
    }

    #[test]
    fn registration_news_is_told_from_the_answer_to_the_question() {
        let expected = in_flight("AT+CREG?", Some("+CREG:"));
        let got =
            lines("+CREG: 2\r\n+CREG: 5,\"00C3\",\"01\"\r\n+CREG: 1,0,1\r\n+CREG: 0,1\r\nOK\r\n", &expected);
        let wanted = [
            Line::Urc(Urc::Other),
            Line::Urc(Urc::Other),
            answer("+CREG: 1,0,1", None),
            answer("+CREG: 0,1", None),
            Line::Final(FinalResult::Ok),
        ];
        assert!(got == wanted);
    }

    #[test]
    fn errors_keep_their_number_when_they_have_one() {
        let got = lines(
            "+CMS ERROR: 38\r\n+CMS ERROR : 38\r\n+CME ERROR: SIM busy\r\n+CME ERROR: no idea\r\nERROR\r\n4\r",
            &in_flight("", None),
        );
        let wanted = [
            Line::Final(FinalResult::Cms(Some(38))),
            Line::Final(FinalResult::Cms(Some(38))),
            Line::Final(FinalResult::Cme(Some(14))),
            Line::Final(FinalResult::Cme(None)),
            Line::Final(FinalResult::Error),
            Line::Final(FinalResult::Error),
        ];
        assert!(got == wanted);
    }

    #[test]
    fn a_start_of_the_modem_and_a_sim_that_went_are_told_from_other_news() {
        for line in ["SMS Ready", "RDY", "+CPIN: NOT READY", "+CPIN: SIM PIN", "^SYSSTART"] {
            assert!(urc(line) == Urc::Restarted, "{line}");
        }
        for line in ["+CPIN: READY", "+CPIN:READY", "Call Ready", "0"] {
            assert!(urc(line) == Urc::Other, "{line}");
        }
        assert!(urc("+CDSI: \"SR\" , 1") == Urc::Stored("SR".into()));
    }

    #[test]
    fn nuls_and_endless_noise_do_not_fill_memory() {
        let mut reader = LineReader::default();
        reader.feed(b"\0\0OK\r\n");
        assert!(reader.next(&in_flight("AT", None)) == Some(Line::Final(FinalResult::Ok)));
        reader.feed(&[b'x'; 2000]);
        assert!(reader.next(&Expected::default()).is_none());
        assert_eq!(reader.buffer.len(), 0);
    }
}
