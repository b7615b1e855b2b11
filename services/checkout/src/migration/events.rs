//! The older program's history. Its events hold whole records, with card serials in clear; what is kept is who, when,
//! what, and the hash of the event as it was stored, so that the chain goes on without a break.

use sha2::{Digest, Sha256};

use super::tables::Row;
use super::v2;
use super::work::Import;
use crate::store::Tx;
use crate::store::history::Kind;
use crate::store::records::{self, damaged, event::Event};
use crate::store::table::Table;
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::Result;

/// <SINCE ‖ sale id, Since> in Meta, until the sale is imported.
const SINCE: &[u8] = b"import/since/";

/// Since when, and by whose act, a sale is in its state: only its history says so.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Since {
    #[prost(uint32, tag = "1")]
    state: u32,
    #[prost(int64, tag = "2")]
    pub at_ms: i64,
    #[prost(string, tag = "3")]
    pub by: String,
}

pub fn event(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Event = row.record()?;
    let chain = import.tx.chain();
    if row.number()? != chain.revision + 1 || old.revision != chain.revision + 1 {
        return Err(damaged("events are missing before this one"));
    }
    if old.previous_hash != chain.hash {
        return Err(damaged("the event before this one was changed"));
    }
    let kind =
        u32::try_from(old.kind).ok().and_then(Kind::of).ok_or_else(|| damaged("its kind is unknown"))?;
    let subject = subject(kind, &old.subject_id)?;
    let state = match kind {
        Kind::Sale => new_state(import.tx, &subject, &old)?,
        _ => state(kind, &old.snapshot)?,
    };
    let event = Event {
        actor: old.actor,
        time_ms: old.time_ms,
        kind: kind as u32,
        subject,
        state,
        delta: Vec::new(),
        hash: Vec::new(),
    };
    import.tx.adopt_event(event, Sha256::digest(&row.value).into());
    Ok(())
}

fn subject(kind: Kind, id: &str) -> Result<Vec<u8>> {
    Ok(match kind {
        Kind::Payer => records::parsed::<PayerId>(id, "the payer's id")?.0.to_vec(),
        _ => records::parsed::<ulid::Ulid>(id, "the id of what changed")?.to_bytes().to_vec(),
    })
}

/// The state in the record after the change.
fn state(kind: Kind, snapshot: &[u8]) -> Result<u32> {
    let state = match kind {
        Kind::Sale => v2::snapshot::<v2::SaleState>(snapshot)?.state,
        Kind::Payer | Kind::Batch => v2::snapshot::<v2::PayerOrBatchState>(snapshot)?.state,
        Kind::Challenge => v2::snapshot::<v2::ChallengeState>(snapshot)?.state,
        Kind::Dispute => v2::snapshot::<v2::DisputeState>(snapshot)?.state,
        Kind::Enquiry | Kind::Person | Kind::Shift | Kind::Device => 0,
    };
    u32::try_from(state).map_err(|_negative| damaged("its state is unknown"))
}

/// 0 if the sale was in this state before; noted otherwise.
fn new_state(tx: &mut Tx, sale: &[u8], old: &v2::Event) -> Result<u32> {
    let (key, state) = ([SINCE, sale].concat(), state(Kind::Sale, &old.snapshot)?);
    let known: Since = tx.record(Table::Meta, &key)?.unwrap_or_default();
    if known.state == state {
        return Ok(0);
    }
    tx.put(Table::Meta, &key, &Since { state, at_ms: old.time_ms, by: old.actor.clone() });
    Ok(state)
}

/// What was noted of a sale; it is forgotten with this.
pub fn take_since(tx: &mut Tx, sale: SaleId) -> Result<Option<Since>> {
    let key = [SINCE, &sale.to_bytes()].concat();
    let since = tx.record(Table::Meta, &key)?;
    tx.remove(Table::Meta, &key);
    Ok(since)
}
