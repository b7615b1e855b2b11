//! Challenges. Their time runs on the heard clock now, which said at the import what the business clock said.

use sha2::{Digest, Sha256};

use super::tables::Row;
use super::v2;
use super::work::{Import, numbered, since};
use crate::payer::code_card::{CardSerial, CodeHash, Row as CardRow};
use crate::store::records::{self, damaged};
use crate::values::ids::SaleId;
use crate::values::refusal::Result;
use crate::values::time;
use crate::verification::{Asks, Challenge, ChallengeState};

pub fn challenge(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Challenge = row.record()?;
    let wrong: Result<Vec<CodeHash>> =
        old.wrong_hashes.iter().map(|hash| Ok(CodeHash(records::fixed(hash)?))).collect();
    let challenge = Challenge {
        id: row.id()?,
        payer: records::parsed(&old.payer_id, "the payer")?,
        asks: asks(&old)?,
        row: CardRow::new(records::small(old.row)?).map_err(|_range| damaged("the row is unknown"))?,
        round: records::small(old.round)?,
        state: numbered(&ChallengeState::ALL, |state| state as i32, old.state, "the challenge's state")?,
        wrong_tries: records::small(old.wrong_replies)?,
        wrong_codes: wrong?,
        message: records::parsed(&old.message_id, "the message")?,
        created_at: time::from_ms(old.create_ms),
        submitted_at: since(old.submit_ms),
        ends_heard_ms: ends(import, &old)?,
        delivered: old.delivered,
        evidence_sha256: evidence_hash(import, &old)?,
        reminded: old.reminded,
        card: card(import, &old)?,
        text_salt: records::fixed(&old.text_salt)?,
        verdict: Vec::new(),
    };
    import.tx.put_challenge("system", &challenge)
}

fn asks(old: &v2::Challenge) -> Result<Asks> {
    if old.sale_ids.is_empty() {
        return Ok(Asks::Enrolment);
    }
    let sales: Result<Vec<SaleId>> = old.sale_ids.iter().map(|id| records::parsed(id, "a sale")).collect();
    Ok(Asks::Sales(sales?))
}

/// What was left of its hours when it was submitted, and what the payer lost of them by the shop's fault.
fn ends(import: &Import<'_>, old: &v2::Challenge) -> Result<Option<i64>> {
    if old.submit_ms == 0 {
        return Ok(None);
    }
    let hours_ms = old.expire_ms.saturating_sub(old.submit_ms).saturating_add(old.paused_ms);
    Ok(Some(import.heard_ms(old.submit_ms)?.saturating_add(hours_ms)))
}

/// The older program kept the characters in the text alone; the manifests give the whole.
fn evidence_hash(import: &Import<'_>, old: &v2::Challenge) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    for id in &old.sale_ids {
        let sale: Option<v2::Sale> = import.old.find("sales", id)?;
        hash.update(
            sale.ok_or_else(|| damaged("it asks for a sale that is not there"))?.evidence.manifest_sha256,
        );
    }
    Ok(hash.finalize().into())
}

/// A card that nobody knows any more: no code answers.
fn card(import: &Import<'_>, old: &v2::Challenge) -> Result<[u8; 16]> {
    if old.card_serial.is_empty() {
        return Ok([0; 16]);
    }
    let serial: CardSerial = records::parsed(&old.card_serial, "the card's serial")?;
    Ok(import.tx.card_ref(serial))
}
