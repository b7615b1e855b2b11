//! What happened to sealed evidence, as its keeper tells it: the ledger witnesses each entry.

use std::fmt::Write as _;

use crate::outbox::fact::FactKind;
use crate::store::Tx;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;

/// The newest entry that was taken.
const CURSOR: &str = "evidence_log_position";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Logged {
    FilmErased,
    EvidenceErased,
    ExportedRedacted,
    ExportedWhole,
    Held,
    Released,
}

impl Logged {
    fn fact(self) -> FactKind {
        match self {
            Self::FilmErased => FactKind::FilmErased,
            Self::EvidenceErased => FactKind::EvidenceErased,
            Self::ExportedRedacted => FactKind::EvidenceExported,
            Self::ExportedWhole => FactKind::EvidenceExportedWhole,
            Self::Held => FactKind::EvidenceHeld,
            Self::Released => FactKind::EvidenceReleased,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::FilmErased => "FILM_ERASED",
            Self::EvidenceErased => "EVIDENCE_ERASED",
            Self::ExportedRedacted => "EVIDENCE_EXPORTED",
            Self::ExportedWhole => "EVIDENCE_EXPORTED_WHOLE",
            Self::Held => "EVIDENCE_HELD",
            Self::Released => "EVIDENCE_RELEASED",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogEntry {
    pub position: u64,
    pub sale: SaleId,
    pub what: Logged,
    pub at_us: i64,
    pub rule: String,
    /// Empty = the keeper itself.
    pub actor: String,
    pub reason: String,
    pub manifest_sha256: Vec<u8>,
}

impl LogEntry {
    /// What the ledger's hash is of; the interface specifies it (chit.ledger.v1.FactKind).
    fn text(&self) -> String {
        let Self { position, sale, at_us, rule, actor, reason, .. } = self;
        let what = self.what.word();
        let mut text = format!("evidence/{position}/{what}/{sale}/{at_us}/{rule}/{actor}/{reason}/");
        for byte in &self.manifest_sha256 {
            write!(text, "{byte:02x}").expect("a string takes everything");
        }
        text
    }

    /// Takes the entry, once; `false`: it was taken before.
    pub fn take(&self, tx: &mut Tx) -> Result<bool> {
        if self.position <= tx.counter(CURSOR)? {
            return Ok(false);
        }
        tx.set_counter(CURSOR, self.position);
        let actor = if self.actor.is_empty() { "system" } else { &self.actor };
        tx.witness_once(self.what.fact(), self.sale.to_string(), &self.text(), actor)?;
        Ok(true)
    }

    /// After which entry the log is to be read.
    pub fn newest(view: &crate::store::View) -> Result<u64> {
        view.counter(CURSOR)
    }
}
