//! What a decided reply changes.

use sha2::{Digest, Sha256};

use super::challenge::{Asks, Challenge, ChallengeState};
use super::decide::Outcome;
use super::dossier::Dossier;
use super::forward::Sealed;
use super::renewal::{ask_anew, give_days_back};
use super::rounds;
use crate::collection::{Deduction, State, settling};
use crate::custody;
use crate::dispute::{self, Cause};
use crate::outbox::fact::{Fact, FactKind};
use crate::payer::code_card::{CodeHash, Row};
use crate::store::Tx;
use crate::texts::Voice;
use crate::texts::payer_texts::Answer;
use crate::values::ids::{DisputeId, FactId, MessageId, SaleId};
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::values::short_code::SaleNumber;

pub(super) const PAYER: &str = "payer";

/// Ids that an outcome may need, made beforehand: one dispute a sale, one witnessed result, one answer.
pub struct Fresh {
    pub answer: MessageId,
    pub disputes: Vec<DisputeId>,
    pub fact: FactId,
    /// The code in the reply, where it is not judged here.
    pub sealed: Option<Sealed>,
}

impl Fresh {
    fn dispute(&mut self) -> Result<DisputeId> {
        self.disputes
            .pop()
            .ok_or_else(|| Refusal::internal("an outcome needed more ids than a challenge has sales"))
    }
}

/// Applies the outcome and answers the payer. `code` is the hash of the code they sent, if they sent one.
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
        Outcome::Verified { challenge, sales } => turn.verified(*challenge, sales, &[], fresh.fact)?,
        Outcome::LateVerified { challenge, sales, closes } => {
            turn.verified(*challenge, sales, closes, fresh.fact)?
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
        Outcome::WrongGoodsDispute { challenge, sales } => {
            let numbers = turn.take_out(*challenge, sales, &mut fresh, Cause::WrongGoods)?;
            Some(Answer::WrongGoods { sales: numbers })
        }
        Outcome::DisputeAfterVerified { sales, wrong_goods, .. } => {
            turn.dispute_after(sales, *wrong_goods, &mut fresh)?
        }
        Outcome::SameWrongAgain { challenge, left } => {
            Some(Answer::SameWrongAgain { row: turn.row_of(*challenge)?, left: *left })
        }
        Outcome::UsedCode => Some(Answer::UsedCode),
        Outcome::TooLate => Some(Answer::TooLate),
        Outcome::NotAgreed => Some(Answer::NotAgreed),
        Outcome::Help => Some(Answer::Help { row: turn.newest_row().ok() }),
        Outcome::Unclear => Some(match turn.running() {
            Some(asked) if asked.asks == Asks::Enrolment => Answer::UnclearActivation { row: asked.row },
            Some(asked) => Answer::Unclear { row: asked.row },
            None => Answer::NothingOpen,
        }),
        Outcome::NothingOpen => Some(Answer::NothingOpen),
        Outcome::Ignored => None,
    };
    let about = turn.about(outcome, fresh.answer)?;
    turn.reply(words, fresh.answer, about)
}

/// One reply being applied.
struct Turn<'a> {
    tx: &'a mut Tx,
    voice: &'a Voice,
    dossier: Dossier,
    code: Option<CodeHash>,
}

