//! What holds after every step, found by looking at everything.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::books::Account;
use super::exits::Exits;
use crate::collection::{Deduction, State, Step};
use crate::dispute::{Dispute, DisputeState};
use crate::payer::Payer;
use crate::sale::{Commit, Sale, Stage};
use crate::store::View;
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::Result;
use crate::verification::Challenge;
use crate::verification::challenge::ChallengeState;

/// Everything there is, without any index.
struct Everything {
    sales: Vec<Sale>,
    owed: Vec<Deduction>,
    disputes: Vec<Dispute>,
    payer: Payer,
    challenges: Vec<Challenge>,
}

impl Everything {
    fn read(view: &View, sales: &[SaleId], payer: PayerId) -> Result<Self> {
        let sales: Vec<Sale> = sales.iter().map(|id| view.sale(*id)).collect::<Result<_>>()?;
        let mut owed = Vec::new();
        for sale in &sales {
            owed.extend(view.find_deduction(sale.id)?);
        }
        let ids = owed.iter().flat_map(|owed| &owed.disputes);
        let disputes = ids.map(|id| view.dispute(*id)).collect::<Result<_>>()?;
        Ok(Self { disputes, payer: view.payer(payer)?, challenges: view.challenges_of(payer)?, sales, owed })
    }
}

impl World {
    pub async fn wrong(&mut self) -> Vec<String> {
        let (ids, payer) = (self.sales.clone(), self.till.payer_id);
        let (all, mut wrong, quiet) = self
            .till
            .read(move |view| {
                let all = Everything::read(view, &ids, payer)?;
                let mut wrong = Vec::new();
                indexes(view, &all, &mut wrong)?;
                sums(view, &all, &mut wrong)?;
                receipts(view, &all, &mut wrong)?;
                dialogue(&all, &mut wrong);
                let exits = Exits::read(view);
                for sale in all.sales.iter().filter(|sale| !exits.of_sale(view, sale.id)) {
                    let owed = all.owed.iter().find(|owed| owed.sale == sale.id);
                    wrong.push(format!("{}: no exit from {:?}, payer {:?}", sale.id, owed, all.payer.state));
                }
                if !exits.of_payer(view, payer) {
                    wrong.push(format!("no exit for a payer who is {:?}", all.payer.state));
                }
                Ok((all, wrong, view.outbox_after(0, 1)?.is_empty()))
            })
            .await;
        self.reached.extend(all.owed.iter().map(Deduction::step));
        for challenge in &all.challenges {
            let known = *self.rows.entry((challenge.card, challenge.row.get())).or_insert(challenge.id);
            if known != challenge.id {
                wrong.push(format!("I4: {known} and {} share a row", challenge.id));
            }
        }
        wrong.append(&mut self.books.faults);
        if self.books.sum() != 0 {
            wrong.push("debits are not credits".into());
        }
        if quiet {
            self.money(&all, &mut wrong);
        }
        wrong
    }

    /// With nothing under way, the books of the far side say what the records say.
    fn money(&self, all: &Everything, wrong: &mut Vec<String>) {
        for owed in &all.owed {
            let came = self.books.came.get(&owed.sale).copied().unwrap_or_default();
            let back = self.books.went_back.get(&owed.sale).copied().unwrap_or_default();
            let by_rail = if owed.state == State::Settled { owed.owed_minor() } else { 0 };
            let reserved = self.books.reserved.contains_key(&owed.pending);
            let open = owed.step().is_open() && owed.step() != Step::Returned;
            let upheld = all
                .disputes
                .iter()
                .any(|dispute| dispute.sale == owed.sale && dispute.state == DisputeState::Upheld);
            let name =
                format!("{} {:?}: came {came}, back {back}, reserved {reserved}", owed.sale, owed.step());
            let counted =
                came == owed.paid_minor() + by_rail && back == owed.refunded_minor() && back <= came;
            let whole =
                !matches!(owed.state, State::PaidOtherwise | State::Cleared) || came == owed.amount_minor;
            if !counted || !whole || reserved != open {
                wrong.push(name);
            } else if upheld && owed.step() != Step::Submitted && came != back {
                wrong.push(format!("upheld: {name}"));
            }
        }
        // What the payer was asked for and did not pay elsewhere is what settled, less refunds by the rail.
        let settled = |owed: &Deduction| if owed.state == State::Settled { owed.owed_minor() } else { 0 };
        let by_rail = |owed: &Deduction| -> i64 {
            owed.refunds.iter().filter(|refund| !refund.in_cash).map(|refund| refund.amount_minor).sum()
        };
        let expected: i64 = all.owed.iter().map(|owed| settled(owed) - by_rail(owed)).sum();
        if self.books.of(Account::Payer) != expected {
            wrong.push(format!("the payer's account is {}, not {expected}", self.books.of(Account::Payer)));
        }
    }
}

