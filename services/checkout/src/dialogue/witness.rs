//! Facts for the ledger: proof that something was so, without saying what.

use chit_proto::ledger::v1::FactKind;
use sha2::{Digest, Sha256};

use crate::domain::dialogue::OutFact;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::Result;
use crate::store::Tx;

/// The fact's id follows from `text`, which must name a thing that happens once: so the fact is made once.
pub fn witness(tx: &mut Tx, kind: FactKind, subject_id: &str, text: &str, actor: &str) -> Result<()> {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    let fact = OutFact {
        fact_id: ulid::Ulid::from(u128::from_be_bytes(id)).to_string(),
        kind: kind as i32,
        subject_id: subject_id.to_owned(),
        sha256: digest.to_vec(),
        actor: actor.to_owned(),
    };
    tx.put_fact(&fact)?;
    tx.push(&Effect::new(EffectKind::RecordFact, &fact.fact_id))
}
