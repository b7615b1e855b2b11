//! Which parts make one long message. Senders use a reference again, some of them the same one for ever, and networks deliver
//! late and out of order: sender, reference and total alone (23.040 §9.2.3.24.1) do not make parts belong together.

use super::pdu::Body;
use jiff::{SignedDuration, Timestamp};

/// A phone hands over the parts of one message within seconds, with a retry or two within minutes.
pub const STAMPS_APART_MAX: SignedDuration = SignedDuration::from_mins(5);

/// What is known of one part.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub number: u8,
    pub body: &'a Body,
    /// The service centre's time; `None` when it wrote none that can be read.
    pub stamp: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// With the parts that wait.
    Joins,
    /// One of them again.
    Repeats,
    /// The reference is used again: what waits is passed on as it is, and this part begins a new message.
    BeginsAnother,
    /// A straggler of a message that was passed on: it is passed on alone.
    Alone,
}

/// `waiting` are the parts that wait under the same sender, reference and total; `passed_on` is the time stamp of the last
/// message that was passed on incomplete under them.
pub fn place(new: Part<'_>, waiting: &[Part<'_>], passed_on: Option<Timestamp>) -> Place {
    if waiting.is_empty() {
        return Place::Joins;
    }
    let same_number = waiting.iter().find(|part| part.number == new.number);
    if same_number.is_some_and(|part| part.body == new.body) {
        return Place::Repeats;
    }
    let gap = waiting.iter().filter_map(|part| apart(new.stamp, part.stamp)).min();
    let to_passed_on = apart(new.stamp, passed_on);
    if to_passed_on.zip(gap).is_some_and(|(before, here)| before < here) {
        return Place::Alone;
    }
    let too_far = gap.is_some_and(|gap| gap > STAMPS_APART_MAX);
    let oldest = waiting.iter().filter_map(|part| part.stamp).min();
    match (too_far || same_number.is_some(), new.stamp < oldest) {
        (true, true) if too_far => Place::Alone,
        (true, _) => Place::BeginsAnother,
        (false, _) => Place::Joins,
    }
}

fn apart(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<SignedDuration> {
    one.zip(other).map(|(one, other)| one.duration_since(other).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(1_700_000_000 + seconds).unwrap())
    }

    fn body(text: &str) -> Body {
        Body::Utf16(text.encode_utf16().collect())
    }

    #[test]
    fn parts_of_one_message_wait_for_each_other() {
        let (one, two) = (body("1"), body("2"));
        let first = Part { number: 1, body: &one, stamp: at(0) };
        let second = Part { number: 2, body: &two, stamp: at(9) };
        assert_eq!(place(second, &[], None), Place::Joins);
        assert_eq!(place(first, &[second], None), Place::Joins);
        assert_eq!(place(first, &[Part { stamp: at(40), ..first }], None), Place::Repeats);
        assert_eq!(place(Part { stamp: None, ..first }, &[second], at(5)), Place::Joins);
    }

    #[test]
    fn a_reference_that_is_used_again_begins_another_message() {
        let (one, other) = (body("1"), body("other"));
        let waits = Part { number: 1, body: &one, stamp: at(0) };
        for stamp in [at(10), at(480), None] {
            let again = Part { number: 1, body: &other, stamp };
            assert_eq!(place(again, &[waits], None), Place::BeginsAnother, "{stamp:?}");
        }
    }

    #[test]
    fn stamps_too_far_apart_are_of_two_messages() {
        let (one, two) = (body("1"), body("2"));
        let waits = Part { number: 1, body: &one, stamp: at(0) };
        let later = Part { number: 2, body: &two, stamp: at(301) };
        assert_eq!(place(later, &[waits], None), Place::BeginsAnother);
        assert_eq!(place(Part { stamp: at(300), ..later }, &[waits], None), Place::Joins);
        assert_eq!(place(Part { stamp: at(-301), ..later }, &[waits], None), Place::Alone);
    }

    #[test]
    fn a_straggler_of_the_message_before_is_not_joined_to_the_next_one() {
        let (one, two) = (body("1"), body("2"));
        let waits = Part { number: 1, body: &one, stamp: at(100) };
        let straggler = Part { number: 2, body: &two, stamp: at(3) };
        assert_eq!(place(straggler, &[waits], at(0)), Place::Alone);
        assert_eq!(place(Part { stamp: at(98), ..straggler }, &[waits], at(0)), Place::Joins);
    }
}
