//! I7 after every step, to the cent, from sources that do not know each other: the trial balance of the ledger's side, the
//! states of all sales, the reports, and what the steps themselves saw.

use super::World;
use super::books::Books;
use crate::collection::{Deduction, State, Step};
use crate::context::Shop;
use crate::effects::bookings;
use crate::outbox::Effect;
use crate::payer::Payer;
use crate::shift;
use crate::store::View;
use crate::store::records::collection::DaySums;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;

/// What the steps saw happen, added up as it happened.
#[derive(Default)]
pub struct Told {
    pub gross_minor: i64,
    pub void_minor: i64,
    /// Listed debts that an upheld objection wrote off.
    pub listed_written_off_minor: i64,
}

/// One look at the store.
pub struct Money {
    pub owed: Vec<Deduction>,
    pub payer: Payer,
    report: DaySums,
    under_way: Vec<Effect>,
}

impl Money {
    pub fn read(view: &View, sales: &[SaleId], payer: Payer) -> Result<Self> {
        let mut owed = Vec::new();
        for sale in sales {
            owed.extend(view.find_deduction(*sale)?);
        }
        let effects = view.outbox_after(0, usize::MAX)?.into_iter().map(|(_, effect)| effect);
        Ok(Self {
            owed,
            payer,
            report: shift::of_shift(view, &DaySums::default(), None)?.sums,
            under_way: effects.collect(),
        })
    }

    fn sum(&self, amount: impl Fn(&Deduction) -> i64) -> i64 {
        self.owed.iter().map(amount).sum()
    }

    /// What is owed in these states.
    fn owed_in(&self, steps: &[Step]) -> i64 {
        self.sum(|owed| if steps.contains(&owed.step()) { owed.owed_minor() } else { 0 })
    }

    fn refunds(&self, in_cash: bool) -> i64 {
        let of = |owed: &Deduction| -> i64 {
            let refunds = owed.refunds.iter().filter(|refund| refund.in_cash == in_cash);
            refunds.map(|refund| refund.amount_minor).sum()
        };
        self.sum(of)
    }
}

impl World {
    /// The books when all that is under way will have been booked. A batch that is on its way is no money yet.
    fn books_to_come(&self, shop: &Shop, money: &Money) -> Books {
        let mut books = self.books.clone();
        for effect in &money.under_way {
            let (Effect::VoidPending { sale }
            | Effect::PostRefund { sale, .. }
            | Effect::MoveToBadDebt { sale, .. }
            | Effect::PostPayment { sale, .. }
            | Effect::PostRecovery { sale, .. }) = effect
            else {
                continue;
            };
            let owed = money.owed.iter().find(|owed| owed.sale == *sale).unwrap();
            for transfer in bookings::of(&shop.house, effect, owed).unwrap() {
                books.take(&transfer);
            }
        }
        books
    }

    pub fn disagreements(&self, money: &Money) -> Vec<String> {
        let shop = &self.till.shop;
        let books = self.books_to_come(shop, money);
        let (house, report) = (&shop.house, &money.report);
        let (cash_back, rail_back) = (money.refunds(true), money.refunds(false));
        let cash = money.sum(Deduction::paid_minor);
        let bad = money.owed_in(&[Step::BadListed, Step::Expired]);
        let cleared = money.sum(|owed| if owed.state == State::Cleared { owed.amount_minor } else { 0 });
        let elsewhere = |owed: &Deduction| match owed.state {
            State::Voided | State::Cleared => 0,
            _ => owed.paid_minor(),
        };
        let reserved = |owed: &Deduction| if owed.step().is_open() { owed.amount_minor } else { 0 };
        let void = |owed: &Deduction| if owed.state == State::Voided { owed.amount_minor } else { 0 };
        let open: Vec<Step> =
            Step::ALL.into_iter().filter(|step| step.is_open() && *step != Step::BadPending).collect();
        let pending = money.owed_in(&[Step::BadPending]);
        let written_off = money.owed_in(&[Step::WrittenOff]);
        let settled = money.owed_in(&[Step::Settled]);
        let sums = [
            ("the trial balance", vec![books.sum(), 0]),
            ("gross", vec![self.told.gross_minor, report.gross_minor, money.sum(|owed| owed.amount_minor)]),
            ("void", vec![self.told.void_minor, report.void_minor, money.sum(void)]),
            ("open", vec![report.open_minor, money.owed_in(&open)]),
            ("reserved", vec![books.reserved_minor(), money.sum(reserved)]),
            (
                "settled",
                vec![books.of(&money.payer.account.to_string()) + rail_back, report.settled_minor, settled],
            ),
            ("bad", vec![report.bad_minor, pending + bad + cleared]),
            ("bad debt", vec![books.of(&house.bad_debt), bad + self.told.listed_written_off_minor]),
            ("written off", vec![report.written_off_minor, written_off]),
            ("cash", vec![books.of(&house.cash) + cash_back, cash]),
            ("paid otherwise", vec![report.paid_otherwise_minor, money.sum(elsewhere)]),
            ("refunds", vec![books.of(&house.refunds), report.refunds_minor, cash_back + rail_back]),
            ("I7", vec![report.gross_minor, parts(report)]),
        ];
        let differ = |values: &[i64]| values.windows(2).any(|pair| pair[0] != pair[1]);
        let wrong = sums.into_iter().filter(|(_, values)| differ(values));
        let mut wrong: Vec<String> = wrong.map(|(name, values)| format!("{name}: {values:?}")).collect();
        wrong.extend(books.faults.iter().cloned());
        for owed in &money.owed {
            if owed.owed_minor() < 0 || owed.refunded_minor() > owed.amount_minor {
                wrong.push(format!("{} owes {}", owed.sale, owed.owed_minor()));
            }
            if books.reserves(&owed.pending.to_string()) != owed.step().is_open() {
                wrong.push(format!("{} is {:?}, and its reservation says otherwise", owed.sale, owed.step()));
            }
        }
        wrong
    }
}

fn parts(report: &DaySums) -> i64 {
    report.settled_minor
        + report.open_minor
        + report.bad_minor
        + report.written_off_minor
        + report.paid_otherwise_minor
        + report.void_minor
}
