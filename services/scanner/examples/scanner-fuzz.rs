//! Damaged input, much of it: `scanner-fuzz EXECUTIONS SEED` throws bytes, keys, reports and packets at everything that takes such
//! from outside; `scanner-fuzz frames COUNT SEED` shows pictures without a code. Ends with 1 where something is believed that
//! should not be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chit_scanner::domain::framer::{Framed, Framer, Suffix};
use chit_scanner::domain::hid_pos::Reports;
use chit_scanner::domain::interpret::{Aim, Charset, Interpreter};
use chit_scanner::domain::keymap::{Keyboard, Layout, Press, Typed};
use chit_scanner::domain::scan::CODE_LEN_MAX;
use chit_scanner::domain::ssi::Unpacker;
use chit_scanner::domain::symbol::{self, Kind, Symbology};
use chit_scanner::sight::{Plane, linear};
use chit_scanner::{Effort, Eye, Sources};

/// Bytes that mean something somewhere.
const TELLING: &[u8] = b"\r\n\t\x01\x02\x03\x04\x05\x06\x15\x1d\x1e]()/0123456789QEdC:.!;hQVDUFY\xb1\x8d\xff";

fn main() -> std::process::ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    let (believed, done) = match words.first().map(String::as_str) {
        Some("frames") => frames(number(1).unwrap_or(100_000), number(2).unwrap_or(1)),
        _ => bytes(number(0).unwrap_or(10_000_000), number(1).unwrap_or(1)),
    };
    println!("{done}");
    std::process::ExitCode::from(u8::from(believed > 0))
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let (telling, digits) = (self.below(4) != 0, self.below(4) == 0);
        let byte = |random: &mut Self| match (digits, telling) {
            (true, _) => b'0' + random.below(10) as u8,
            (false, true) => TELLING[random.below(TELLING.len() as u64) as usize],
            (false, false) => random.next() as u8,
        };
        let len = self.below(most);
        (0..len).map(|_| byte(self)).collect()
    }
}

fn bytes(executions: u64, seed: u64) -> (u64, String) {
    let begun = Instant::now();
    let mut random = Random(seed);
    let mut framer = Framer::new(Suffix::Auto);
    let mut interpreter = Interpreter::new(Charset::Utf8, Aim::Auto);
    let (mut reports, mut unpacker) = (Reports::default(), Unpacker::default());
    let (mut now, mut codes, mut payers, mut believed) = (Duration::ZERO, 0_u64, 0_u64, 0_u64);
    for round in 0..executions {
        now += Duration::from_millis(random.below(300));
        match round % 5 {
            0 | 1 => {
                let piece = random.bytes(64);
                let mut framed = framer.tick(now);
                framed.extend(framer.push(&piece, now));
                for framed in framed {
                    let Framed::Code(code) = framed else { continue };
                    assert!(!code.is_empty() && code.len() <= CODE_LEN_MAX);
                    codes += 1;
                    if let Ok((code, symbol)) = interpreter.interpret(&code) {
                        payers += u64::from(symbol.kind == Kind::PayerCode);
                        believed += u64::from(
                            symbol.kind == Kind::PayerCode
                                && !chit_payer_code::is_well_formed(code.bytes.0.trim_ascii()),
                        );
                    }
                }
            }
            2 => {
                let data = random.bytes(300);
                let symbol =
                    symbol::parse(&data, Some(["]E0", "]d2", "]Q3", "]C1", ""][random.below(5) as usize]));
                let right = symbol
                    .gtins
                    .iter()
                    .all(|gtin| symbol::gtin::has_right_check_digit(gtin.as_str().as_bytes()));
                believed += u64::from(!right);
            }
            3 => {
                let layout = [Layout::Us, Layout::Uk, Layout::De, Layout::Fr][random.below(4) as usize];
                let mut keyboard = Keyboard::new(layout);
                for _ in 0..random.below(40) {
                    let press = [Press::Up, Press::Down, Press::Repeat][random.below(3) as usize];
                    if let Typed::Bytes(bytes) = keyboard.key(random.below(130) as u16, press) {
                        assert!(std::str::from_utf8(&bytes).is_ok());
                    }
                }
            }
            _ => {
                let mut report = random.bytes(70);
                if let Some(id) = report.first_mut() {
                    *id = 2;
                }
                if let Some(Ok(code)) = reports.push(&report) {
                    assert!(code.len() <= CODE_LEN_MAX + 3);
                }
                unpacker.push(&report);
            }
        }
    }
    let done = format!(
        "{executions} executions, seed {seed}, {} s: {codes} codes, {payers} well-formed payer codes, {believed} believed wrongly",
        begun.elapsed().as_secs()
    );
    (believed, done)
}

fn frames(count: u64, seed: u64) -> (u64, String) {
    let begun = Instant::now();
    let mut random = Random(seed);
    let sources = Arc::new(Sources::default());
    let worker = std::env::current_exe().map(|own| own.with_file_name("../code-worker")).unwrap_or_default();
    let mut eye = Eye::new(Arc::clone(&sources), worker);
    let wanted: Vec<Symbology> = std::iter::once(Symbology::QrCode).chain(linear::READABLE).collect();
    let (mut scans, mut slowest) = (0, Duration::ZERO);
    for _ in 0..count {
        let plane = picture(&mut random);
        let before = Eye::cpu();
        scans += eye.look(&plane, Effort::Frame, &wanted).len() as u64;
        slowest = slowest.max(Eye::cpu() - before);
    }
    let done = format!(
        "{count} frames, seed {seed}, {} s: {scans} codes read, {} restarts of a decoder, slowest {:.1} ms",
        begun.elapsed().as_secs(),
        sources.decoder_restarts(),
        slowest.as_secs_f64() * 1e3
    );
    (scans, done)
}

/// Noise, blocks or stripes, some with a shadow over them.
fn picture(random: &mut Random) -> Plane<'static> {
    let (width, height) = (64 + random.below(260) as usize, 64 + random.below(180) as usize);
    let (kind, block) = (random.below(3), 1 + random.below(12) as usize);
    let (seed, shadow) = (random.next(), random.below(2) as usize);
    let value = |x: usize, y: usize| {
        let mut cell = Random(seed ^ ((x / block) as u64) << 32 ^ (y / block) as u64);
        match kind {
            0 => Random(seed ^ (x as u64) << 32 ^ y as u64).next() as u8,
            1 => (cell.next() % 2 * 220) as u8,
            _ => ((x / block % 2) * 200) as u8,
        }
    };
    let shaded = |at: usize| {
        let (x, y) = (at % width, at / width);
        let light = 255 - shadow * 180 * x / width;
        (usize::from(value(x, y)) * light / 255) as u8
    };
    let grey: Vec<u8> = (0..width * height).map(shaded).collect();
    Plane::new(width, height, grey).unwrap_or_else(|| unreachable!("the size fits"))
}
