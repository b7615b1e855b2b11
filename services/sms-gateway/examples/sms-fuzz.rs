//! Mutated input for the line classifier, the PDU decoder and the reassembler, each so often, on the stable toolchain:
//! `sms-fuzz [EXECUTIONS] [SEED]`.
//! Besides not panicking: a dialogue means the same however its bytes are cut, and parts keep their numbers.

use chit_msisdn::Country;
use chit_sms_gateway::domain::at_line::{Expected, LineReader};
use chit_sms_gateway::domain::concatenation::{Part, Place, place};
use chit_sms_gateway::domain::pdu::Body;
use chit_sms_gateway::domain::pdu::{self, FromNetwork};
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;

const PDUS: [&str; 6] = [
    "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37",
    "07911326040000F0440B911346610089F60000208062917314080F06080412340201E8329BFD8ED900",
    "07911326040000F0440B911346610089F60000208062917314080E050003AB0201D06536FB0DC301",
    "00040D91683108108300F00008421142815090230 65426D83DDE00",
    "000407D0C2B07B0D000042112481509023024F25",
    "0006D60D91683108108300F0421142815090234211428151002300",
];
const DIALOGUES: [&str; 8] = [
    "AT+CMGS=33\r\r\n> \r\n+CMTI: \"SM\",-1\r\n^RSSI:9\r\n+CMGS: 5\r\n\r\nOK\r\n",
    "\r\n+CMGL: 1,0,,20\r\n+CDS: 20\r\n00040D91683108108300F000004211248150902303C8329B\r\nOK\r\n",
    "\r\n+CREG: 5,\"00C3\",\"01\"\r\n+CREG: 0,1\r\nOK\r\n",
    "+CMS ERROR: 38\r\n+CME ERROR: SIM busy\r\nERROR\r\nRING\r\n",
    "\0\0\r\nRDY\r\n+CPIN: SIM PIN\r\n+CFUN: 1\r\nSMS READY\r\n",
    "+CMGS:  12\r0\r4\r+CMS ERROR : 38\r\r\n+CME ERROR: operation not supported\n",
    "+CDSI: \"SR\" , 1\r\n+CPIN: NOT READY\r\nSMS Ready\r\n+CMGL: 3 , \"REC UNREAD\" ,,20\r\n\r\n00040d91\r\n",
    "\r\n> \u{1a}\r\n+CMGS: 255,\"00\"\r\nOK\r\n",
];
/// A longer line is noise, and where it is cut decides how much of it goes.
const DIALOGUE_BYTES_MAX: usize = 900;

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

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] = self.roll() as u8,
                1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 => bytes.insert(at, self.roll() as u8),
                3 if at < bytes.len() => {
                    bytes.remove(at);
                }
                4 => bytes.truncate(at),
                _ => {
                    let from = self.below(bytes.len() + 1);
                    let piece: Vec<u8> = bytes[from..].iter().take(16).copied().collect();
                    bytes.splice(at..at, piece);
                }
            }
        }
    }
}

fn main() {
    let mut args = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let (executions, seed) = (args.next().unwrap_or(10_000_000), args.next().unwrap_or(1));
    let mut dice = Dice(seed);
    let pdus: Vec<Vec<u8>> =
        PDUS.iter().map(|text| hex::decode(text.replace(' ', "")).expect("a seed is hex")).collect();
    let country = Country::from_iso("CN").expect("an ISO code");
    let began = Instant::now();
    let (mut read, mut lines) = (0u64, 0u64);
    for _ in 0..executions {
        let mut bytes = pdus[dice.below(pdus.len())].clone();
        dice.mutate(&mut bytes);
        read += u64::from(decode(&bytes, country));
        let mut dialogue = DIALOGUES[dice.below(DIALOGUES.len())].as_bytes().to_vec();
        dice.mutate(&mut dialogue);
        dialogue.truncate(DIALOGUE_BYTES_MAX);
        lines += classify(&mut dice, &dialogue);
        reassemble(&mut dice);
    }
    println!(
        "{executions} executions of each from seed {seed} in {:.0?}: {read} PDUs read, {lines} lines, no panic, no difference, no part joined to another message's or lost",
        began.elapsed()
    );
}

fn decode(bytes: &[u8], country: Country) -> bool {
    let _ = pdu::tpdu(bytes);
    match pdu::decode(bytes) {
        Ok(FromNetwork::Deliver(deliver)) => {
            if let Some(part) = deliver.concatenation {
                assert!(part.number >= 1 && part.number <= part.total, "{}", hex::encode(bytes));
            }
            let _ = (deliver.body.text(), deliver.from.sender(country));
            true
        }
        Ok(FromNetwork::StatusReport(report)) => {
            let _ = report.outcome();
            true
        }
        Err(_) => false,
    }
}

/// Messages of one sender under one reference, sent six minutes apart, their parts in any order and some lost: none is joined
/// to another one's, and none is lost.
fn reassemble(dice: &mut Dice) {
    let total = 2 + dice.below(3);
    let mut arrivals: Vec<(usize, usize)> =
        (0..1 + dice.below(4)).flat_map(|message| (0..total).map(move |number| (message, number))).collect();
    for at in (1..arrivals.len()).rev() {
        arrivals.swap(at, dice.below(at + 1));
    }
    arrivals.truncate(arrivals.len() - dice.below(3).min(arrivals.len() - 1));
    let bodies: Vec<Body> = (0..16).map(|text| Body::Utf16(vec![text])).collect();
    let part = |(message, number): (usize, usize)| Part {
        number: number as u8 + 1,
        body: &bodies[message * 4 + number],
        stamp: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_secs((message * 360 + number * 9) as i64)),
    };
    let (mut waiting, mut passed_on, mut told): (Vec<(usize, usize)>, _, usize) = (Vec::new(), None, 0);
    for &new in &arrivals {
        let known: Vec<Part<'_>> = waiting.iter().map(|waits| part(*waits)).collect();
        match place(part(new), &known, passed_on) {
            Place::Joins => waiting.push(new),
            Place::Repeats => panic!("no two parts are equal"),
            Place::Alone => told += 1,
            Place::BeginsAnother => {
                passed_on = known.iter().filter_map(|part| part.stamp).max();
                told += waiting.len();
                waiting = vec![new];
            }
        }
        assert!(waiting.iter().all(|(message, _)| *message == waiting[0].0), "{arrivals:?}");
        if waiting.len() == total {
            told += waiting.len();
            waiting.clear();
        }
    }
    assert_eq!(told + waiting.len(), arrivals.len(), "{arrivals:?}");
}

fn classify(dice: &mut Dice, bytes: &[u8]) -> u64 {
    let prefixes = [None, Some("+CMGS:"), Some("+CMGL:"), Some("+CREG:")];
    let expected = Expected {
        echo: "AT+CMGS=33".into(),
        prefix: prefixes[dice.below(prefixes.len())],
        prompt: dice.below(2) == 0,
        in_flight: dice.below(4) > 0,
    };
    let mut whole = LineReader::default();
    whole.feed(bytes);
    let lines: Vec<_> = std::iter::from_fn(|| whole.next(&expected)).collect();
    let (mut cut, mut again, mut rest) = (LineReader::default(), Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(1 + dice.below(rest.len()));
        cut.feed(piece);
        again.extend(std::iter::from_fn(|| cut.next(&expected)));
        rest = next;
    }
    assert!(lines == again, "read in pieces it means something else: {:?}", String::from_utf8_lossy(bytes));
    lines.len() as u64
}