impl Turn<'_> {
    /// The sales that the answer is about. One that accepts states their deduction to the payer.
    fn about(&mut self, outcome: &Outcome, answer: MessageId) -> Result<Vec<SaleId>> {
        let (Outcome::Verified { sales, .. } | Outcome::LateVerified { sales, .. }) = outcome else {
            return Ok(self.newest().map(|challenge| challenge.asks.sales().to_vec()).unwrap_or_default());
        };
        for sale in sales {
            custody::stated_by(self.tx, *sale, answer)?;
        }
        Ok(sales.clone())
    }

    fn reply(mut self, words: Option<Answer>, id: MessageId, sales: Vec<SaleId>) -> Result<()> {
        if let Some(words) = words {
            self.voice.answer(self.tx, &mut self.dossier.payer, id, &words, sales)?;
        }
        self.tx.put_payer(PAYER, &self.dossier.payer)
    }

    fn newest(&self) -> Option<&Challenge> {
        self.dossier.challenges.last()
    }

    /// The newest challenge that still takes an answer.
    fn running(&self) -> Option<&Challenge> {
        self.dossier.challenges.iter().rev().find(|challenge| challenge.state.is_running())
    }

    fn newest_row(&self) -> Result<Row> {
        let running = self.running().map(|challenge| challenge.row);
        running.ok_or_else(|| Refusal::wrong_state("nothing is asked"))
    }

    fn row_of(&self, challenge: usize) -> Result<Row> {
        let challenge = self.dossier.challenges.get(challenge);
        challenge
            .map(|challenge| challenge.row)
            .ok_or_else(|| Refusal::internal("an outcome names no challenge"))
    }

    fn verified(
        &mut self,
        at: usize,
        sales: &[SaleId],
        closes: &[usize],
        fact: FactId,
    ) -> Result<Option<Answer>> {
        let mut challenge = self.dossier.challenges[at].clone();
        challenge.state = ChallengeState::Answered;
        challenge.arrived(self.tx.heard_ms(self.tx.now)?);
        self.close_if_open(&challenge);
        self.tx.put_challenge(PAYER, &challenge)?;
        if let Some(code) = self.code {
            self.dossier.payer.proved(code);
        }
        let (mut numbers, mut debit_on) = (Vec::new(), None);
        for mut deduction in self.tx.deductions(sales)? {
            let day = settling::verify(self.tx, &*self.voice.rail, &mut deduction, self.tx.now)?;
            // One mandate, one day: they are debited together.
            debit_on = debit_on.max(day);
            deduction.asking.delivered = true;
            self.tx.put_deduction(PAYER, &deduction)?;
            numbers.push(deduction.number);
        }
        for close in closes {
            self.call_off(*close)?;
        }
        witness_result(self.tx, &challenge, "verified", fact)?;
        Ok(Some(match challenge.asks {
            Asks::Enrolment => {
                self.dossier.payer.activate();
                Answer::Enrolled
            }
            Asks::Sales(_) => Answer::Accepted { sales: numbers, debit_on },
        }))
    }

    fn count_wrong(&mut self, on: &[usize]) -> Result<()> {
        let (Some(code), false) = (self.code, on.is_empty()) else { return Ok(()) };
        self.dossier.payer.guessed(on.len());
        let heard_ms = self.tx.heard_ms(self.tx.now)?;
        for at in on {
            let challenge = &mut self.dossier.challenges[*at];
            challenge.wrong_tries = challenge.wrong_tries.saturating_add(1);
            challenge.wrong_codes.push(code);
            challenge.arrived(heard_ms);
            self.tx.put_challenge(PAYER, challenge)?;
        }
        Ok(())
    }

    fn end_rounds(&mut self, over: &[usize]) -> Result<()> {
        let morning = self.voice.quiet.next_morning(self.tx.now);
        for at in over {
            let mut challenge = self.dossier.challenges[*at].clone();
            if challenge.state.is_running() {
                self.flush_payer()?;
                rounds::end(self.tx, &mut challenge, ChallengeState::Over, Some(morning))?;
                self.dossier.payer = self.tx.payer(challenge.payer)?;
            } else {
                challenge.state = ChallengeState::Over;
                self.tx.put_challenge(PAYER, &challenge)?;
            }
            self.dossier.challenges[*at] = challenge;
        }
        Ok(())
    }

    /// Nine wrong: SMS answering is closed until one right row at the counter.
    fn lock(&mut self) -> Result<()> {
        self.dossier.payer.lock(self.tx.heard_ms(self.tx.now)?);
        let running: Vec<usize> = (0..self.dossier.challenges.len())
            .filter(|at| self.dossier.challenges[*at].state.is_running())
            .collect();
        self.end_rounds(&running)
    }

    fn rejected(&mut self, at: usize, which: &[SaleId], fresh: &mut Fresh) -> Result<Option<Answer>> {
        self.dossier.payer.freeze();
        let enrolment = self.dossier.challenges[at].asks == Asks::Enrolment;
        let numbers = self.take_out(at, which, fresh, Cause::NotMine)?;
        Ok(Some(if enrolment { Answer::EnrolmentEnded } else { Answer::Rejected { sales: numbers } }))
    }

    /// Takes sales out of a challenge and opens a dispute on each; the challenge ends when none is left in it.
    fn take_out(
        &mut self,
        at: usize,
        which: &[SaleId],
        fresh: &mut Fresh,
        cause: Cause,
    ) -> Result<Vec<SaleNumber>> {
        let mut challenge = self.dossier.challenges[at].clone();
        challenge.arrived(self.tx.heard_ms(self.tx.now)?);
        let mut numbers = Vec::new();
        let mut left = 0;
        for mut deduction in self.tx.deductions(challenge.asks.sales())? {
            if which.contains(&deduction.sale) {
                dispute::open(self.tx, &mut deduction, fresh.dispute()?, cause, PAYER)?;
                deduction.asking.delivered = true;
                if cause == Cause::NotMine {
                    reject(&mut deduction)?;
                }
                self.tx.put_deduction(PAYER, &deduction)?;
                numbers.push(deduction.number);
            } else if matches!(deduction.state, State::Queued | State::Challenged) && !deduction.held {
                left += 1;
            }
        }
        if left == 0 && challenge.state.is_running() {
            challenge.state = ChallengeState::Cancelled;
            self.close_if_open(&challenge);
        }
        self.tx.put_challenge(PAYER, &challenge)?;
        witness_result(self.tx, &challenge, "objected", fresh.fact)?;
        self.dossier.challenges[at] = challenge;
        Ok(numbers)
    }

    /// `0` or ERR after the right reply: paid stays paid, but somebody has to look. While the money has not moved, "not
    /// me" freezes the code as it would have done before.
    fn dispute_after(
        &mut self,
        sales: &[SaleId],
        wrong_goods: bool,
        fresh: &mut Fresh,
    ) -> Result<Option<Answer>> {
        let cause = if wrong_goods { Cause::WrongGoods } else { Cause::NotMine };
        let mut numbers = Vec::new();
        let (mut moved, mut freeze) = (false, false);
        for mut deduction in self.tx.deductions(sales)? {
            let before_the_money = matches!(deduction.state, State::Verified | State::Submitted);
            moved |= deduction.state != State::Verified;
            freeze |= before_the_money && cause == Cause::NotMine;
            match dispute::open(self.tx, &mut deduction, fresh.dispute()?, cause, PAYER) {
                Ok(_) => self.tx.put_deduction(PAYER, &deduction)?,
                // One is open already, or all of it was paid back: nothing more to do for them.
                Err(refusal) if refusal.kind == RefusalKind::WrongState => {}
                Err(refusal) => return Err(refusal),
            }
            numbers.push(deduction.number);
        }
        if freeze {
            self.dossier.payer.freeze();
        }
        Ok(Some(match (moved, freeze) {
            (true, _) => Answer::DisputeAfterPayment { sales: numbers },
            (false, true) => Answer::Rejected { sales: numbers },
            (false, false) => Answer::WrongGoods { sales: numbers },
        }))
    }

    fn call_off(&mut self, at: usize) -> Result<()> {
        self.flush_payer()?;
        let mut challenge = self.dossier.challenges[at].clone();
        rounds::call_off(self.tx, &mut challenge, PAYER, None)?;
        self.dossier.payer = self.tx.payer(challenge.payer)?;
        self.dossier.challenges[at] = challenge;
        Ok(())
    }

    fn close_if_open(&mut self, challenge: &Challenge) {
        if self.dossier.payer.open_challenge == Some(challenge.id) {
            self.dossier.payer.open_challenge = None;
        }
    }

    /// `rounds` reads the payer from the store, so what changed of them must be there.
    fn flush_payer(&mut self) -> Result<()> {
        self.tx.put_payer(PAYER, &self.dossier.payer)
    }
}

