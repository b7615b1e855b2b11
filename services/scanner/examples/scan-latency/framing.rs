//! Sessions of handhelds as shops have them: every ending, every way in which a line hands bytes on, stalls inside codes,
//! a hand's time between them, and now and then a device that is set anew. Counts codes that came out as two or
//! together with another.

use std::time::Duration;

use chit_scanner::domain::framer::{Framed, Framer, Suffix};

/// Stalls of 70 ms have been seen inside a code; a hand needs 200 ms from one code to the next.
const STALL_MS: u64 = 70;
const HAND_MS: (u64, u64) = (200, 1_500);
const CODES_A_SESSION: u64 = 12;
const ENDINGS: [(&[u8], &[u8]); 7] = [
    (b"", b"\r"),
    (b"", b"\n"),
    (b"", b"\r\n"),
    (b"", b"\t"),
    (b"", b"\x04"),
    (b"\x02", b"\x03"),
    (b"", b""),
];

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % most
    }

    fn between(&mut self, (least, most): (u64, u64)) -> Duration {
        Duration::from_millis(least + self.below(most - least))
    }
}

/// Codes that were merged or split, of how many.
pub fn merged_or_split(sessions: u64, seed: u64) -> (u64, u64) {
    let mut random = Random(seed);
    let (mut wrong, mut sent) = (0, 0);
    for _ in 0..sessions {
        let (codes, framed) = session(&mut random);
        sent += codes.len() as u64;
        wrong += codes.iter().filter(|code| !framed.contains(code)).count() as u64;
        wrong += framed.iter().filter(|code| !codes.contains(code)).count() as u64;
    }
    (wrong, sent)
}

fn session(random: &mut Random) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut framer = Framer::new(Suffix::Auto);
    let mut ending = ENDINGS[random.below(ENDINGS.len() as u64) as usize];
    let (mut codes, mut framed) = (Vec::new(), Vec::new());
    let mut now = Duration::from_secs(1);
    for number in 0..CODES_A_SESSION {
        let code = code(random, number);
        let bytes = [ending.0, &code, ending.1].concat();
        codes.push(code);
        let mut at = 0;
        let stalls = random.below(3) == 0;
        while at < bytes.len() {
            let rest = (bytes.len() - at) as u64;
            let piece = if stalls { 1 + random.below(rest.min(40)) } else { rest } as usize;
            framed.extend(framer.push(&bytes[at..at + piece], now));
            at += piece;
            let pause = if stalls { random.below(STALL_MS) } else { 0 };
            // The service looks whenever an end is due.
            now += Duration::from_millis(pause);
            framed.extend(framer.tick(now));
        }
        now += random.between(HAND_MS);
        if random.below(40) == 0 {
            // Somebody scans the sheet of set-up codes.
            ending = ENDINGS[random.below(ENDINGS.len() as u64) as usize];
            now += Duration::from_secs(5);
        }
        framed.extend(framer.tick(now));
    }
    framed.extend(framer.tick(now + Duration::from_secs(5)));
    let codes_of = |framed: Framed| match framed {
        Framed::Code(code) => Some(code),
        Framed::Reply(_) | Framed::Refused(_) => None,
    };
    (codes, framed.into_iter().filter_map(codes_of).collect())
}

/// Each is another one, so that none hides another.
fn code(random: &mut Random, number: u64) -> Vec<u8> {
    let unique = number * 1_000 + random.below(1_000);
    match random.below(6) {
        0 | 1 => with_check_digit(format!("690{unique:09}")).into_bytes(),
        2 => format!("0957{unique:0>233}").into_bytes(),
        3 => format!("SHELF-{unique}/B").into_bytes(),
        4 => format!("https://example.org/lot/{unique}").into_bytes(),
        _ => format!("BEGIN:VCARD\r\nVERSION:3.0\r\nN:Li;Ada\r\nNOTE:{unique}\r\nEND:VCARD").into_bytes(),
    }
}

/// GS1 General Specifications 7.9: weights 3 and 1 from the right.
fn with_check_digit(mut digits: String) -> String {
    let weighted = digits.bytes().rev().enumerate().map(|(at, digit)| {
        let weight = if at % 2 == 0 { 3 } else { 1 };
        u32::from(digit - b'0') * weight
    });
    let check = (10 - weighted.sum::<u32>() % 10) % 10;
    digits.push(char::from_digit(check, 10).unwrap_or('0'));
    digits
}
