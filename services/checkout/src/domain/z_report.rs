//! The Z report (I7): every committed sale is in exactly one sum, and receipt numbers have no gap.

use std::collections::BTreeMap;

use super::refusal::{Refusal, Result};
use super::sale::{Sale, SaleState};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZReport {
    pub gross_minor: i64,
    pub settled_minor: i64,
    pub open_minor: i64,
    pub bad_minor: i64,
    pub written_off_minor: i64,
    pub paid_otherwise_minor: i64,
    pub void_minor: i64,
    pub refunds_minor: i64,
    pub net_minor: i64,
    pub sales: u32,
    pub receipt_numbers_gapless: bool,
}

pub fn sum(sales: &[Sale]) -> Result<ZReport> {
    let mut report = ZReport::default();
    let mut numbers: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    // A draft that was voided never had a number and is not part of the day's sales.
    for sale in sales.iter().filter(|sale| !sale.receipt_no.is_empty()) {
        add(&mut report.gross_minor, sale.total_minor)?;
        add(part_of(&mut report, sale.state()), sale.total_minor)?;
        if !sale.refund_transfer_id.is_empty() {
            add(&mut report.refunds_minor, sale.total_minor)?;
        }
        report.sales += 1;
        if let Some((day, number)) = sale.receipt_no.split_once('-') {
            numbers.entry(day).or_default().push(number.parse().unwrap_or_default());
        }
    }
    report.receipt_numbers_gapless = numbers.into_values().all(is_gapless);
    report.net_minor = report.gross_minor - report.void_minor - report.refunds_minor;
    Ok(report)
}

fn part_of(report: &mut ZReport, state: SaleState) -> &mut i64 {
    use SaleState::*;
    match state {
        Settled => &mut report.settled_minor,
        Voided => &mut report.void_minor,
        WrittenOff => &mut report.written_off_minor,
        PaidOtherwise => &mut report.paid_otherwise_minor,
        BadPending | BadListed | Cleared | Expired => &mut report.bad_minor,
        _ => &mut report.open_minor,
    }
}

fn add(sum: &mut i64, amount: i64) -> Result<()> {
    *sum = sum
        .checked_add(amount)
        .ok_or_else(|| Refusal::internal("the day's sales are more than can be counted"))?;
    Ok(())
}

fn is_gapless(mut numbers: Vec<u32>) -> bool {
    numbers.sort_unstable();
    numbers.iter().zip(1..).all(|(number, expected)| *number == expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sale(state: SaleState, number: u32, total_minor: i64) -> Sale {
        Sale {
            state: state as i32,
            receipt_no: if number == 0 { String::new() } else { format!("20261124-{number:06}") },
            total_minor,
            ..Sale::draft("01".into(), "01", "li", "CNY", 0, String::new())
        }
    }

    proptest! {
        #[test]
        fn every_committed_sale_is_in_exactly_one_sum(states in proptest::collection::vec((3_i32..=21, 1_i64..100_000), 0..40)) {
            let sales: Vec<Sale> = states.iter().zip(1..).map(|((state, total), number)| {
                sale(SaleState::try_from(*state).unwrap(), number, *total)
            }).collect();
            let report = sum(&sales).unwrap();
            let parts = report.settled_minor + report.open_minor + report.bad_minor + report.written_off_minor
                + report.paid_otherwise_minor + report.void_minor;
            prop_assert_eq!(report.gross_minor, parts);
            prop_assert_eq!(report.net_minor, report.gross_minor - report.void_minor - report.refunds_minor);
            prop_assert!(report.receipt_numbers_gapless);
        }
    }

    #[test]
    fn a_missing_receipt_number_is_told() {
        let sales = [sale(SaleState::Settled, 1, 100), sale(SaleState::Settled, 3, 100)];
        assert!(!sum(&sales).unwrap().receipt_numbers_gapless);
    }

    #[test]
    fn a_draft_that_was_given_up_is_no_sale() {
        assert_eq!(sum(&[sale(SaleState::Voided, 0, 100)]).unwrap().gross_minor, 0);
    }
}
