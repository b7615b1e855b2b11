//! An inbound SMS: who wrote it, what it means, what it changes. A code from another number is compared with nothing and
//! answered with nothing; staff see that one came.

use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::calling_off;
use super::challenge::Challenge;
use super::decide::Outcome;
use super::dossier::Dossier;
use super::forwarding;
use super::outcome::{self, Fresh};
use super::reply::{self, Reply};
use super::verifier::PayerVerifier;
use crate::collection::{SmsTrace, Subject, TraceId};
use crate::outbox::Effect;
use crate::outbox::message::Progress;
use crate::payer::Payer;
use crate::store::{Tx, View};
use crate::texts::Voice;
use crate::values::ids::{IssuerRequestId, MessageId, PayerId, SaleId};
use crate::values::refusal::Result;

use super::outcome::PAYER;

/// A message as it came in.
pub struct Heard {
    pub seq: u64,
    pub text: String,
    pub text_chars: u32,
    pub alphabet: crate::collection::Alphabet,
    /// When it reached the modem, on the heard clock.
    pub heard_ms: i64,
}

const FOREIGN_CODES: &str = "foreign_codes ";

/// Returns the message of the challenge that the payer must have read to send this, if there is one.
pub fn from_payer(
    tx: &mut Tx,
    voice: &Voice,
    verifier: &dyn PayerVerifier,
    payer: Payer,
    heard: &Heard,
    mut fresh: Fresh,
) -> Result<Option<MessageId>> {
    let reply = reply::parse(&heard.text);
    if let Reply::Lost { card_serial: Some(serial) } = reply {
        return tx.payer_by_card(serial)?.map_or(Ok(()), |id| lost(tx, id, heard)).map(|()| None);
    }
    let dossier = Dossier::read(tx, verifier, payer)?;
    let (outcome, code) = dossier.decide(tx, &reply, heard.heard_ms);
    let answered = answered(&outcome).and_then(|at| dossier.challenges.get(at));
    let answered = answered.map(|challenge| challenge.message);
    trace(tx, dossier.challenges.last(), heard)?;
    // What would be a wrong code, were it compared with nothing: that is for the issuer to say.
    if let (Some(sealed), Some(on), Some(hash)) = (fresh.sealed.take(), outcome.counts_on(), code) {
        forwarding::by_sms(tx, &dossier, on, hash, sealed, heard.heard_ms)?;
        return Ok(answered);
    }
    outcome::apply(tx, voice, dossier, &outcome, code, fresh)?;
    Ok(answered)
}

/// From a number that no payer has. LOST with a card's serial freezes silently, from any number; everything else gets no
/// answer and no look at a card.
pub fn from_stranger(tx: &mut Tx, voice: &Voice, heard: &Heard) -> Result<()> {
    match reply::parse(&heard.text) {
        Reply::Lost { card_serial: Some(serial) } => {
            if let Some(payer) = tx.payer_by_card(serial)? {
                return lost(tx, payer, heard);
            }
        }
        Reply::Code(_) | Reply::RowAndCode { .. } => {
            let counter = foreign_counter(voice, tx.now);
            tx.next_number(&counter)?;
        }
        _ => {}
    }
    // A number for staff at most: strangers must not keep the disk from those who buy.
    tx.keep_with_the_next();
    Ok(())
}

/// The card's payer is frozen, its rows count for nothing, and nobody is answered: a thief may hold the phone.
fn lost(tx: &mut Tx, id: PayerId, heard: &Heard) -> Result<()> {
    let newest = tx.challenges_of(id)?.pop();
    trace(tx, newest.as_ref(), heard)?;
    calling_off::all_of(tx, id, PAYER)?;
    let mut payer = tx.payer(id)?;
    // Its other shops must not take a row of it either.
    if payer.card.issued.is_some() && !payer.card.lost {
        let once: [u8; 32] =
            Sha256::digest([b"lost/".as_slice(), &tx.card_ref(payer.card.serial)].concat()).into();
        let request = IssuerRequestId(Ulid::from_bytes(std::array::from_fn(|at| once[at])));
        tx.push(&Effect::ReportLost { payer: id, request })?;
    }
    payer.lose_card();
    tx.put_payer(PAYER, &payer)
}

impl View {
    /// Messages of this local day that look like a row code and came from a number that no payer has.
    pub fn foreign_codes(&self, voice: &Voice, now: jiff::Timestamp) -> Result<u64> {
        self.counter(&foreign_counter(voice, now))
    }
}

fn foreign_counter(voice: &Voice, now: jiff::Timestamp) -> String {
    format!("{FOREIGN_CODES}{}", voice.quiet.local_day(now))
}

/// The challenge that the payer must have read to send this.
fn answered(outcome: &Outcome) -> Option<usize> {
    match outcome {
        Outcome::Verified { challenge, .. }
        | Outcome::LateVerified { challenge, .. }
        | Outcome::Rejected { challenge, .. }
        | Outcome::WrongGoodsDispute { challenge, .. } => Some(*challenge),
        Outcome::WrongTry { on, .. } | Outcome::ChallengeOver { on, .. } | Outcome::CardLocked { on, .. } => {
            on.last().copied()
        }
        _ => None,
    }
}

/// The reply stands in the dialogue of what was asked last.
fn trace(tx: &mut Tx, newest: Option<&Challenge>, heard: &Heard) -> Result<()> {
    let sales: Vec<SaleId> = newest.map(|challenge| challenge.asks.sales().to_vec()).unwrap_or_default();
    for mut deduction in tx.deductions(&sales)? {
        deduction.trace(SmsTrace {
            id: TraceId::Theirs(heard.seq),
            subject: Subject::Reply,
            progress: Progress::Received,
            text_chars: heard.text_chars,
            alphabet: heard.alphabet,
            revision: 0,
        });
        tx.put_deduction(PAYER, &deduction)?;
    }
    Ok(())
}
