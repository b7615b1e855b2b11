//! What a decided reply changes.

use chit_proto::ledger::v1::FactKind;
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::answers::{Voice, answer};
use super::facts::{Dossier, timestamp};
use super::{disputes, rounds};
use crate::domain::code_card::{CodeHash, Row};
use crate::domain::dialogue::{Challenge, ChallengeState, OutFact};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer_texts::Answer;
use crate::domain::people::PayerState;
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::{Sale, SaleState};
use crate::domain::settlement::DisputeCause;
use crate::domain::verification::Outcome;
use crate::store::{Rows, Tx};

const PAYER: &str = "payer";

/// Ids that an outcome may need, made beforehand: domain and store make none.
pub struct Fresh {
    pub answer_id: String,
    pub ids: Vec<String>,
}

impl Fresh {
    fn take(&mut self) -> Result<String> {
        self.ids
            .pop()
            .ok_or_else(|| Refusal::internal("an outcome needed more ids than a challenge has sales"))
    }
}

/// Applies the outcome and answers the payer. `code` is the hash of the code he sent, if he sent one.
pub fn apply(
    tx: &mut Tx,
    voice: &Voice,
    dossier: Dossier,
    outcome: &Outcome,
    code: Option<CodeHash>,
    mut fresh: Fresh,
) -> Result<()> {
    let mut turn = Turn { tx, voice, dossier, code };
    let words = match outcome {
        Outcome::Verified { challenge, sales } => turn.verified(*challenge, sales, &[], &mut fresh)?,
        Outcome::LateVerified { challenge, sales, closes } => {
            turn.verified(*challenge, sales, closes, &mut fresh)?
        }
        Outcome::WrongTry { on, left } => {
            turn.count_wrong(on)?;
            Some(Answer::TryAgain { row: turn.newest_row()?, left: *left })
        }
        Outcome::ChallengeOver { on, over } => {
            turn.count_wrong(on)?;
            turn.end_rounds(over)?;
            Some(Answer::ChallengeOver)
        }
        Outcome::CardLocked { on, newly } => {
            turn.count_wrong(on)?;
            if *newly {
                turn.lock()?;
            }
            Some(Answer::Locked)
        }
        Outcome::Rejected { challenge, which } => turn.rejected(*challenge, which, &mut fresh)?,
        Outcome::WrongGoodsDispute { challenge, sales } => turn.wrong_goods(*challenge, sales, &mut fresh)?,
        Outcome::DisputeAfterVerified { sales, .. } => turn.dispute_after(sales, &mut fresh)?,
        Outcome::SameWrongAgain { challenge, left } => {
            Some(Answer::SameWrongAgain { row: turn.row_of(*challenge)?, left: *left })
        }
        Outcome::UsedCode => Some(Answer::UsedCode),
        Outcome::Held { challenge } => Some(Answer::AnotherNumberAnswered { row: turn.row_of(*challenge)? }),
        Outcome::Frozen => {
            turn.freeze()?;
            None
        }
        Outcome::Help => Some(Answer::Help { row: turn.newest_row().ok() }),
        Outcome::Unclear => Some(match turn.newest_row() {
            Ok(row) => Answer::Unclear { row },
            Err(_nothing_open) => Answer::NothingOpen,
        }),
        Outcome::NothingOpen => Some(Answer::NothingOpen),
        Outcome::Ignored => None,
    };
    turn.reply(words, &fresh.answer_id)
}

/// One reply being applied.
struct Turn<'a> {
    tx: &'a mut Tx,
    voice: &'a Voice,
    dossier: Dossier,
    code: Option<CodeHash>,
}

