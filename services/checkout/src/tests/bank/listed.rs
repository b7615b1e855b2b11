//! The bad records as the bank gets them, and lines of a paper statement.

use chit_bad_record::{BadRecords, FORMAT};
use iso_currency::Currency;
use jiff::civil::Date;

use super::{AtBank, IBAN, PAYER_IBAN, cny};
use crate::bank::paper::{self, Line, Outcome};
use crate::bank::{Desk, Tally};
use crate::collection::State;
use crate::collection::exceptions::ExceptionKind;
use crate::recovery;
use crate::sale::state::SaleState;
use crate::values::ids::{PostingId, SaleId};

impl AtBank {
    async fn list_for_the_bank(&self) -> BadRecords {
        let (days, now) = (self.till.shop.voice.quiet.clone(), self.till.shop.clock.now());
        let head = recovery::Head {
            file: ulid::Ulid::from_parts(1, 1),
            shop: "Huimin Shops".into(),
            creditor_id: "DE98ZZZ09999999999".into(),
            currency: "CNY".into(),
            ledger_checkpoint: String::new(),
        };
        self.till.read(move |view| recovery::bank_list(view, head, &days, now)).await
    }

    /// Somebody marks a line of the paper.
    async fn marks(&self, sale: SaleId, outcome: Outcome, minor: i64, on: Date) -> Tally {
        let posting: PostingId = self.till.id();
        let desk = Desk {
            by: "li".into(),
            iban: IBAN.into(),
            currency: Currency::CNY,
            today: self.today(),
            file: paper::mark_of(posting, "page 1"),
            message: chit_iso20022::Message::Camt053,
        };
        let reason = if outcome == Outcome::Paid { String::new() } else { "AM04".into() };
        let line = Line { sale, outcome, amount: cny(minor), reason, on };
        self.till.write(move |tx| paper::mark(tx, &desk, posting, "page 1", &[line])).await.unwrap()
    }

    async fn collect_on(&self, sale: SaleId) -> Date {
        self.deduction(sale).await.presentment().unwrap().collect_on.unwrap()
    }
}

#[tokio::test]
async fn the_bank_is_told_who_is_listed_and_no_longer_of_who_has_paid() {
    let at = AtBank::open().await;
    assert_eq!(at.list_for_the_bank().await.records, []);
    let sale = at.till.bad_listed().await;
    let list = at.list_for_the_bank().await;
    assert_eq!(list.format, FORMAT);
    let [record] = &list.records[..] else { panic!("one record: {:?}", list.records) };
    let owed = at.deduction(sale).await;
    assert_eq!((record.sale_id.as_str(), record.owed_minor), (sale.to_string().as_str(), owed.owed_minor()));
    assert_eq!((record.debtor_name.as_str(), record.debtor_iban.as_str()), ("Ada Li", PAYER_IBAN));
    assert_eq!(record.evidence_sha256, hex::encode(owed.evidence.unwrap().manifest_sha256));
    assert_eq!(record.listed_on, at.today().to_string());
    assert!(record.sold_on < record.listed_on && record.listed_on < record.ends_on, "{record:?}");
    at.till.pays_in_cash(sale, None).await.unwrap();
    assert_eq!(at.list_for_the_bank().await.records, []);
}

#[tokio::test]
async fn of_who_gave_no_account_the_bank_gets_the_name_at_most() {
    let at = AtBank::without_mandate().await;
    at.till.bad_listed().await;
    let list = at.list_for_the_bank().await;
    let name = at.till.payer().await.name;
    let record = &list.records[0];
    assert_eq!((record.debtor_name.as_str(), record.debtor_iban.as_str()), (name.as_str(), ""));
    assert_eq!(record.mandate_id, "");
}

#[tokio::test]
async fn a_marked_line_settles_a_sale_under_the_name_of_who_marked_it_and_only_once() {
    let at = AtBank::open().await;
    let (sale, batch) = at.submitted().await;
    let on = at.collect_on(sale).await;
    assert_eq!(at.marks(sale, Outcome::Paid, 1_250, on).await.received, 1);
    assert_eq!(at.till.state(sale).await, SaleState::Settled);
    assert_eq!(at.booked().await.len(), 1);
    let by_li = at.till.read(|view| {
        Ok(view.events_after(0, usize::MAX)?.iter().filter(|one| one.event.actor == "li").count())
    });
    assert!(by_li.await >= 2, "the deduction and its batch");
    let again = at.marks(sale, Outcome::Paid, 1_250, on).await;
    assert_eq!((again.received, again.repeated), (0, 1));
    let filed = at.till.read(move |view| view.filed(batch.id)).await;
    assert_eq!((filed.received_minor, filed.open), (1_250, 0));
}

#[tokio::test]
async fn another_amount_on_paper_is_an_exception_and_changes_nothing_as_in_a_file() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let on = at.collect_on(sale).await;
    let tally = at.marks(sale, Outcome::Paid, 1_249, on).await;
    assert_eq!((tally.received, tally.exceptions), (0, 1));
    assert_eq!(at.exception_kinds().await, [ExceptionKind::AmountDiffers]);
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    assert!(at.booked().await.is_empty());
}

#[tokio::test]
async fn a_line_of_a_sale_that_no_file_asked_for_is_unknown() {
    let at = AtBank::open().await;
    let sale = at.till.verified().await;
    let tally = at.marks(sale, Outcome::Paid, 1_250, at.today()).await;
    assert_eq!(tally.exceptions, 1);
    assert_eq!(at.exception_kinds().await, [ExceptionKind::UnknownId]);
}

#[tokio::test]
async fn what_the_paper_says_was_refused_counts_on_its_own_day() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let on = at.collect_on(sale).await;
    at.till.advance(24 * 9);
    assert_eq!(at.marks(sale, Outcome::Refused, 1_250, on).await.refused, 1);
    assert!(matches!(at.deduction(sale).await.state, State::Returned(_)));
    let days = at.till.read(|view| view.newest_bank_days(10)).await;
    let of = |day: Date| days.iter().find(|(one, _)| *one == day).map_or(0, |(_, sums)| sums.refused_minor);
    assert_eq!((of(on), of(at.today())), (1_250, 0));
}

#[tokio::test]
async fn money_that_went_back_on_paper_is_owed_again() {
    let at = AtBank::open().await;
    let (sale, _) = at.paid().await;
    let on = at.collect_on(sale).await;
    assert_eq!(at.marks(sale, Outcome::Returned, 1_250, on).await.returned, 1);
    assert!(matches!(at.deduction(sale).await.state, State::Returned(_)));
}
