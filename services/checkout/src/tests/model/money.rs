//! I7 after every step, to the cent, from sources that do not know each other: the trial balance of the ledger's side, the
//! states of all sales, the reports, and what the steps themselves saw.

use chit_proto::ledger::v1::Transfer;

use super::World;

use crate::collection::{Deduction, State, Step};
use crate::context::Shop;
use crate::effects::{bookings, flight, house_cash};
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
    pub paid_in_minor: i64,
    /// Debts that were written off after the bank had taken their money back.
    pub posted_written_off_minor: i64,
}

/// One look at the store.
pub struct Money {
    pub owed: Vec<Deduction>,
    pub payer: Payer,
    report: DaySums,
    net_minor: i64,
    /// By checkout's own count, day by day: what the bank has, and what it was asked for.
    at_bank_minor: i64,
    /// What the payer's account in the shop says they owe, less what they paid in before.
    on_account_minor: i64,
    in_flight_minor: i64,
    /// What the ledger will be told of that has happened already. A batch of the house that is on its way is no money yet.
    to_come: Vec<Transfer>,
}

impl Money {
    pub fn read(shop: &Shop, view: &View, sales: &[SaleId], payer: Payer) -> Result<Self> {
        let mut owed = Vec::new();
        for sale in sales {
            owed.extend(view.find_deduction(*sale)?);
        }
        let mut to_come = Vec::new();
        for (_, effect) in view.outbox_after(0, usize::MAX)? {
            to_come.extend(transfers_of(shop, view, &effect)?);
        }
        let report = shift::of_shift(view, &DaySums::default(), None)?;
        let (net_minor, report) = (report.net_minor(), report.sums);
        let bank = view.bank_sums()?;
        let (at_bank_minor, in_flight_minor) = (bank.at_bank_minor(), bank.in_flight_minor());
        let account = view.house_account(payer.id)?;
        let on_account_minor = account.owed_minor() - account.credit_minor;
        Ok(Self { owed, payer, report, net_minor, at_bank_minor, on_account_minor, in_flight_minor, to_come })
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

/// What an effect tells the ledger, but for the house's batches.
pub fn transfers_of(shop: &Shop, view: &View, effect: &Effect) -> Result<Vec<Transfer>> {
    match effect {
        Effect::VoidPending { sale }
        | Effect::PostRefund { sale, .. }
        | Effect::MoveToBadDebt { sale, .. }
        | Effect::PostPayment { sale, .. }
        | Effect::PostRecovery { sale, .. } => bookings::of(&shop.house, effect, &view.deduction(*sale)?),
        Effect::HoldFlight { batch } => flight::of_file(shop, view, *batch),
        Effect::PostHouseCash { payer, entry } => Ok(vec![house_cash::transfer(shop, view, *payer, *entry)?]),
        Effect::BookPosting { posting } => flight::of_posting(shop, view, *posting),
        _ => Ok(Vec::new()),
    }
}

impl World {
    pub fn disagreements(&self, money: &Money) -> Vec<String> {
        let shop = &self.till.shop;
        let mut books = self.books.clone();
        for transfer in &money.to_come {
            books.take(transfer);
        }
        let (house, report) = (&shop.house, &money.report);
        let (cash_back, rail_back) = (money.refunds(true), money.refunds(false));
        let cash = money.sum(Deduction::paid_minor);
        let bad = money.owed_in(&[Step::BadListed, Step::Expired]);
        let cleared = money.sum(|owed| if owed.state == State::Cleared { owed.amount_minor } else { 0 });
        let elsewhere = |owed: &Deduction| match owed.state {
            State::Voided | State::Cleared => 0,
            _ => owed.paid_minor(),
        };
        let is_reserved = |owed: &Deduction| owed.step().is_open() && !owed.is_posted();
        let reserved = |owed: &Deduction| if is_reserved(owed) { owed.amount_minor } else { 0 };
        let in_flight = |owed: &Deduction| -> i64 {
            let open = owed.presentments.iter().filter(|one| self.bank.is_some() && one.is_open());
            open.map(|one| one.amount_minor).sum()
        };
        let in_flight = money.sum(in_flight);
        let taken_back = |owed: &Deduction| {
            if owed.is_posted() && owed.step().is_open() { owed.owed_minor() } else { 0 }
        };
        let at_bank = books.of(&house.bank);
        let on_account = books.of(&money.payer.account.to_string());
        // A shop with a bank keeps no accounts: there the ledger alone has what a refund owes the payer.
        let said_on_account = if self.bank.is_some() { on_account } else { money.on_account_minor };
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
            ("reserved", vec![books.reserved_minor(), money.sum(reserved) + in_flight]),
            ("in flight", vec![money.in_flight_minor, in_flight]),
            ("at the bank", vec![money.at_bank_minor, at_bank]),
            ("taken back", vec![books.of(&house.bank_returned), money.sum(taken_back)]),
            (
                "settled",
                vec![
                    on_account + self.told.paid_in_minor + at_bank + rail_back,
                    report.settled_minor,
                    settled,
                ],
            ),
            ("bad", vec![report.bad_minor, pending + bad + cleared]),
            ("bad debt", vec![books.of(&house.bad_debt), bad + self.told.listed_written_off_minor]),
            ("written off", vec![report.written_off_minor, written_off]),
            ("cash", vec![books.of(&house.cash) + cash_back, cash + self.told.paid_in_minor]),
            ("the payer's account", vec![on_account, said_on_account]),
            ("paid otherwise", vec![report.paid_otherwise_minor, money.sum(elsewhere)]),
            (
                "refunds",
                vec![
                    books.of(&house.refunds) - self.told.posted_written_off_minor,
                    report.refunds_minor,
                    cash_back + rail_back,
                ],
            ),
            (
                "net",
                vec![
                    money.net_minor,
                    self.told.gross_minor - self.told.void_minor + self.told.posted_written_off_minor
                        - books.of(&house.refunds),
                ],
            ),
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
            if books.reserves(&owed.pending.to_string()) != is_reserved(owed) {
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
