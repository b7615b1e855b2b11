//! Facts for the ledger: proof that something was so, without saying what.

use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::effect::Effect;
use crate::store::records::{self, damaged, outbox as stored};
use crate::store::table::Table;
use crate::store::{Tx, View};
use crate::values::ids::{FactId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// The numbers are the ledger's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FactKind {
    EvidenceSealed = 1,
    ChallengeText = 2,
    ChallengeResult = 3,
    DisputeOutcome = 4,
    Approval = 5,
    Enrolment = 6,
    BadRecord = 7,
    FilmErased = 8,
    EvidenceErased = 9,
    EvidenceExported = 10,
    EvidenceExportedWhole = 11,
    EvidenceHeld = 12,
    EvidenceReleased = 13,
    ChallengeVerdict = 14,
}

impl FactKind {
    pub const ALL: [Self; 14] = [
        Self::EvidenceSealed,
        Self::ChallengeText,
        Self::ChallengeResult,
        Self::DisputeOutcome,
        Self::Approval,
        Self::Enrolment,
        Self::BadRecord,
        Self::FilmErased,
        Self::EvidenceErased,
        Self::EvidenceExported,
        Self::EvidenceExportedWhole,
        Self::EvidenceHeld,
        Self::EvidenceReleased,
        Self::ChallengeVerdict,
    ];
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    pub id: FactId,
    pub kind: FactKind,
    /// The sale, payer or challenge it is about, as text.
    pub subject: String,
    pub sha256: [u8; 32],
    pub actor: String,
}

impl Tx {
    /// Hands a fact to the outbox. `about`: the sales that wait for it.
    pub fn witness(&mut self, fact: &Fact, about: Vec<SaleId>) -> Result<()> {
        self.put_fact(fact);
        self.push(&Effect::RecordFact { fact: fact.id, about })
    }

    pub fn put_fact(&mut self, fact: &Fact) {
        let record = stored::Fact {
            kind: fact.kind as u32,
            subject: fact.subject.clone(),
            sha256: fact.sha256.to_vec(),
            actor: fact.actor.clone(),
        };
        self.put(Table::Facts, &fact.id.to_bytes(), &record);
    }

    /// A fact whose id follows from `text`, which must name a thing that happens once: so the fact is made once.
    pub fn witness_once(&mut self, kind: FactKind, subject: String, text: &str, actor: &str) -> Result<()> {
        let sha256: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let id = FactId(Ulid::from_bytes(std::array::from_fn(|at| sha256[at])));
        let about = subject.parse().ok().into_iter().collect();
        self.witness(&Fact { id, kind, subject, sha256, actor: actor.to_owned() }, about)
    }

    /// The ledger has it now.
    pub fn forget_fact(&mut self, id: FactId) {
        self.remove(Table::Facts, &id.to_bytes());
    }
}

impl View {
    pub fn fact(&self, id: FactId) -> Result<Fact> {
        let record: stored::Fact = self
            .record(Table::Facts, &id.to_bytes())?
            .ok_or_else(|| Refusal::not_found(Reason::FACT_NOT_FOUND, "fact"))?;
        let kind = FactKind::ALL.into_iter().find(|kind| *kind as u32 == record.kind);
        Ok(Fact {
            id,
            kind: kind.ok_or_else(|| damaged("a fact's kind is unknown"))?,
            subject: record.subject,
            sha256: records::fixed(&record.sha256)?,
            actor: record.actor,
        })
    }
}
