//! The reports of the till add up (I7), over a day and over a shift.

use super::disputes::open;
use super::fixture::{CASHIER, Till, every_state};
use crate::sale::state::SaleState;
use crate::shift::{self, Report};
use crate::store::records::collection::DaySums;

async fn of_today(till: &Till) -> Report {
    let day = till.shop.local_day();
    till.read(move |view| shift::of_day(view, &day)).await
}

/// The sums beside gross that a sale can be in.
fn parts(sums: &DaySums) -> [i64; 6] {
    [
        sums.settled_minor,
        sums.open_minor,
        sums.bad_minor,
        sums.written_off_minor,
        sums.paid_otherwise_minor,
        sums.void_minor,
    ]
}

#[tokio::test]
async fn i7_every_committed_sale_is_in_exactly_one_sum() {
    let till = Till::open().await;
    let mut before = of_today(&till).await.sums;
    for state in every_state() {
        let committed = !matches!(state, SaleState::Draft | SaleState::PayerOk);
        till.put(state, 1_250, |_| {}).await;
        let report = of_today(&till).await;
        let grown: Vec<i64> =
            parts(&report.sums).into_iter().zip(parts(&before)).map(|(now, then)| now - then).collect();
        let expected = if committed { vec![1_250] } else { Vec::new() };
        let grew: Vec<i64> = grown.into_iter().filter(|minor| *minor != 0).collect();
        assert_eq!(grew, expected, "{state:?}");
        assert_eq!(report.sums.gross_minor, parts(&report.sums).iter().sum::<i64>(), "{state:?}");
        assert!(report.gapless, "{state:?}");
        before = report.sums;
    }
    let report = of_today(&till).await;
    assert_eq!(report.net_minor(), report.sums.gross_minor - 1_250, "one was voided");
}

#[tokio::test]
async fn i7_each_state_counts_in_its_own_sum() {
    use SaleState::*;
    let till = Till::open().await;
    let mut before = of_today(&till).await.sums;
    for state in every_state().into_iter().filter(|state| !matches!(state, Draft | PayerOk)) {
        till.put(state, 1_250, |_| {}).await;
        let sums = of_today(&till).await.sums;
        let sum = match state {
            Settled => "settled",
            BadPending | BadListed | Cleared | Expired => "bad",
            WrittenOff => "written off",
            PaidOtherwise => "paid otherwise",
            Voided => "void",
            _ => "open",
        };
        let names = ["settled", "open", "bad", "written off", "paid otherwise", "void"];
        let grew: Vec<&str> = names
            .into_iter()
            .zip(parts(&sums).into_iter().zip(parts(&before)))
            .filter(|(_, (now, then))| now != then)
            .map(|(name, _)| name)
            .collect();
        assert_eq!(grew, [sum], "{state:?}");
        before = sums;
    }
}

#[tokio::test]
async fn i7_net_is_what_was_sold_less_what_was_voided_and_what_was_paid_back() {
    let till = Till::open().await;
    let upheld = till.put(SaleState::Settled, 1_250, |_| {}).await;
    till.put(SaleState::Voided, 500, |_| {}).await;
    till.queued(300).await;
    assert_eq!(of_today(&till).await.net_minor(), 1_550);
    let dispute = open(&till, upheld).await.unwrap().id;
    till.resolve(dispute, true).await.unwrap();
    assert_eq!(of_today(&till).await.net_minor(), 300, "1,250 went back to the payer");
}

#[tokio::test]
async fn i7_a_part_paid_in_cash_leaves_the_rest_where_it_was() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    till.pays_in_cash(sale, Some(250)).await.unwrap();
    let sums = of_today(&till).await.sums;
    assert_eq!((sums.gross_minor, sums.open_minor, sums.paid_otherwise_minor), (1_250, 1_000, 250));
}

#[tokio::test]
async fn i7_a_missing_receipt_number_is_told() {
    let till = Till::open().await;
    till.queued(1_250).await;
    assert!(of_today(&till).await.gapless);
    let day = till.shop.local_day();
    till.write(move |tx| tx.take_receipt_no(&day)).await.unwrap();
    assert!(!of_today(&till).await.gapless, "a number without a sale");
    let closed = till.write(|tx| shift::close(tx, CASHIER)).await.unwrap();
    let report = till.read(move |view| shift::of_shift(view, &closed.from, closed.to.as_ref())).await;
    assert!(!report.gapless);
}

#[tokio::test]
async fn a_shift_reports_what_happened_in_it_also_to_sales_of_earlier_ones() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    let first = till.write(|tx| shift::close(tx, CASHIER)).await.unwrap();
    till.pays_in_cash(sale, None).await.unwrap();
    let second = till.write(|tx| shift::close(tx, CASHIER)).await.unwrap();
    assert_eq!((first.number, second.number), (1, 2));
    let sums_of = |shift: shift::Shift| {
        till.read(move |view| Ok(shift::of_shift(view, &shift.from, shift.to.as_ref())?.sums))
    };
    let (first, second) = (sums_of(first).await, sums_of(second).await);
    assert_eq!((first.gross_minor, first.open_minor, first.sales), (1_250, 1_250, 1));
    assert_eq!((second.gross_minor, second.open_minor, second.sales), (0, -1_250, 0));
    assert_eq!(second.paid_otherwise_minor, 1_250);
}