impl Turn<'_> {
    fn reply(mut self, words: Option<Answer>, answer_id: &str) -> Result<()> {
        if let Some(words) = words {
            let sale_ids = self.newest().map(|challenge| challenge.sale_ids.clone()).unwrap_or_default();
            answer(self.tx, &mut self.dossier.payer, self.voice, answer_id, &words, sale_ids)?;
        }
        self.tx.put_payer(PAYER, &self.dossier.payer)
    }

    fn newest(&self) -> Option<&Challenge> {
        self.dossier.challenges.last()
    }

    fn newest_row(&self) -> Result<Row> {
        let running = self.dossier.challenges.iter().rposition(|challenge| challenge.state().is_running());
        running.map_or_else(|| Err(Refusal::wrong_state("nothing is asked")), |at| self.row_of(at))
    }

    fn row_of(&self, challenge: usize) -> Result<Row> {
        let facts = self.dossier.facts.get(challenge);
        facts.map(|facts| facts.row).ok_or_else(|| Refusal::internal("an outcome names no challenge"))
    }

    fn verified(
        &mut self,
        at: usize,
        sales: &[Ulid],
        closes: &[usize],
        fresh: &mut Fresh,
    ) -> Result<Option<Answer>> {
        for close in closes {
            self.cancel(*close)?;
        }
        let mut challenge = self.dossier.challenges[at].clone();
        challenge.state = ChallengeState::Answered as i32;
        challenge.delivered = true;
        self.close_if_open(&challenge.challenge_id);
        self.tx.put_challenge(PAYER, &challenge)?;
        self.dossier.payer.wrong_since_right = 0;
        if let Some(code) = self.code {
            self.dossier.payer.used_code_hashes.push(code.0.to_vec());
        }
        if challenge.sale_ids.is_empty() {
            self.dossier.payer.state = PayerState::Active as i32;
        }
        let mut numbers = Vec::new();
        for sale_id in &challenge.sale_ids {
            let mut sale = self.tx.sale(sale_id)?;
            if sales.contains(&super::facts::ulid(sale_id)?) {
                sale.advance(SaleState::Verified)?;
                sale.challenge_delivered = true;
                self.tx.put_sale(PAYER, &sale)?;
                numbers.push(number(&sale)?);
            }
        }
        self.witness_result(&challenge, "verified", fresh.take()?)?;
        Ok(Some(Answer::Accepted { sales: numbers }))
    }

    fn count_wrong(&mut self, on: &[usize]) -> Result<()> {
        let Some(code) = self.code else { return Ok(()) };
        self.dossier.payer.wrong_since_right += 1;
        for at in on {
            let challenge = &mut self.dossier.challenges[*at];
            challenge.wrong_replies += 1;
            challenge.wrong_hashes.push(code.0.to_vec());
            // An answer, right or wrong, shows that the message arrived.
            challenge.delivered = true;
            self.tx.put_challenge(PAYER, challenge)?;
        }
        Ok(())
    }

    fn end_rounds(&mut self, over: &[usize]) -> Result<()> {
        let morning = self.voice.quiet.next_morning(timestamp(self.tx.now_ms)?).as_millisecond();
        for at in over {
            let mut challenge = self.dossier.challenges[*at].clone();
            if challenge.state().is_running() {
                self.flush_payer()?;
                rounds::end(self.tx, &mut challenge, ChallengeState::Over, morning)?;
                self.dossier.payer = self.tx.payer(&challenge.payer_id)?;
            } else {
                challenge.state = ChallengeState::Over as i32;
                self.tx.put_challenge(PAYER, &challenge)?;
            }
            self.dossier.challenges[*at] = challenge;
        }
        Ok(())
    }

    /// Nine wrong: no row is asked any more until the card is reset in person.
    fn lock(&mut self) -> Result<()> {
        self.dossier.payer.state = PayerState::Locked as i32;
        let running: Vec<usize> = (0..self.dossier.challenges.len())
            .filter(|at| self.dossier.challenges[*at].state().is_running())
            .collect();
        self.end_rounds(&running)
    }

    fn rejected(&mut self, at: usize, which: &[Ulid], fresh: &mut Fresh) -> Result<Option<Answer>> {
        self.dossier.payer.state = PayerState::Frozen as i32;
        self.dossier.payer.frozen_by_payer = true;
        let numbers =
            self.take_out(at, which, fresh, DisputeCause::NotMine, |sale| sale.advance(SaleState::Rejected))?;
        Ok(Some(Answer::Rejected { sales: numbers }))
    }

    fn wrong_goods(&mut self, at: usize, sales: &[Ulid], fresh: &mut Fresh) -> Result<Option<Answer>> {
        let numbers = self.take_out(at, sales, fresh, DisputeCause::WrongGoods, |sale| {
            if sale.state() == SaleState::Challenged { sale.advance(SaleState::Queued) } else { Ok(()) }
        })?;
        Ok(Some(Answer::WrongGoods { sales: numbers }))
    }

    /// Takes sales out of a challenge and opens a dispute on each; the challenge ends when none is left in it.
    fn take_out(
        &mut self,
        at: usize,
        which: &[Ulid],
        fresh: &mut Fresh,
        cause: DisputeCause,
        change: impl Fn(&mut Sale) -> Result<()>,
    ) -> Result<Vec<crate::domain::proof::SaleNumber>> {
        let mut challenge = self.dossier.challenges[at].clone();
        challenge.delivered = true;
        let mut numbers = Vec::new();
        let mut left = 0;
        for sale_id in &challenge.sale_ids {
            let mut sale = self.tx.sale(sale_id)?;
            if which.contains(&super::facts::ulid(sale_id)?) {
                disputes::open(self.tx, &mut sale, fresh.take()?, cause, PAYER)?;
                sale.challenge_delivered = true;
                change(&mut sale)?;
                self.tx.put_sale(PAYER, &sale)?;
                numbers.push(number(&sale)?);
            } else if matches!(sale.state(), SaleState::Queued | SaleState::Challenged)
                && !sale.held_by_dispute
            {
                left += 1;
            }
        }
        if left == 0 && challenge.state().is_running() {
            challenge.state = ChallengeState::Cancelled as i32;
            self.close_if_open(&challenge.challenge_id);
        }
        self.tx.put_challenge(PAYER, &challenge)?;
        self.witness_result(&challenge, "objected", fresh.take()?)?;
        self.dossier.challenges[at] = challenge;
        Ok(numbers)
    }

    /// `0` or ERR after the right reply: paid stays paid, but somebody has to look.
    fn dispute_after(&mut self, sales: &[Ulid], fresh: &mut Fresh) -> Result<Option<Answer>> {
        let mut numbers = Vec::new();
        let mut settled = false;
        for id in sales {
            let mut sale = self.tx.sale(&id.to_string())?;
            settled |= sale.state() != SaleState::Verified;
            match disputes::open(self.tx, &mut sale, fresh.take()?, DisputeCause::NotMine, PAYER) {
                Ok(_) => self.tx.put_sale(PAYER, &sale)?,
                Err(refusal) if refusal.reason == "DISPUTE_OPEN" => {}
                Err(refusal) => return Err(refusal),
            }
            numbers.push(number(&sale)?);
        }
        Ok(Some(if settled {
            Answer::DisputeAfterPayment { sales: numbers }
        } else {
            Answer::WrongGoods { sales: numbers }
        }))
    }

    fn freeze(&mut self) -> Result<()> {
        self.dossier.payer.state = PayerState::Frozen as i32;
        self.dossier.payer.frozen_by_payer = true;
        Ok(())
    }

    fn cancel(&mut self, at: usize) -> Result<()> {
        let challenge = &mut self.dossier.challenges[at];
        challenge.state = ChallengeState::Cancelled as i32;
        self.tx.put_challenge("system", challenge)?;
        self.tx.push(&Effect::new(EffectKind::CancelMessage, &challenge.message_id))?;
        let id = challenge.challenge_id.clone();
        self.close_if_open(&id);
        Ok(())
    }

    fn close_if_open(&mut self, challenge_id: &str) {
        if self.dossier.payer.open_challenge_id == challenge_id {
            self.dossier.payer.open_challenge_id.clear();
        }
    }

    /// `rounds` reads the payer from the store, so what changed of him must be there.
    fn flush_payer(&mut self) -> Result<()> {
        self.tx.put_payer(PAYER, &self.dossier.payer)
    }

    fn witness_result(&mut self, challenge: &Challenge, result: &str, fact_id: String) -> Result<()> {
        let subject = challenge.sale_ids.first().unwrap_or(&challenge.challenge_id);
        let text = format!("{}/{result}", challenge.challenge_id);
        let fact = OutFact {
            fact_id: fact_id.clone(),
            kind: FactKind::ChallengeResult as i32,
            subject_id: subject.clone(),
            sha256: Sha256::digest(text.as_bytes()).to_vec(),
            actor: PAYER.into(),
        };
        self.tx.put_fact(&fact)?;
        self.tx.push(&Effect::new(EffectKind::RecordFact, &fact_id))
    }
}

fn number(sale: &Sale) -> Result<crate::domain::proof::SaleNumber> {
    sale.short_no.parse().map_err(|_damaged| Refusal::internal("a stored sale number is damaged"))
}
