//! The sums of a report (I7): gross = settled + open + bad + written off + paid otherwise + void; net = gross − void −
//! refunds.

use crate::collection::sums;
use crate::store::View;
use crate::store::records::collection::DaySums;
use crate::values::refusal::Result;

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub sums: DaySums,
    /// Each receipt number up to the last belongs to a sale.
    pub gapless: bool,
}

impl Report {
    pub fn net_minor(&self) -> i64 {
        self.sums.gross_minor - self.sums.void_minor - self.sums.refunds_minor
    }
}

/// Over the sales with receipt numbers of this local day, "20261124".
pub fn of_day(view: &View, day: &str) -> Result<Report> {
    let sums = view.day_sums(day)?;
    Ok(Report { sums, gapless: view.receipts_of(day)? == u64::from(sums.sales) })
}

/// Over what happened between two moments: the sums of all days then and now.
pub fn of_shift(view: &View, from: &DaySums, to: Option<&DaySums>) -> Result<Report> {
    let to = match to {
        Some(to) => *to,
        None => all_days(view)?,
    };
    let sums = DaySums {
        gross_minor: to.gross_minor - from.gross_minor,
        settled_minor: to.settled_minor - from.settled_minor,
        open_minor: to.open_minor - from.open_minor,
        bad_minor: to.bad_minor - from.bad_minor,
        written_off_minor: to.written_off_minor - from.written_off_minor,
        paid_otherwise_minor: to.paid_otherwise_minor - from.paid_otherwise_minor,
        void_minor: to.void_minor - from.void_minor,
        refunds_minor: to.refunds_minor - from.refunds_minor,
        sales: to.sales.saturating_sub(from.sales),
        paid_in_minor: to.paid_in_minor - from.paid_in_minor,
    };
    let mut gapless = true;
    for (day, sums) in view.days()? {
        gapless &= view.receipts_of(&day)? == u64::from(sums.sales);
    }
    Ok(Report { sums, gapless })
}

/// The sums of every day together: a row a day, some hundreds a year.
pub fn all_days(view: &View) -> Result<DaySums> {
    let mut all = DaySums::default();
    for (_, day) in view.days()? {
        sums::add(&mut all, &day)?;
    }
    Ok(all)
}
