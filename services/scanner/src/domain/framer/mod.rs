//! Bytes of a serial line and the silences between them → codes. Nobody in a shop knows what their handheld puts behind a code,
//! so it is learnt, and unlearnt when the device is set anew.
//!
//! A hand needs a fifth of a second from code to code; a device needs none inside one. So silence ends a code, and a suffix
//! only says sooner that the silence has begun: a vCard has line ends inside, and two codes may stand in one read of a busy
//! machine. What came together is taken apart afterwards, when all of it is there to be judged ([`divide`]).

mod divide;
mod ending;
mod parity;
mod reply;

use std::time::Duration;

use super::refusal::Refusal;
use super::scan::CODE_LEN_MAX;
use divide::Part;
use ending::Ending;
pub use ending::{End, Suffix};
pub use parity::Parity;

/// After a suffix: more of the same code comes at once, from USB within a frame of 1 ms, at 9,600 Bd within 1 ms a byte.
const SETTLE: Duration = Duration::from_millis(25);
/// Nothing is known of the device: stalls of 70 ms have been seen inside a code.
const GAP_UNKNOWN: Duration = Duration::from_millis(150);
/// The device is known to send no suffix.
const GAP_SILENT: Duration = Duration::from_millis(120);
/// The device is known to send a suffix, and it is missing yet. Less than from hand to hand, as the suffix may be gone for good.
const GAP_SUFFIX: Duration = Duration::from_millis(190);
/// A silence that is remembered: perhaps one code ended there.
const PAUSE: Duration = Duration::from_millis(40);
/// Silences remembered of one line.
const PAUSES_MAX: usize = 64;
/// Text that a known suffix ends at once; longer text may have lines.
const TOKEN_LEN_MAX: usize = 48;

#[derive(Debug, PartialEq, Eq)]
pub enum Framed {
    Code(Vec<u8>),
    /// The device's answer to a command: no code.
    Reply(Vec<u8>),
    Refused(Refusal),
}

/// Times are monotonic, from any fixed moment.
#[derive(Debug)]
pub struct Framer {
    line: Vec<u8>,
    /// Lengths of `line` at which the device paused.
    pauses: Vec<usize>,
    last_byte: Duration,
    /// The line is longer than a code may be, or a part of it was lost: the rest is thrown away.
    discarding: Option<Refusal>,
    ending: Ending,
    parity: Option<Parity>,
}

impl Framer {
    pub fn new(suffix: Suffix) -> Self {
        Self {
            line: Vec::new(),
            pauses: Vec::new(),
            last_byte: Duration::ZERO,
            discarding: None,
            ending: Ending::new(suffix),
            parity: None,
        }
    }

    /// When `tick` is due; `None` while nothing waits for an end.
    pub fn due(&self) -> Option<Duration> {
        if self.discarding.is_some() {
            return Some(self.last_byte + GAP_SUFFIX);
        }
        let view = self.view();
        let ended = divide::is_terminator(*view.last()?) && !divide::is_open(&view);
        let wait = if ended { SETTLE } else { self.ending.patience() };
        Some(self.last_byte + wait)
    }

    /// What the device was found to send behind its codes.
    pub fn end(&self) -> Option<End> {
        self.ending.learnt()
    }

    /// Set when the device sends seven bits with parity.
    pub fn parity(&self) -> Option<Parity> {
        self.parity
    }

    pub fn push(&mut self, bytes: &[u8], now: Duration) -> Vec<Framed> {
        let mut framed = if self.due().is_some_and(|due| due <= now) { self.tick(now) } else { Vec::new() };
        let paused = now.saturating_sub(self.last_byte) >= PAUSE;
        if paused && !self.line.is_empty() && self.pauses.len() < PAUSES_MAX {
            self.pauses.push(self.line.len());
        }
        self.last_byte = now;
        for &byte in bytes {
            if self.discarding.is_some() {
                if matches!(byte, b'\r' | b'\n') {
                    framed.extend(self.finish());
                }
            } else if self.line.len() == CODE_LEN_MAX + divide::TERMINATORS_MAX {
                self.spoil(Refusal::TooLong, now);
            } else {
                self.line.push(byte);
            }
        }
        if self.is_whole() {
            framed.extend(self.finish());
        }
        framed
    }

    /// A part of the code was lost: the rest of it, up to its end, is thrown away.
    pub fn spoil(&mut self, refusal: Refusal, now: Duration) {
        self.line.clear();
        self.pauses.clear();
        self.last_byte = now;
        self.discarding = Some(refusal);
    }

    /// Time has passed in silence.
    pub fn tick(&mut self, now: Duration) -> Vec<Framed> {
        if self.due().is_some_and(|due| due <= now) { self.finish() } else { Vec::new() }
    }

    /// The device is gone: half a code is none, and the next device may be another one.
    pub fn cut(&mut self) -> Option<Framed> {
        let begun = !self.line.is_empty() || self.discarding.is_some();
        *self = Self::new(self.ending.setting());
        begun.then_some(Framed::Refused(Refusal::CutOff))
    }

    /// Without parity bits, if it has any.
    fn view(&self) -> std::borrow::Cow<'_, [u8]> {
        parity::folded(&self.line).map_or((&self.line[..]).into(), |(_, folded)| folded.into())
    }

    /// Whether the line need not be waited for.
    fn is_whole(&self) -> bool {
        let view = self.view();
        let Some(last) = view.last() else { return false };
        if !divide::is_terminator(*last) && *last != divide::ETX {
            return reply::is_reply(&view);
        }
        let parts = divide::divide(&view, &self.pauses, &self.ending);
        let known = self.ending.learnt().is_some_and(|end| end.is_suffix_of(&view));
        !parts.is_empty()
            && parts.iter().all(|part| match part {
                Part::Reply(_) => true,
                Part::Code(code) => divide::stands_alone(code) || known && is_token(code),
            })
    }

    fn finish(&mut self) -> Vec<Framed> {
        let view = self.view().into_owned();
        let pauses = std::mem::take(&mut self.pauses);
        let folded = parity::folded(&self.line).map(|(parity, _)| parity);
        self.line.clear();
        if let Some(refusal) = self.discarding.take() {
            return vec![Framed::Refused(refusal)];
        }
        let parts = divide::divide(&view, &pauses, &self.ending);
        if parts.iter().any(|part| matches!(part, Part::Code(_))) {
            self.ending.observe(End::of(&view));
            self.parity = folded.or(self.parity.filter(|_| view.iter().all(u8::is_ascii)));
        }
        let framed = parts.into_iter().map(|part| match part {
            Part::Reply(reply) => Framed::Reply(reply),
            Part::Code(code) if code.len() > CODE_LEN_MAX => Framed::Refused(Refusal::TooLong),
            Part::Code(code) => Framed::Code(code),
        });
        framed.collect()
    }
}

/// What a shop's own label carries: no spaces, no colons, so neither text nor a card of several lines.
fn is_token(code: &[u8]) -> bool {
    code.len() <= TOKEN_LEN_MAX
        && code.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-./+$%*_#]".contains(byte))
}

#[cfg(test)]
mod tests;