/// From here on its own state says that it is not deducted.
fn reject(deduction: &mut Deduction) -> Result<()> {
    deduction.held = false;
    deduction.advance(State::Rejected)
}

pub(super) fn witness_result(tx: &mut Tx, challenge: &Challenge, result: &str, id: FactId) -> Result<()> {
    let text = format!("{}/{result}", challenge.id);
    let fact = Fact {
        id,
        kind: FactKind::ChallengeResult,
        subject: challenge.subject(),
        sha256: Sha256::digest(text.as_bytes()).into(),
        actor: PAYER.into(),
    };
    tx.witness(&fact, challenge.asks.sales().to_vec())
}

/// A payer whose SMS answering is closed gave one right row: they are asked again, and no hour was lost.
pub(super) fn reopen(tx: &mut Tx, dossier: &mut Dossier, code: CodeHash) -> Result<()> {
    let changed_at = dossier.payer.change.as_ref().map(|change| change.at);
    let asked_since = |last: &&Challenge| changed_at.is_none_or(|changed| changed < last.created_at);
    let last = dossier.challenges.last().filter(asked_since);
    let proven = last.is_some_and(|last| last.asks != Asks::Enrolment);
    let locked_heard_ms = dossier.payer.locked_heard_ms.take();
    dossier.payer.proved(code);
    dossier.payer.unlock(proven);
    give_days_back(tx, dossier.payer.id, locked_heard_ms)?;
    tx.put_payer(PAYER, &dossier.payer)?;
    ask_anew(tx, dossier.payer.id, PAYER)
}
