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
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
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
    pub(super) fn take(&mut self) -> Result<String> {
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
        Outcome::DisputeAfterVerified { sales, wrong_goods, .. } => {
            let cause = if *wrong_goods { DisputeCause::WrongGoods } else { DisputeCause::NotMine };
            turn.dispute_after(sales, cause, &mut fresh)?
        }
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
        let mut challenge = self.dossier.challenges[at].clone();
        challenge.state = ChallengeState::Answered as i32;
        challenge.delivered = true;
        self.close_if_open(&challenge.challenge_id);
        self.tx.put_challenge(PAYER, &challenge)?;
        proven(&mut self.dossier.payer, self.code);
        if challenge.sale_ids.is_empty() {
            self.dossier.payer.activate();
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
        for close in closes {
            self.call_off(*close)?;
        }
        witness_result(self.tx, &challenge, "verified", fresh.take()?)?;
        let enrolled = challenge.sale_ids.is_empty();
        Ok(Some(if enrolled { Answer::Enrolled } else { Answer::Accepted { sales: numbers } }))
    }

    fn count_wrong(&mut self, on: &[usize]) -> Result<()> {
        let (Some(code), false) = (self.code, on.is_empty()) else { return Ok(()) };
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
        self.dossier.payer.freeze();
        let numbers = self.take_out(at, which, fresh, DisputeCause::NotMine, |sale| {
            // From here on its own state says that it is not deducted.
            sale.held_by_dispute = false;
            sale.advance(SaleState::Rejected)
        })?;
        let enrolment = self.dossier.challenges[at].sale_ids.is_empty();
        Ok(Some(if enrolment { Answer::EnrolmentEnded } else { Answer::Rejected { sales: numbers } }))
    }

    fn wrong_goods(&mut self, at: usize, sales: &[Ulid], fresh: &mut Fresh) -> Result<Option<Answer>> {
        let numbers = self.take_out(at, sales, fresh, DisputeCause::WrongGoods, |_| Ok(()))?;
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
        witness_result(self.tx, &challenge, "objected", fresh.take()?)?;
        self.dossier.challenges[at] = challenge;
        Ok(numbers)
    }

    /// `0` or ERR after the right reply: paid stays paid, but somebody has to look.
    fn dispute_after(
        &mut self,
        sales: &[Ulid],
        cause: DisputeCause,
        fresh: &mut Fresh,
    ) -> Result<Option<Answer>> {
        let mut numbers = Vec::new();
        let mut settled = false;
        for id in sales {
            let mut sale = self.tx.sale(&id.to_string())?;
            settled |= sale.state() != SaleState::Verified;
            match disputes::open(self.tx, &mut sale, fresh.take()?, cause, PAYER) {
                Ok(_) => self.tx.put_sale(PAYER, &sale)?,
                // One is open already, or all of it was paid back: nothing more to do for him.
                Err(refusal) if refusal.kind == RefusalKind::WrongState => {}
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
        self.dossier.payer.freeze();
        Ok(())
    }

    fn call_off(&mut self, at: usize) -> Result<()> {
        self.flush_payer()?;
        let mut challenge = self.dossier.challenges[at].clone();
        rounds::call_off(self.tx, &mut challenge, PAYER, 0)?;
        self.dossier.payer = self.tx.payer(&challenge.payer_id)?;
        self.dossier.challenges[at] = challenge;
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
}

/// A right code: the wrong ones before it are forgiven, and this one is used.
pub fn proven(payer: &mut Payer, code: Option<CodeHash>) {
    payer.wrong_since_right = 0;
    if let Some(code) = code {
        payer.used_code_hashes.push(code.0.to_vec());
    }
}

pub fn witness_result(tx: &mut Tx, challenge: &Challenge, result: &str, fact_id: String) -> Result<()> {
    let subject = challenge.sale_ids.first().unwrap_or(&challenge.challenge_id);
    let text = format!("{}/{result}", challenge.challenge_id);
    let fact = OutFact {
        fact_id: fact_id.clone(),
        kind: FactKind::ChallengeResult as i32,
        subject_id: subject.clone(),
        sha256: Sha256::digest(text.as_bytes()).to_vec(),
        actor: PAYER.into(),
    };
    tx.put_fact(&fact)?;
    tx.push(&Effect::new(EffectKind::RecordFact, &fact_id))
}

fn number(sale: &Sale) -> Result<crate::domain::proof::SaleNumber> {
    sale.short_no.parse().map_err(|_damaged| Refusal::internal("a stored sale number is damaged"))
}
