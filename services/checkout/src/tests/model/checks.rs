//! What holds after every step, found by looking at everything.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::exits::Exits;
use super::money::Money;
use crate::collection::{self, Deduction, Step};
use crate::dispute::{Dispute, DisputeState};
use crate::payer::Payer;
use crate::sale::{Commit, Sale, Stage};
use crate::shift;
use crate::store::View;
use crate::store::records::collection::DaySums;
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::Result;
use crate::verification::Challenge;
use crate::verification::challenge::ChallengeState;

/// Everything there is, without any index.
pub struct Everything {
    pub sales: Vec<Sale>,
    pub owed: Vec<Deduction>,
    pub disputes: Vec<Dispute>,
    pub payer: Payer,
    pub challenges: Vec<Challenge>,
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
    /// Money after every step; all else, which stays wrong once it is wrong, now and then.
    pub async fn wrong(&mut self, whole: bool) -> Vec<String> {
        let (shop, ids, payer) = (self.till.shop.clone(), self.sales.clone(), self.till.payer_id);
        let look = move |view: &View| {
            let money = Money::read(&shop, view, &ids, view.payer(payer)?)?;
            let looked = if whole { Some(look_at_all(view, &ids, payer)?) } else { None };
            Ok((money, looked))
        };
        let (money, looked) = self.till.read(look).await;
        let mut wrong = self.disagreements(&money);
        let Some((all, mut found)) = looked else { return wrong };
        wrong.append(&mut found);
        for challenge in &all.challenges {
            let known = *self.rows.entry((challenge.card, challenge.row.get())).or_insert(challenge.id);
            if known != challenge.id {
                wrong.push(format!("I4: {known} and {} share a row", challenge.id));
            }
        }
        self.reached.note(&all);
        wrong
    }
}

fn look_at_all(view: &View, ids: &[SaleId], payer: PayerId) -> Result<(Everything, Vec<String>)> {
    let all = Everything::read(view, ids, payer)?;
    let mut wrong = Vec::new();
    indexes(view, &all, &mut wrong)?;
    reports(view, &all, &mut wrong)?;
    receipts(view, &all, &mut wrong)?;
    dialogue(&all, &mut wrong);
    let exits = Exits::read(view);
    for sale in all.sales.iter().filter(|sale| exits.of_sale(view, sale.id).is_none()) {
        let owed = all.owed.iter().find(|owed| owed.sale == sale.id);
        wrong.push(format!("{}: nobody leads on from {:?}, payer {:?}", sale.id, owed, all.payer.state));
    }
    if exits.of_payer(view, payer).is_none() {
        wrong.push(format!("nobody leads on a payer who is {:?}", all.payer.state));
    }
    for dispute in all.disputes.iter().filter(|dispute| exits.of_dispute(view, dispute).is_none()) {
        wrong.push(format!("nobody leads on from {dispute:?}"));
    }
    Ok((all, wrong))
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

/// Each day's sums from its sales, and all shifts together.
fn reports(view: &View, all: &Everything, wrong: &mut Vec<String>) -> Result<()> {
    let mut days = DaySums::default();
    for (day, _) in view.days()? {
        let report = shift::of_day(view, &day)?;
        let of_day: Vec<&Deduction> = all.owed.iter().filter(|owed| owed.day == day).collect();
        let gross: i64 = of_day.iter().map(|owed| owed.amount_minor).sum();
        let refunds: i64 = of_day.iter().map(|owed| owed.refunded_minor()).sum();
        let sums = report.sums;
        if (sums.gross_minor, sums.refunds_minor) != (gross, refunds) || !report.gapless {
            wrong.push(format!("I7 on {day}: {report:?}, not {gross} and {refunds}"));
        }
        collection::sums::add(&mut days, &sums)?;
    }
    let mut shifts = DaySums::default();
    for one in (1..).map_while(|number| view.shift(number).ok()) {
        collection::sums::add(&mut shifts, &shift::of_shift(view, &one.from, one.to.as_ref())?.sums)?;
    }
    // Sales of a shift are counted, not summed.
    if (DaySums { sales: 0, ..shifts }) != (DaySums { sales: 0, ..days }) {
        wrong.push(format!("the shifts have {shifts:?}, the days {days:?}"));
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
