//! Hashed facts of other services: proof that something was so, without saying what.

use super::{Actor, FactId, Stamp, Subject};

/// What the hash of a fact is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    EvidenceSealed,
    ChallengeText,
    ChallengeResult,
    DisputeOutcome,
    Approval,
    Enrolment,
    BadRecord,
    FilmErased,
    EvidenceErased,
    EvidenceExported,
    EvidenceExportedWhole,
    EvidenceHeld,
    EvidenceReleased,
    ChallengeVerdict,
}

/// A fact as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub id: FactId,
    pub kind: FactKind,
    pub subject: Subject,
    pub sha256: [u8; 32],
}

impl Fact {
    /// Name of the first field in which `other` differs. Who recorded it is not part of the body: a resumed saga
    /// may ask under another name.
    pub fn differing_field(&self, other: &Self) -> Option<&'static str> {
        [
            ("fact.kind", self.kind != other.kind),
            ("fact.subject_id", self.subject != other.subject),
            ("fact.sha256", self.sha256 != other.sha256),
        ]
        .into_iter()
        .find_map(|(field, differs)| differs.then_some(field))
    }
}

/// A fact as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFact {
    pub fact: Fact,
    pub actor: Actor,
    pub stamp: Stamp,
}
