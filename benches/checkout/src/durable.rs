//! The peer of a sale: a redb program that makes, one after the other, the commits that checkout of a3cf494 made between
//! the payer's code and the last byte of the receipt. Number, tables and sizes were written down once, from that program,
//! and stand still: they are what a sale cost before checkout was rebuilt.

use std::path::Path;
use std::time::{Duration, Instant};

use redb::{Database, TableDefinition};

type Records = TableDefinition<'static, &'static str, &'static [u8]>;
type Index = TableDefinition<'static, &'static str, &'static str>;
type Sequence = TableDefinition<'static, u64, &'static [u8]>;
type Numbers = TableDefinition<'static, &'static str, u64>;

const SALES: Records = TableDefinition::new("sales");
const REQUESTS: Records = TableDefinition::new("requests");
const OPEN_SALES: Index = TableDefinition::new("open_sales");
const RECEIPT_NUMBERS: Index = TableDefinition::new("receipt_numbers");
const LOOKUP_CODES: Index = TableDefinition::new("lookup_codes");
const OUTBOX: Sequence = TableDefinition::new("outbox");
const EVENTS: Sequence = TableDefinition::new("events");
const NUMBERS: Numbers = TableDefinition::new("numbers");

/// What one commit changes; the numbers are lengths of values in bytes.
enum Write {
    Sale(usize),
    Event(usize),
    Request(usize),
    /// An entry of the outbox, and its two counters.
    Push(usize),
    /// The oldest entry, and a counter.
    Done,
    Receipt,
    LookupCode,
}

use Write::{Done, Event, LookupCode, Push, Receipt, Request, Sale};

/// One sale of two lines. `&[]` is a durable transaction that changed nothing: so it looked whether a request was known.
const COMMITS: [&[Write]; 9] = [
    // PresentPayer: looked, changed, answered.
    &[],
    &[Sale(155), Event(236)],
    &[Request(218)],
    // ConfirmPerson.
    &[Sale(157), Event(238), Request(220)],
    // CommitSale: looked, reserved the place, and when the ledger had it, COMMITTED and answered.
    &[],
    &[Sale(157), Event(238), Push(31)],
    &[Receipt, LookupCode, Sale(360), Event(441), Push(31), Push(31), Done],
    &[Request(352)],
    // The receipt is laid out; then its job is submitted.
    &[Sale(649), Event(734)],
];

pub struct Durable {
    db: Database,
    sales: u64,
    events: u64,
    outbox: (u64, u64),
}

impl Durable {
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { db: Database::create(folder.join("durable.redb"))?, sales: 0, events: 0, outbox: (0, 0) })
    }

    /// The commits of one more sale.
    pub fn sale(&mut self) -> anyhow::Result<Duration> {
        self.sales += 1;
        // As long as a ULID, and in the order of time like one.
        let (id, begin) = (format!("{:026}", self.sales), Instant::now());
        for (at, commit) in COMMITS.iter().enumerate() {
            let tx = self.db.begin_write()?;
            for write in *commit {
                self.write(&tx, &id, at, write)?;
            }
            tx.commit()?;
        }
        Ok(begin.elapsed())
    }

    fn write(
        &mut self,
        tx: &redb::WriteTransaction,
        id: &str,
        at: usize,
        write: &Write,
    ) -> anyhow::Result<()> {
        match write {
            Sale(bytes) => {
                tx.open_table(SALES)?.insert(id, filled(*bytes).as_slice())?;
                tx.open_table(OPEN_SALES)?.insert(id, "")?;
            }
            Event(bytes) => {
                self.events += 1;
                tx.open_table(EVENTS)?.insert(self.events, filled(*bytes).as_slice())?;
            }
            Request(bytes) => {
                let request = format!("{id}-{at}");
                tx.open_table(REQUESTS)?.insert(request.as_str(), filled(*bytes).as_slice())?;
            }
            Push(bytes) => {
                self.outbox.1 += 1;
                let mut numbers = tx.open_table(NUMBERS)?;
                numbers.insert("outbox_last", self.outbox.1)?;
                numbers.insert("outbox_count", self.outbox.1 - self.outbox.0)?;
                tx.open_table(OUTBOX)?.insert(self.outbox.1, filled(*bytes).as_slice())?;
            }
            Done => {
                self.outbox.0 += 1;
                tx.open_table(OUTBOX)?.remove(self.outbox.0)?;
                tx.open_table(NUMBERS)?.insert("outbox_count", self.outbox.1 - self.outbox.0)?;
            }
            Receipt => {
                tx.open_table(NUMBERS)?.insert("receipts 20261130", self.sales)?;
                let number = format!("20261130-{:06}", self.sales);
                tx.open_table(RECEIPT_NUMBERS)?.insert(number.as_str(), id)?;
            }
            LookupCode => {
                let code = format!("{:09}", self.sales);
                tx.open_table(LOOKUP_CODES)?.insert(code.as_str(), id)?;
            }
        }
        Ok(())
    }
}

fn filled(bytes: usize) -> Vec<u8> {
    vec![0x5a; bytes]
}
