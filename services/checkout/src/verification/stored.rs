//! Challenges, and replies on their way to an issuer, in the store.

use super::asking::REMIND_LEFT_MS;
use super::challenge::{Asks, Challenge, ChallengeState};
use super::forward::Forward;
use crate::payer::code_card::{CodeHash, Row};
use crate::store::due::{Due, DueKind};
use crate::store::history::{Change, Kind};
use crate::store::records::{self, challenge as stored, damaged, forward as stored_forward};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{ChallengeId, IssuerRequestId, PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::short_code::ReadProof;
use crate::values::time;

/// Challenges that a proof is looked for in, the newest: payers ask about what they were just asked.
const PROOFS_LOOKED_AT: usize = 2_000;

impl Tx {
    pub fn put_challenge(&mut self, actor: &str, challenge: &Challenge) -> Result<()> {
        let key = challenge.id.to_bytes();
        let before = self.record::<stored::Challenge>(Table::Challenges, &key)?;
        let known = before.clone().map(|record| from_record(challenge.id, record)).transpose()?;
        self.reschedule(&known.as_ref().map(due).unwrap_or_default(), &due(challenge));
        let record = to_record(challenge);
        self.put(Table::Challenges, &key, &record);
        self.set(Table::ChallengesByPayer, &[&challenge.payer.0[..], &key].concat(), Vec::new());
        let public = |record: stored::Challenge| {
            records::body(&stored::Challenge { wrong_codes: Vec::new(), card: Vec::new(), ..record })
        };
        let change = Change {
            kind: Kind::Challenge,
            subject: &key,
            state: challenge.state as u32,
            before: before.map(public),
            after: public(record),
        };
        self.record_change(actor, &change)
    }
}

impl Tx {
    pub fn put_forward(&mut self, forward: &Forward) {
        let key = forward.id.to_bytes();
        let record = stored_forward::Forward {
            payer_id: forward.payer.0.to_vec(),
            claims: forward.claims.iter().map(chit_verdict::Claim::encode).collect(),
            sealed_code: forward.sealed_code.clone(),
            code_hash: forward.hash.0.to_vec(),
            card: forward.card.to_vec(),
            heard_ms: forward.heard_ms,
            at_counter: forward.at_counter,
        };
        self.put(Table::Forwards, &key, &record);
        self.set(Table::ForwardsByPayer, &[&forward.payer.0[..], &key].concat(), Vec::new());
    }

    /// Its verdict is here.
    pub fn remove_forward(&mut self, forward: &Forward) {
        let key = forward.id.to_bytes();
        self.remove(Table::Forwards, &key);
        self.remove(Table::ForwardsByPayer, &[&forward.payer.0[..], &key].concat());
    }
}

impl View {
    pub fn find_forward(&self, id: IssuerRequestId) -> Result<Option<Forward>> {
        let record = self.record::<stored_forward::Forward>(Table::Forwards, &id.to_bytes())?;
        record.map(|record| forward(id, record)).transpose()
    }

    /// Those that wait, oldest first: a few at most.
    pub fn forwards_of(&self, payer: PayerId) -> Result<Vec<Forward>> {
        let mut waiting = Vec::new();
        for key in self.keys_of(Table::ForwardsByPayer, &payer.0)? {
            waiting.extend(self.find_forward(records::id(&key)?)?);
        }
        Ok(waiting)
    }
}

fn forward(id: IssuerRequestId, record: stored_forward::Forward) -> Result<Forward> {
    let claim = |bytes: &Vec<u8>| {
        chit_verdict::Claim::decode(bytes).ok_or_else(|| damaged("what a forwarded reply claims"))
    };
    Ok(Forward {
        id,
        payer: PayerId(records::fixed(&record.payer_id)?),
        claims: record.claims.iter().map(claim).collect::<Result<_>>()?,
        sealed_code: record.sealed_code,
        hash: CodeHash(records::fixed(&record.code_hash)?),
        card: records::fixed(&record.card)?,
        heard_ms: record.heard_ms,
        at_counter: record.at_counter,
    })
}

/// Its end and its reminder, on the heard clock.
fn due(challenge: &Challenge) -> Vec<Due> {
    let (ChallengeState::Open, Some(ends)) = (challenge.state, challenge.ends_heard_ms) else {
        return Vec::new();
    };
    let subject = challenge.id.to_bytes();
    let mut due = vec![Due::new(time::from_ms(ends), DueKind::Expire, &subject)];
    if !challenge.reminded && challenge.asks != Asks::Enrolment {
        due.push(Due::new(time::from_ms(ends - REMIND_LEFT_MS), DueKind::Remind, &subject));
    }
    due
}

impl View {
    pub fn challenge(&self, id: ChallengeId) -> Result<Challenge> {
        let record = self.record::<stored::Challenge>(Table::Challenges, &id.to_bytes())?;
        let record = record.ok_or_else(|| Refusal::not_found(Reason::CHALLENGE_NOT_FOUND, "challenge"))?;
        from_record(id, record)
    }

    /// The first sale of the newest challenge that quoted this proof.
    pub fn sale_of_proof(&self, proof: ReadProof) -> Result<Option<SaleId>> {
        for (key, _) in self.page(Table::Challenges, b"", Seek::End, PROOFS_LOOKED_AT)? {
            let challenge = self.challenge(records::id(&key)?)?;
            if let (true, Some(sale)) =
                (proof.is_of(&challenge.evidence_sha256), challenge.asks.sales().first())
            {
                return Ok(Some(*sale));
            }
        }
        Ok(None)
    }

    /// Oldest first: a card has sixty rows.
    pub fn challenges_of(&self, payer: PayerId) -> Result<Vec<Challenge>> {
        let keys = self.keys_of(Table::ChallengesByPayer, &payer.0)?;
        keys.iter().map(|key| self.challenge(records::id(key)?)).collect()
    }
}

fn to_record(challenge: &Challenge) -> stored::Challenge {
    stored::Challenge {
        payer_id: challenge.payer.0.to_vec(),
        sales: challenge.asks.sales().iter().map(|sale| sale.to_bytes().to_vec()).collect(),
        row: challenge.row.get().into(),
        round: challenge.round.into(),
        state: challenge.state as u32,
        wrong_tries: challenge.wrong_tries.into(),
        wrong_codes: challenge.wrong_codes.iter().map(|hash| hash.0.to_vec()).collect(),
        message_id: challenge.message.to_bytes().to_vec(),
        submitted_ms: records::optional_ms(challenge.submitted_at),
        ends_heard_ms: challenge.ends_heard_ms,
        delivered: challenge.delivered,
        evidence_sha256: challenge.evidence_sha256.to_vec(),
        reminded: challenge.reminded,
        card: challenge.card.to_vec(),
        created_ms: challenge.created_at.as_millisecond(),
        text_salt: challenge.text_salt.to_vec(),
        verdict: challenge.verdict.clone(),
    }
}

fn from_record(id: ChallengeId, record: stored::Challenge) -> Result<Challenge> {
    let state = ChallengeState::ALL.into_iter().find(|state| *state as u32 == record.state);
    let wrong: Result<Vec<CodeHash>> =
        record.wrong_codes.iter().map(|hash| Ok(CodeHash(records::fixed(hash)?))).collect();
    let asks =
        if record.sales.is_empty() { Asks::Enrolment } else { Asks::Sales(records::ids(&record.sales)?) };
    Ok(Challenge {
        id,
        payer: PayerId(records::fixed(&record.payer_id)?),
        asks,
        row: Row::new(records::small(record.row)?).map_err(|_| damaged("a row is unknown"))?,
        round: records::small(record.round)?,
        state: state.ok_or_else(|| damaged("a challenge's state is unknown"))?,
        wrong_tries: records::small(record.wrong_tries)?,
        wrong_codes: wrong?,
        message: records::id(&record.message_id)?,
        created_at: time::from_ms(record.created_ms),
        submitted_at: records::optional_time(record.submitted_ms),
        ends_heard_ms: record.ends_heard_ms,
        delivered: record.delivered,
        evidence_sha256: records::fixed(&record.evidence_sha256)?,
        reminded: record.reminded,
        card: records::fixed(&record.card)?,
        text_salt: records::fixed(&record.text_salt)?,
        verdict: record.verdict,
    })
}
