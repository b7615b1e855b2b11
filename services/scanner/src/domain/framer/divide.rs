//! Takes apart what came without a silence between.

use super::ending::{End, Ending};
use super::reply;
use crate::domain::symbol::{self, aim};

const STX: u8 = 0x02;
pub const ETX: u8 = 0x03;
const EOT: u8 = 0x04;
/// Terminators behind a code at its full length.
pub const TERMINATORS_MAX: usize = 4;

#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Code(Vec<u8>),
    Reply(Vec<u8>),
}

pub fn is_terminator(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\t' | EOT)
}

/// A code that means something by itself and that nothing can be added to.
pub fn stands_alone(code: &[u8]) -> bool {
    let (identifier, data) =
        aim::split(code).map_or((None, code), |(identifier, data)| (Some(identifier), data));
    symbol::parse(data, identifier).is_complete() && !data.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

/// Its end is still to come, whatever line ends it has inside: a frame without ETX, or a card (RFC 6350) or calendar (RFC 5545)
/// without the END of its BEGIN.
pub fn is_open(line: &[u8]) -> bool {
    if line.first() == Some(&STX) {
        return !line.contains(&ETX);
    }
    let text = trimmed(line);
    let Some(rest) = card(text) else { return false };
    let kind = rest.split(|byte| is_terminator(*byte)).next().unwrap_or_default();
    !text.ends_with(&[b"END:", kind].concat())
}

/// What comes after the BEGIN of a card or a calendar.
fn card(text: &[u8]) -> Option<&[u8]> {
    aim::split(text).map_or(text, |(_identifier, data)| data).strip_prefix(b"BEGIN:")
}

/// `pauses` are places where the device was silent for a moment.
pub fn divide(line: &[u8], pauses: &[usize], ending: &Ending) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = line;
    // Frames and answers say themselves where they end.
    while let [STX, ..] = rest {
        let Some(end) = rest.iter().position(|byte| *byte == ETX) else { break };
        let frame = &rest[..=end];
        if reply::is_reply(frame) {
            parts.push(Part::Reply(frame.to_vec()));
        } else if end > 1 {
            parts.push(Part::Code(frame[1..end].to_vec()));
        }
        rest = trimmed_start(&rest[end + 1..]);
    }
    rest = rest.strip_prefix(&[STX]).unwrap_or(rest);
    if reply::is_reply(trimmed(rest)) {
        parts.push(Part::Reply(trimmed(rest).to_vec()));
        return parts;
    }
    let offset = line.len() - rest.len();
    let pauses: Vec<usize> = pauses.iter().filter_map(|at| at.checked_sub(offset)).collect();
    parts.extend(codes(rest, &pauses, ending).into_iter().map(|code| Part::Code(code.to_vec())));
    parts
}

fn codes<'a>(line: &'a [u8], pauses: &[usize], ending: &Ending) -> Vec<&'a [u8]> {
    let whole = trimmed(line);
    if whole.is_empty() {
        return Vec::new();
    }
    // ISO/IEC 15434 messages end with EOT themselves.
    if whole.starts_with(b"[)>") {
        return vec![whole_message(line)];
    }
    if card(whole).is_some() {
        return vec![whole];
    }
    let lines: Vec<&[u8]> =
        whole.split(|byte| is_terminator(*byte)).filter(|part| !part.is_empty()).collect();
    if lines.len() > 1 && is_several(&lines, line, whole, ending) {
        return lines;
    }
    if lines.len() == 1 && !stands_alone(whole) {
        let cut = at_pauses(line, pauses);
        if cut.len() > 1 && cut.iter().all(|part| stands_alone(part)) {
            return cut;
        }
    }
    vec![whole]
}

/// Whether the lines are a code each, rather than the lines of one.
fn is_several(lines: &[&[u8]], line: &[u8], whole: &[u8], ending: &Ending) -> bool {
    if lines.iter().all(|line| stands_alone(line)) || lines.iter().all(|line| aim::split(line).is_some()) {
        return true;
    }
    if lines.iter().any(|line| is_noise(line)) && lines.last().is_some_and(|last| stands_alone(last)) {
        return true;
    }
    // Text has LF or CR LF between its lines. A terminator of another kind is the device's own.
    let inner = whole.iter().copied().filter(|byte| is_terminator(*byte));
    let own = |terminator: u8| inner.clone().all(|byte| byte == terminator);
    match End::of(line) {
        End::Cr => own(b'\r'),
        End::Eot => own(EOT),
        End::Tab => own(b'\t') && ending.learnt() == Some(End::Tab),
        _ => false,
    }
}

/// Control characters that no text holds; FS to US separate fields.
fn is_noise(line: &[u8]) -> bool {
    line.iter().any(|byte| byte.is_ascii_control() && !(0x1c..=0x1f).contains(byte))
}

fn at_pauses<'a>(line: &'a [u8], pauses: &[usize]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in pauses.iter().copied().filter(|at| *at < line.len()).chain([line.len()]) {
        let part = trimmed(&line[from..at]);
        if !part.is_empty() {
            parts.push(part);
        }
        from = at;
    }
    parts
}

fn trimmed_start(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !is_terminator(*byte)).unwrap_or(line.len());
    &line[start..]
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = trimmed_start(line);
    let end = line.iter().rposition(|byte| !is_terminator(*byte)).map_or(0, |last| last + 1);
    &line[..end]
}

/// With its own EOT, if it has one.
fn whole_message(line: &[u8]) -> &[u8] {
    let start = line.len() - trimmed_start(line).len();
    let end = start + trimmed(line).len();
    if line.get(end) == Some(&EOT) { &line[start..=end] } else { &line[start..end] }
}
