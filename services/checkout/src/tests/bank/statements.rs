//! What a file says, once; what does not agree changes nothing.

use chit_iso20022::{Booking, Message, Record};
use iso_currency::Currency;

use super::{AtBank, IBAN, cny};
use crate::collection::exceptions::{self, ExceptionKind};
use crate::collection::filed::FileState;
use crate::collection::posting::Booked;
use crate::collection::{Batch, BatchState};
use crate::sale::state::SaleState;
use crate::tests::fixture::SUPERVISOR;
use crate::values::ids::BatchId;

async fn batch_of(at: &AtBank, id: BatchId) -> Batch {
    at.till.read(move |view| view.batch(id)).await
}

#[tokio::test]
async fn accepted_is_not_paid_and_only_the_money_settles() {
    let at = AtBank::open().await;
    let (sale, batch) = at.submitted().await;
    let deduction = at.deduction(sale).await;
    at.import([90; 32], Message::Pain002, &[at.status(&deduction, "ACSC", "")]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    assert!(at.booked().await.is_empty());
    at.says(&[at.credit(&deduction)]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Settled);
    let [entry] = &at.booked().await[..] else { panic!("one entry") };
    assert_eq!(
        (entry.booked, entry.amount_minor, entry.pending),
        (Booked::Received, 1_250, Some(deduction.pending))
    );
    assert_eq!(batch_of(&at, batch.id).await.state, BatchState::Settled);
}

#[tokio::test]
async fn a_table_is_all_that_such_a_bank_sends() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let mut record = at.status(&at.deduction(sale).await, "ACSC", "");
    if let Record::Status(status) = &mut record {
        status.amount = Some(cny(1_250));
        status.message_id.clear();
        status.instruction_id = None;
    }
    at.import([91; 32], Message::Csv, &[record]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Settled);
}

#[tokio::test]
async fn another_amount_or_currency_goes_on_the_list_and_is_not_booked() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let deduction = at.deduction(sale).await;
    let other = |amount| Record::Booking(Booking { amount, ..at.booking(&deduction, true, None) });
    let euros = chit_iso20022::Money { minor: 1_250, currency: Currency::EUR };
    for amount in [Some(cny(1_249)), Some(euros), None] {
        at.says(&[other(amount)]).await;
    }
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    assert!(at.booked().await.is_empty());
    let [exception] = &at.exceptions().await[..] else { panic!("one is enough") };
    assert_eq!(exception.found.kind, ExceptionKind::AmountDiffers);
    assert_eq!((exception.found.expected_minor, exception.found.reported_minor), (Some(1_250), Some(1_249)));
}

#[tokio::test]
async fn the_same_file_and_the_same_news_in_another_one_change_nothing() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let records = [at.credit(&at.deduction(sale).await)];
    let first = at.import([7; 32], Message::Camt054, &records).await;
    assert_eq!(at.import([7; 32], Message::Camt054, &records).await, first);
    let again = at.import([8; 32], Message::Camt053, &records).await;
    assert_eq!((again.received, again.repeated), (0, 1));
    assert_eq!(at.booked().await.len(), 1);
}

#[tokio::test]
async fn news_of_before_is_counted_as_such_and_nothing_else() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let deduction = at.deduction(sale).await;
    let accepted = at.status(&deduction, "ACCP", "");
    let first = at.says(std::slice::from_ref(&accepted)).await;
    assert_eq!((first.accepted, first.repeated), (1, 0));
    let again = at.says(&[accepted, at.status(&deduction, "PDNG", "")]).await;
    assert_eq!((again.accepted, again.repeated), (0, 2));
    let refused = at.status(&deduction, "RJCT", "AM04");
    assert_eq!(at.says(std::slice::from_ref(&refused)).await.refused, 1);
    let again = at.says(&[refused, at.pacs(&deduction, "AM04")]).await;
    assert_eq!((again.refused, again.returned, again.repeated), (0, 0, 2));
    assert_eq!(at.booked().await.len(), 1);
    assert!(at.exceptions().await.is_empty());
}

