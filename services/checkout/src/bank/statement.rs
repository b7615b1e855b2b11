//! A file from the bank, known by its hash: applied once, in parts; an interrupted import goes on behind the last part.

use chit_iso20022::{Message, Record};
use jiff::Timestamp;

use super::teller::{Desk, Teller};
use crate::store::Tx;
use crate::store::View;
use crate::store::records::{self, bank as stored};
use crate::store::table::Table;
use crate::values::ids::PostingId;
use crate::values::refusal::Result;
use crate::values::time;

pub use crate::store::records::bank::Tally;

#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    pub message: Message,
    pub message_id: String,
    pub records: u64,
    /// Records that were applied so far.
    pub applied: u64,
    pub imported_at: Timestamp,
    pub actor: String,
    pub tally: Tally,
}

/// Where an import begins.
pub enum Begun {
    /// All of it was applied before.
    Known(Statement),
    /// So many records were.
    From(u64),
}

/// The numbers are stored.
const MESSAGES: [Message; 6] =
    [Message::Pain002, Message::Pain008, Message::Camt053, Message::Camt054, Message::Pacs004, Message::Csv];

pub fn begin(tx: &mut Tx, file: [u8; 32], fresh: Statement) -> Result<Begun> {
    match tx.statement(file)? {
        Some(known) if known.applied >= known.records => Ok(Begun::Known(known)),
        Some(known) => Ok(Begun::From(known.applied)),
        None => {
            put(tx, file, &fresh);
            Ok(Begun::From(0))
        }
    }
}

/// The next records of a file, in one transaction with the count of them.
pub fn apply(
    tx: &mut Tx,
    desk: &Desk,
    posting: PostingId,
    from: u64,
    records: &[Record],
) -> Result<Statement> {
    let missing = || records::damaged("an import has no beginning");
    let mut statement = tx.statement(desk.file)?.ok_or_else(missing)?;
    if statement.applied != from {
        return Ok(statement);
    }
    let mut teller = Teller::new(tx, desk, posting, statement.tally);
    for record in records {
        teller.hear(record)?;
    }
    statement.tally = teller.finish()?;
    statement.applied += records.len() as u64;
    put(tx, desk.file, &statement);
    Ok(statement)
}

/// The stored number of a statement that is no file.
const PAPER: u32 = 100;

/// A paper that was marked by hand. It is never imported again, so nobody reads it back as a file.
pub(super) fn note_paper(tx: &mut Tx, desk: &Desk, name: &str, lines: u64, tally: Tally) {
    let record = stored::Statement {
        message: PAPER,
        message_id: name.to_owned(),
        records: lines,
        applied: lines,
        imported_ms: tx.now.as_millisecond(),
        actor: desk.by.clone(),
        tally: Some(tally),
    };
    tx.put(Table::Statements, &desk.file, &record);
}

fn put(tx: &mut Tx, file: [u8; 32], statement: &Statement) {
    let number = MESSAGES.iter().position(|message| *message == statement.message);
    let record = stored::Statement {
        message: number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default(),
        message_id: statement.message_id.clone(),
        records: statement.records,
        applied: statement.applied,
        imported_ms: statement.imported_at.as_millisecond(),
        actor: statement.actor.clone(),
        tally: Some(statement.tally),
    };
    tx.put(Table::Statements, &file, &record);
}

impl View {
    pub fn statement(&self, file: [u8; 32]) -> Result<Option<Statement>> {
        let Some(record) = self.record::<stored::Statement>(Table::Statements, &file)? else {
            return Ok(None);
        };
        let message = usize::try_from(record.message).ok().and_then(|number| MESSAGES.get(number));
        Ok(Some(Statement {
            message: *message.ok_or_else(|| records::damaged("a file's kind is unknown"))?,
            message_id: record.message_id,
            records: record.records,
            applied: record.applied,
            imported_at: time::from_ms(record.imported_ms),
            actor: record.actor,
            tally: record.tally.unwrap_or_default(),
        }))
    }
}
