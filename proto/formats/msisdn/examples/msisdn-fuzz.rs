//! Mutated addresses for the canonicaliser, on the stable toolchain: `msisdn-fuzz [EXECUTIONS] [SEED]`.
//! Besides not panicking: few candidates, each its own canonical form, and what enrolment takes is found again.

use std::time::Instant;

use chit_msisdn::{CANDIDATES_MAX, Canonical, Country, TypeOfNumber, enrol, sender};
use phonenumber::metadata::DATABASE;

const SEEDS: [&str; 12] = [
    "+8613912345678",
    "008613912345678",
    "13912345678",
    "5491123456789",
    "0111523456789",
    "5215512345678",
    "551187654321",
    "81079161234567",
    "22995123456",
    "10086",
    "Bank 24",
    "1*#abc",
];
/// Of compiled patterns. The crate keeps a hundred, enough for a shop's own country; a dozen countries in turn would compile theirs
/// again and again, and nothing else would be tried.
const PATTERNS_KEPT: usize = 8_192;
const SHOPS: [&str; 12] = ["CN", "DE", "US", "AR", "MX", "BR", "RU", "BJ", "IT", "GB", "KR", "CO"];
const LETTERS: &[u8] = b"0123456789012345678901234567890123456789+ -()*#abZ";

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit.max(1) as u64) as usize
    }

    fn address(&mut self) -> String {
        let mut text = SEEDS[self.below(SEEDS.len())].to_owned().into_bytes();
        for _ in 0..self.below(5) {
            let at = self.below(text.len() + 1);
            let letter = LETTERS[self.below(LETTERS.len())];
            match self.below(4) {
                0 if at < text.len() => text[at] = letter,
                1 if at < text.len() => {
                    text.remove(at);
                }
                2 => text.truncate(at),
                _ => text.insert(at, letter),
            }
        }
        String::from_utf8(text).expect("letters are ASCII")
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let executions = arguments.next().unwrap_or(100_000);
    let seed = arguments.next().unwrap_or(1);
    let shops = SHOPS.map(|iso| Country::from_iso(iso).expect("an ISO code"));
    DATABASE.cache().lock().expect("nobody panicked").set_capacity(PATTERNS_KEPT);
    let mut dice = Dice(seed);
    let started = Instant::now();
    let mut enrolled_count = 0_u64;
    for _ in 0..executions {
        let address = dice.address();
        let shop = shops[dice.below(shops.len())];
        let hint = TypeOfNumber::from_bits(dice.roll() as u8);
        let from = sender(&address, hint, shop);
        assert!(from.candidates().len() <= CANDIDATES_MAX, "{address}");
        for number in from.candidates() {
            let again = Canonical::from_e164(number.as_str()).expect("a canonical number is E.164");
            assert_eq!(&again, number, "{address}");
        }
        if let Ok(enrolled) = enrol(&address, shop) {
            enrolled_count += 1;
            let heard = sender(enrolled.dial(), TypeOfNumber::International, shop);
            assert!(heard.candidates().contains(enrolled.canonical()), "{address}");
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("msisdn: {executions} executions, {enrolled_count} enrolled, {seconds:.1} s, seed {seed}");
}