#[tokio::test]
async fn a_status_with_a_reason_and_no_word_is_a_refusal_and_one_with_neither_is_nothing() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let deduction = at.deduction(sale).await;
    let wordless = |reason: &str| {
        let Record::Status(status) = at.status(&deduction, "", reason) else { panic!("a status") };
        Record::Status(chit_iso20022::Status { status: None, ..status })
    };
    let nothing = at.says(&[wordless("")]).await;
    assert_eq!((nothing.refused, nothing.repeated), (0, 1));
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    assert_eq!(at.says(&[wordless("AC04")]).await.refused, 1);
    assert_eq!(at.till.state(sale).await, SaleState::BadPending);
}

/// The bank took both sides of the same debit: a person asks it, and the money stays where it is.
#[tokio::test]
async fn what_contradicts_the_bank_s_own_word_goes_on_the_list_with_all_that_is_known() {
    let at = AtBank::open().await;
    let (sale, batch) = at.paid().await;
    let deduction = at.deduction(sale).await;
    let booked = at.booked().await.len();
    let told = at.says(&[at.status(&deduction, "RJCT", "AC01")]).await;
    assert_eq!((told.refused, told.exceptions), (0, 1));
    let [exception] = &at.exceptions().await[..] else { panic!("one") };
    let found = &exception.found;
    assert_eq!((found.kind, found.reason.as_str()), (ExceptionKind::Contradiction, "AC01"));
    assert_eq!((found.sale, found.batch, found.file.is_some()), (Some(sale), Some(batch.id), true));
    assert_eq!((at.till.state(sale).await, at.booked().await.len()), (SaleState::Settled, booked));
}

#[tokio::test]
async fn money_for_a_refused_debit_and_a_return_that_is_a_credit_contradict_too() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let deduction = at.deduction(sale).await;
    let back_to_front = Record::Booking(at.booking(&deduction, true, Some("MD06")));
    at.says(&[back_to_front]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    assert_eq!(at.exception_kinds().await, [ExceptionKind::Contradiction]);
    at.says(&[at.status(&deduction, "RJCT", "AM04")]).await;
    let paid = at.says(&[at.credit(&deduction)]).await;
    assert_eq!((paid.received, at.till.state(sale).await), (0, SaleState::Returned));
    assert_eq!(at.exception_kinds().await.last(), Some(&ExceptionKind::Contradiction));
}

#[tokio::test]
async fn a_return_that_arrives_before_the_credit_ends_at_the_same_place() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let deduction = at.deduction(sale).await;
    at.says(&[at.pacs(&deduction, "MD06")]).await;
    let late = at.says(&[at.credit(&deduction), at.debit(&deduction, "MD06")]).await;
    assert_eq!((late.repeated, late.exceptions), (2, 0));
    let booked: Vec<Booked> = at.booked().await.iter().map(|entry| entry.booked).collect();
    assert_eq!(booked, [Booked::Received, Booked::TakenBack]);
    assert_eq!(at.till.state(sale).await, SaleState::Returned);
}

#[tokio::test]
async fn a_daily_statement_that_repeats_an_old_return_does_not_touch_the_next_presentment() {
    let at = AtBank::open().await;
    let (sale, _) = at.paid().await;
    let first = at.deduction(sale).await;
    let return_again = at.debit(&first, "AM04");
    at.says(std::slice::from_ref(&return_again)).await;
    at.till.advance(24);
    at.till.ask(chit_proto::sms_gateway::v1::MessageState::Delivered).await;
    at.batch().await;
    let again = at.says(&[at.credit(&first), return_again]).await;
    assert_eq!((again.repeated, again.returned), (2, 0));
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    at.till.drain().await;
    at.says(&[at.credit(&at.deduction(sale).await)]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Settled);
    assert_eq!(at.booked().await[0].pending, None, "its reservation was posted the first time");
}

#[tokio::test]
async fn a_file_that_came_twice_says_nothing_about_the_money() {
    let at = AtBank::open().await;
    let (sale, batch) = at.submitted().await;
    at.says(&[at.file_status(&batch, "RJCT", "DUPL")]).await;
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    let filed = at.till.read(move |view| view.filed(batch.id)).await;
    assert_eq!((filed.duplicate, filed.open), (true, 1));
    assert!(at.exceptions().await.is_empty());
}