fn indexes(view: &View, all: &Everything, wrong: &mut Vec<String>) -> Result<()> {
    for step in Step::ALL.into_iter().filter(|step| step.is_open()) {
        let scanned: BTreeSet<SaleId> =
            all.owed.iter().filter(|owed| owed.step() == step).map(|owed| owed.sale).collect();
        let indexed: BTreeSet<SaleId> = view.sales_in(step, None, usize::MAX)?.into_iter().collect();
        if scanned != indexed {
            wrong.push(format!("the index of {step:?}: {indexed:?}, not {scanned:?}"));
        }
    }
    let open = all.owed.iter().filter(|owed| owed.step().is_open()).count();
    if view.open_deductions_of(all.payer.id)?.len() != open {
        wrong.push("the index of the payer's open deductions".into());
    }
    let bad = all.owed.iter().any(|owed| owed.step() == Step::BadListed);
    if view.has_bad_record(all.payer.id)? != bad || all.payer.listed != bad {
        wrong.push("the deny list".into());
    }
    let disputed = all.disputes.iter().filter(|dispute| dispute.state == DisputeState::Open).count();
    if view.newest_disputes(true, usize::MAX)?.len() != disputed {
        wrong.push("the index of open disputes".into());
    }
    let in_need: BTreeSet<SaleId> = view.sales_in_need(100_000)?.into_iter().collect();
    for owed in all.owed.iter().filter(|owed| owed.needs_person() && !in_need.contains(&owed.sale)) {
        wrong.push(format!("{} needs a person and is not in that index", owed.sale));
    }
    if view.payers_in_need(1)?.is_empty() == all.payer.needs_person() {
        wrong.push("the index of payers in need".into());
    }
    let asked = |sale: &Sale| match &sale.stage {
        Stage::PayerOk { commit: Commit::Asked(_), .. } => sale.total_minor,
        _ => 0,
    };
    let unverified = all.owed.iter().filter(|owed| owed.step().is_unverified());
    let expected =
        unverified.map(Deduction::owed_minor).sum::<i64>() + all.sales.iter().map(asked).sum::<i64>();
    if view.till_unverified_minor()? != expected {
        wrong.push(format!("unverified: {}, not {expected}", view.till_unverified_minor()?));
    }
    Ok(())
}

/// I7 of each day, and each day's sums from its sales.
fn sums(view: &View, all: &Everything, wrong: &mut Vec<String>) -> Result<()> {
    for (day, sums) in view.days()? {
        let of_day: Vec<&Deduction> = all.owed.iter().filter(|owed| owed.day == day).collect();
        let total = |amount: &dyn Fn(&Deduction) -> i64| of_day.iter().map(|owed| amount(owed)).sum::<i64>();
        let in_step =
            |step: Step, amount: i64, owed: &Deduction| if owed.step() == step { amount } else { 0 };
        let expected = [
            total(&|owed| owed.amount_minor),
            total(&|owed| in_step(Step::Voided, owed.amount_minor, owed)),
            total(&|owed| in_step(Step::Settled, owed.owed_minor(), owed)),
            total(&|owed| in_step(Step::WrittenOff, owed.owed_minor(), owed)),
            total(&Deduction::refunded_minor),
        ];
        let stored = [
            sums.gross_minor,
            sums.void_minor,
            sums.settled_minor,
            sums.written_off_minor,
            sums.refunds_minor,
        ];
        let parts = sums.settled_minor
            + sums.open_minor
            + sums.bad_minor
            + sums.written_off_minor
            + sums.paid_otherwise_minor
            + sums.void_minor;
        if stored != expected || parts != sums.gross_minor || usize::try_from(sums.sales) != Ok(of_day.len())
        {
            wrong.push(format!("I7 on {day}: {sums:?}, not {expected:?}"));
        }
    }
    for owed in all.owed.iter().filter(|owed| owed.owed_minor() < 0) {
        wrong.push(format!("{} owes {}", owed.sale, owed.owed_minor()));
    }
    Ok(())
}

fn receipts(view: &View, all: &Everything, wrong: &mut Vec<String>) -> Result<()> {
    let mut days: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for sold in all.sales.iter().filter_map(Sale::sold) {
        let (day, number) = sold.receipt_no.split_once('-').unwrap();
        if !days.entry(day).or_default().insert(number) {
            wrong.push(format!("receipt {} twice", sold.receipt_no));
        }
    }
    for (day, numbers) in days {
        let gapless = numbers.iter().zip(1..).all(|(number, at)| number.parse() == Ok(at));
        if !gapless || view.receipts_of(day)? != numbers.len() as u64 {
            wrong.push(format!("receipts of {day} have a gap: {numbers:?}"));
        }
    }
    Ok(())
}

fn dialogue(all: &Everything, wrong: &mut Vec<String>) {
    let running: Vec<_> =
        all.challenges.iter().filter(|asked| asked.state.is_running()).map(|asked| asked.id).collect();
    if running != all.payer.open_challenge.into_iter().collect::<Vec<_>>() {
        wrong.push(format!("{running:?} run, and the payer knows of {:?}", all.payer.open_challenge));
    }
    let taken = [Step::Verified, Step::Submitted, Step::Settled];
    for owed in all.owed.iter().filter(|owed| taken.contains(&owed.step())) {
        let answered = all
            .challenges
            .iter()
            .any(|asked| asked.state == ChallengeState::Answered && asked.asks.sales().contains(&owed.sale));
        if !answered {
            wrong.push(format!("I9: {} is {:?} without a right answer", owed.sale, owed.step()));
        }
    }
}
