//! Damaged bank files at the importers: `iso20022-fuzz EXECUTIONS SEED`. None may panic, and what is taken stays within
//! the limits. Prints what came of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use chit_iso20022::csv_profile::{self, Profile};
use chit_iso20022::{Limits, read};

const SEEDS: [&str; 5] = [
    include_str!("../tests/files/pain.002.001.10-part.xml"),
    include_str!("../tests/files/pain.002.001.03-duplicate.xml"),
    include_str!("../tests/files/camt.053.001.08-day.xml"),
    include_str!("../tests/files/camt.054.001.02-return.xml"),
    include_str!("../tests/files/pacs.004.001.09-return.xml"),
];
const TABLE: &str =
    "end_to_end_id,status,reason,amount,currency\nS1,SETTLED,,128.50,EUR\nS2,REJECTED,AM04,9.90,EUR\n";
/// Pieces that break readers more often than single bytes do.
const PIECES: [&str; 14] = [
    "<!DOCTYPE a>",
    "&a;",
    "&#0;",
    "&#x110000;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?x",
    "\u{0}",
    "\u{feff}",
    "\"",
    "<a/>",
    "99999999999999999999",
];

/// xorshift64*: reproducible, and needs no crate.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % end.max(1)
    }
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(random.below(256)).unwrap_or(0)),
            2 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let end = (at + random.below(200)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap_or(0));
    let executions = arguments.next().unwrap_or(100_000);
    let seed = arguments.next().unwrap_or(1).max(1);
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let (limits, profile) = (Limits { bytes: 1 << 20, ..Limits::default() }, Profile::default());
    let (mut taken, mut refused, mut panicked) = (0_u64, 0_u64, 0_u64);
    let begun = Instant::now();
    for _ in 0..executions {
        let which = random.below(SEEDS.len() + 1);
        let mut bytes = SEEDS.get(which).unwrap_or(&TABLE).as_bytes().to_vec();
        damage(&mut bytes, &mut random);
        let outcome = catch_unwind(AssertUnwindSafe(|| match SEEDS.get(which) {
            Some(_) => read(&bytes[..], &limits, |_| {}).is_ok(),
            None => csv_profile::read(&bytes[..], &profile, "t", &limits, |_| {}).is_ok(),
        }));
        match outcome {
            Ok(true) => taken += 1,
            Ok(false) => refused += 1,
            Err(_) => {
                panicked += 1;
                println!("panicked at {:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
    let seconds = begun.elapsed().as_secs();
    println!(
        "executions={executions} seed={seed} taken={taken} refused={refused} panics={panicked} seconds={seconds}"
    );
    std::process::exit(i32::from(panicked > 0));
}
