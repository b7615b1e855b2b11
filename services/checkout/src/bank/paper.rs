//! Lines of a paper statement, marked by hand: what a bank's file would say, decided by the same rules.

use chit_iso20022::Money;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::matching::Ids;
use super::statement::note_paper;
use super::teller::{Desk, Teller};
use crate::store::Tx;
use crate::store::records::bank::Tally;
use crate::values::ids::{PostingId, SaleId};
use crate::values::refusal::Result;

pub const LINES_MAX: usize = 100;

/// The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Paid = 1,
    /// The bank did not collect it.
    Refused = 2,
    /// The money had come, and went back.
    Returned = 3,
}

impl Outcome {
    pub const ALL: [Self; 3] = [Self::Paid, Self::Refused, Self::Returned];
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub sale: SaleId,
    pub outcome: Outcome,
    pub amount: Money,
    /// The bank's reason; may be empty.
    pub reason: String,
    pub on: Date,
}

/// What a marked statement is known by, as a file is by its hash.
pub fn mark_of(posting: PostingId, statement: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"chit/paper-statement/v1\0")
        .chain_update(posting.to_bytes())
        .chain_update(statement)
        .finalize()
        .into()
}

/// All lines in one transaction. `statement` is how people find the paper again.
pub fn mark(tx: &mut Tx, desk: &Desk, posting: PostingId, statement: &str, lines: &[Line]) -> Result<Tally> {
    let mut teller = Teller::new(tx, desk, posting, Tally::default());
    for line in lines {
        teller.marked(line)?;
    }
    let tally = teller.finish()?;
    note_paper(tx, desk, statement, lines.len() as u64, tally);
    Ok(tally)
}

impl Teller<'_> {
    fn marked(&mut self, line: &Line) -> Result<()> {
        let id = line.sale.to_string();
        let ids = Ids { end_to_end: Some(&id), on: Some(line.on), ..Ids::default() };
        let Some(matched) = ids.find(self.tx)? else { return self.unknown(&ids) };
        match line.outcome {
            Outcome::Paid => self.paid(matched, Some(line.amount), line.on),
            Outcome::Refused => self.refused(matched, &line.reason, Some(line.amount), line.on),
            Outcome::Returned => self.taken_back(matched, &line.reason, Some(line.amount), line.on),
        }
    }
}
