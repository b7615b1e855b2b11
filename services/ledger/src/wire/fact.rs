//! Facts.

use chit_proto::ledger::v1 as pb;

use super::{FieldFault, fact_id, fault, subject, timestamp};
use crate::domain::{Actor, Fact, FactKind, RecordedFact};

const FACT_KINDS: [(FactKind, pb::FactKind); 14] = [
    (FactKind::EvidenceSealed, pb::FactKind::EvidenceSealed),
    (FactKind::ChallengeText, pb::FactKind::ChallengeText),
    (FactKind::ChallengeResult, pb::FactKind::ChallengeResult),
    (FactKind::DisputeOutcome, pb::FactKind::DisputeOutcome),
    (FactKind::Approval, pb::FactKind::Approval),
    (FactKind::Enrolment, pb::FactKind::Enrolment),
    (FactKind::BadRecord, pb::FactKind::BadRecord),
    (FactKind::FilmErased, pb::FactKind::FilmErased),
    (FactKind::EvidenceErased, pb::FactKind::EvidenceErased),
    (FactKind::EvidenceExported, pb::FactKind::EvidenceExported),
    (FactKind::EvidenceExportedWhole, pb::FactKind::EvidenceExportedWhole),
    (FactKind::EvidenceHeld, pb::FactKind::EvidenceHeld),
    (FactKind::EvidenceReleased, pb::FactKind::EvidenceReleased),
    (FactKind::ChallengeVerdict, pb::FactKind::ChallengeVerdict),
];

pub fn fact_to_pb(fact: &Fact, actor: &Actor) -> pb::Fact {
    let kind = FACT_KINDS.iter().find(|(kind, _)| *kind == fact.kind).map(|(_, kind)| *kind as i32);
    pb::Fact {
        fact_id: fact.id.to_string(),
        kind: kind.expect("FACT_KINDS lists every kind"),
        subject_id: fact.subject.as_str().to_owned(),
        sha256: fact.sha256.to_vec(),
        actor: actor.as_str().to_owned(),
        ..pb::Fact::default()
    }
}

pub fn fact(fact: &pb::Fact) -> Result<Fact, FieldFault> {
    let kind = FACT_KINDS.iter().find(|(_, kind)| *kind as i32 == fact.kind).map(|(kind, _)| *kind);
    Ok(Fact {
        id: fact_id("fact.fact_id", &fact.fact_id)?,
        kind: kind.ok_or(fault("fact.kind", "must be set to a known kind"))?,
        subject: subject("fact.subject_id", &fact.subject_id)?,
        sha256: <[u8; 32]>::try_from(fact.sha256.as_slice())
            .map_err(|_| fault("fact.sha256", "must have 32 bytes"))?,
    })
}

/// The answer's form.
pub fn recorded_fact_to_pb(recorded: &RecordedFact) -> pb::Fact {
    pb::Fact {
        journal_seq: recorded.stamp.seq,
        create_time: Some(timestamp(recorded.stamp.time)),
        ..fact_to_pb(&recorded.fact, &recorded.actor)
    }
}