#[tokio::test]
async fn a_refused_file_gives_its_sales_back_and_the_next_waits_until_a_person_has_looked() {
    let at = AtBank::open().await;
    let (sale, batch) = at.submitted().await;
    at.says(&[at.file_status(&batch, "RJCT", "FF01")]).await;
    let deduction = at.deduction(sale).await;
    assert_eq!((at.till.state(sale).await, deduction.presentments.len()), (SaleState::Verified, 0));
    assert_eq!(at.booked().await[0].booked, Booked::NotPaid);
    let id = batch.id;
    assert_eq!(at.till.read(move |view| view.filed(id)).await.state, FileState::Refused);
    assert_eq!(at.till.settle().await.unwrap_err().reason, "WRONG_STATE");
    let again = at.says(&[at.file_status(&batch, "RJCT", "FF01")]).await;
    assert_eq!((again.repeated, again.exceptions), (1, 0));
    let exception = &at.exceptions().await[0];
    let found = (exception.found.kind, exception.found.batch, exception.found.reason.as_str());
    assert_eq!(found, (ExceptionKind::FileRefused, Some(batch.id), "FF01"));
    let exception = exception.id;
    at.till
        .write(move |tx| exceptions::close(tx, exception, SUPERVISOR, "creditor id mended"))
        .await
        .unwrap();
    let next = at.batch().await;
    assert_ne!(next.id, batch.id);
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
}

#[tokio::test]
async fn unknown_ids_are_parked_and_other_business_of_the_account_is_left_alone() {
    let at = AtBank::open().await;
    let (sale, _) = at.submitted().await;
    let known = at.deduction(sale).await;
    let strange = Booking {
        end_to_end_id: Some("01J0000000000000000000000A".into()),
        ..at.booking(&known, true, None)
    };
    let rent = Booking { end_to_end_id: Some("RENT-12".into()), ..at.booking(&known, false, None) };
    let elsewhere =
        Booking { account: Some("DE02120300000000202051".into()), ..at.booking(&known, true, None) };
    let told = at.says(&[strange, rent, elsewhere].map(Record::Booking)).await;
    assert_eq!((told.others, told.exceptions), (2, 2));
    let mut kinds = at.exception_kinds().await;
    kinds.sort();
    assert_eq!(kinds, [ExceptionKind::UnknownId, ExceptionKind::OtherAccount]);
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
}

#[tokio::test]
async fn one_booking_for_the_whole_file_settles_all_of_it_or_none() {
    let at = AtBank::open().await;
    let (one, two) = (at.till.verified().await, at.till.verified().await);
    let batch = at.batch().await;
    assert_eq!((batch.sales.len(), batch.total_minor), (2, 2_500));
    let sum = |minor| {
        Record::Booking(Booking {
            account: Some(IBAN.into()),
            end_to_end_id: None,
            message_id: Some(batch.id.to_string()),
            transactions: Some(2),
            amount: Some(cny(minor)),
            booked_on: None,
            ..Booking {
                statement_id: "S".into(),
                account: None,
                reference: None,
                booked: true,
                credit: true,
                booked_on: None,
                amount: None,
                message_id: None,
                group_id: None,
                instruction_id: None,
                end_to_end_id: None,
                transactions: None,
                return_reason: None,
            }
        })
    };
    at.says(&[sum(2_499)]).await;
    assert_eq!(at.exception_kinds().await, [ExceptionKind::AmountDiffers]);
    at.says(&[sum(2_500)]).await;
    for sale in [one, two] {
        assert_eq!(at.till.state(sale).await, SaleState::Settled);
    }
    let again = at.says(&[sum(2_500)]).await;
    assert_eq!((again.received, again.repeated), (0, 1));
    let text = String::from_utf8(at.file(&batch).await).unwrap();
    assert!(text.contains("<SeqTp>FRST</SeqTp>") && text.contains("<SeqTp>RCUR</SeqTp>"), "{text}");
}
