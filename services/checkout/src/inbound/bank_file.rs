//! A file from the bank: spooled and hashed as it comes, checked whole, then applied in parts. It lies on disk only
//! meanwhile, because it is full of names and accounts.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chit_iso20022::{Limits, Message, Record, Refused, Summary, csv_profile};
use chit_runtime::failpoint;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;

use super::room;
use crate::bank::{self, Begun, Desk, Statement};
use crate::config::bank::{Bank, no_bank};
use crate::context::Shop;
use crate::store::stopping;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// Records applied in one transaction.
const PART: usize = 500;
const FILE_BYTES_MAX: u64 = 512 << 20;
/// Services that took nothing for so long are not there; the file is to be brought again.
const ROOM_WITHIN: Duration = Duration::from_secs(60);
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A file on its way in. Gone from the disk when it is dropped.
pub struct Spool {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

/// All of it.
pub struct Spooled {
    spool: Spool,
    pub sha256: [u8; 32],
}

impl Spool {
    /// Nobody else imports meanwhile, so what lies there was left by a process that died.
    pub fn begin(shop: &Shop) -> Result<Self> {
        let folder = &shop.bank_in_dir;
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
        let path = folder.join("incoming");
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).read(true).write(true).mode(0o600);
        let file = options.open(&path).map_err(|error| unusable(&error))?;
        Ok(Self { path, file, hash: Sha256::new(), bytes: 0 })
    }

    pub fn add(&mut self, piece: &[u8]) -> Result<()> {
        self.bytes += piece.len() as u64;
        if self.bytes > FILE_BYTES_MAX {
            let remedy = "a file has at most 512 MiB; ask the bank for one a day";
            return Err(Refusal::field("chunk", Reason::BANK_FILE_TOO_LARGE, remedy));
        }
        self.hash.update(piece);
        self.file.write_all(piece).map_err(|error| unusable(&error))
    }

    pub fn finish(self) -> Result<Spooled> {
        let sha256 = self.hash.clone().finalize().into();
        Ok(Spooled { spool: self, sha256 })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // The next import looks again.
        let _ = fs::remove_file(&self.path);
    }
}

/// What the file said, and whether all of that was known.
pub async fn import(shop: &Arc<Shop>, spooled: Spooled, actor: String) -> Result<(Statement, bool)> {
    let shop = shop.clone();
    let waits = Handle::current();
    let imported = tokio::task::spawn_blocking(move || run(&shop, &waits, spooled, actor));
    imported.await.map_err(|join| Refusal::internal(format!("the file was not imported: {join}")))?
}

fn run(shop: &Arc<Shop>, waits: &Handle, mut spooled: Spooled, actor: String) -> Result<(Statement, bool)> {
    let bank = shop.bank.as_ref().ok_or_else(no_bank)?;
    let sha256 = spooled.sha256;
    if let Some(known) = shop.store.read_blocking(|view| view.statement(sha256))?
        && known.applied >= known.records
    {
        return Ok((known, true));
    }
    let summary = read(&mut spooled, bank, |_| {})?;
    if summary.message == Message::Pain008 {
        return Err(refused("this is a file for the bank, not one from it"));
    }
    let now = shop.clock.now();
    let fresh = Statement {
        message: summary.message,
        message_id: summary.message_id.clone(),
        records: summary.records,
        applied: 0,
        imported_at: now,
        actor,
        tally: bank::Tally::default(),
    };
    let from = match shop.store.write_blocking(move |tx| bank::begin(tx, sha256, fresh))? {
        Begun::Known(known) => return Ok((known, true)),
        Begun::From(from) => from,
    };
    failpoint("checkout/import/begun");
    let desk = Desk {
        by: bank::BANK.into(),
        iban: bank.creditor.iban.clone(),
        currency: shop.currency,
        today: shop.voice.quiet.local_day(now),
        file: sha256,
        message: summary.message,
    };
    let mut parts =
        Parts { shop, waits, desk: &desk, skip: from, applied: from, part: Vec::new(), failed: None };
    read(&mut spooled, bank, |record| parts.take(record))?;
    parts.finish()
}

/// Records of a file, put into transactions.
struct Parts<'a> {
    shop: &'a Arc<Shop>,
    waits: &'a Handle,
    desk: &'a Desk,
    /// Records that were applied before.
    skip: u64,
    applied: u64,
    part: Vec<Record>,
    failed: Option<Refusal>,
}

impl Parts<'_> {
    fn take(&mut self, record: Record) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if self.failed.is_none() {
            self.part.push(record);
            if self.part.len() == PART {
                self.apply();
            }
        }
    }

    fn apply(&mut self) {
        let (records, desk, from) = (std::mem::take(&mut self.part), self.desk.clone(), self.applied);
        self.applied += records.len() as u64;
        let applied = self.room().and_then(|()| {
            let posting = self.shop.new_id()?;
            self.shop.store.write_blocking(move |tx| bank::apply(tx, &desk, posting, from, &records))
        });
        self.failed = applied.err();
        failpoint("checkout/import/applied");
    }

    /// What was paid is told to other services, so an import is no faster than they are. What waits when checkout stops
    /// goes on when the same file comes again.
    fn room(&self) -> Result<()> {
        self.waits.block_on(async {
            tokio::select! {
                room = room::for_bulk(&self.shop.store, ROOM_WITHIN) => room,
                () = self.shop.shutdown.wait() => Err(stopping("the rest of the file was not imported")),
            }
        })
    }

    fn finish(mut self) -> Result<(Statement, bool)> {
        if self.failed.is_none() && !self.part.is_empty() {
            self.apply();
        }
        if let Some(refusal) = self.failed {
            return Err(refusal);
        }
        let file = self.desk.file;
        let statement = self.shop.store.read_blocking(|view| view.statement(file))?;
        let missing = || Refusal::internal("an import has left nothing");
        Ok((statement.ok_or_else(missing)?, false))
    }
}

fn read(spooled: &mut Spooled, bank: &Bank, found: impl FnMut(Record)) -> Result<Summary> {
    let file = &mut spooled.spool.file;
    file.rewind().map_err(|error| unusable(&error))?;
    let mut input = BufReader::new(file);
    let is_xml = begins_as_xml(&mut input).map_err(|error| unusable(&error))?;
    let limits = Limits { bytes: FILE_BYTES_MAX, ..Limits::default() };
    let read = if is_xml {
        chit_iso20022::read(input, &limits, found)
    } else {
        let name = format!("csv-{}", hex::encode(&spooled.sha256[..8]));
        csv_profile::read(input, &bank.csv, &name, &limits, found)
    };
    read.map_err(|refusal: Refused| refused(&refusal.to_string()))
}

/// By its first character; what some programs put before it is left out.
fn begins_as_xml(input: &mut impl BufRead) -> io::Result<bool> {
    let begins = input.fill_buf()?;
    if begins.starts_with(BOM) {
        input.consume(BOM.len());
    }
    let first = input.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(first == Some(&b'<'))
}

fn refused(why: &str) -> Refusal {
    let message = format!("{why}; nothing of the file was applied");
    Refusal::field("chunk", Reason::BANK_FILE_INVALID, message)
}

fn unusable(error: &io::Error) -> Refusal {
    Refusal::internal(format!("the bank's file cannot be kept while it is read: {error}"))
}
