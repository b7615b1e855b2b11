//! Which sightings of a moving picture count. A payer code counts at once: it carries a signature that whoever holds the issuer's
//! key checks. Anything else counts when it was seen in two pictures or by two engines, so that one misread is none.

use std::collections::VecDeque;
use std::time::Duration;

/// Seen twice within this time.
const MEMORY: Duration = Duration::from_secs(3);
/// Different codes remembered.
const CODES_MAX: usize = 16;

#[derive(Debug)]
pub struct Confirm<E> {
    seen: VecDeque<(Vec<u8>, E, Duration)>,
}

impl<E> Default for Confirm<E> {
    fn default() -> Self {
        Self { seen: VecDeque::new() }
    }
}

impl<E: Copy + PartialEq> Confirm<E> {
    /// A sighting in the picture taken at `now`. Two engines may see the same picture.
    pub fn counts(&mut self, content: &[u8], engine: E, now: Duration) -> bool {
        if chit_payer_code::is_well_formed(content) {
            return true;
        }
        self.seen.retain(|(_, _, at)| now.saturating_sub(*at) < MEMORY);
        let confirmed =
            self.seen.iter().any(|(known, by, at)| known == content && (*at != now || *by != engine));
        if !confirmed {
            if self.seen.len() == CODES_MAX {
                self.seen.pop_front();
            }
            self.seen.push_back((content.to_vec(), engine, now));
        }
        confirmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, PartialEq)]
    enum Engine {
        One,
        Other,
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_code_counts_in_the_second_picture_or_by_the_second_engine() {
        let mut confirm = Confirm::default();
        assert!(!confirm.counts(b"A", Engine::One, ms(0)));
        assert!(!confirm.counts(b"A", Engine::One, ms(0)), "the same picture again proves nothing");
        assert!(!confirm.counts(b"B", Engine::One, ms(100)));
        assert!(confirm.counts(b"A", Engine::One, ms(100)));
        assert!(!confirm.counts(b"C", Engine::One, ms(200)));
        assert!(confirm.counts(b"C", Engine::Other, ms(200)));
        assert!(!confirm.counts(b"D", Engine::One, ms(300)));
        assert!(!confirm.counts(b"D", Engine::One, ms(3400)), "long ago");
    }

    #[test]
    fn a_payer_code_counts_at_once() {
        let mut token = [7; chit_payer_code::TOKEN_BYTES];
        token[0] = 0xF1;
        (token[12], token[14], token[20], token[21]) = (9, 9, 0, 156);
        let digits = chit_payer_code::digits::encode(&token);
        assert!(Confirm::default().counts(digits.as_bytes(), Engine::One, ms(0)));
    }
}
