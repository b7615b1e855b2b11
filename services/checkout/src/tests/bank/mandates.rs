//! Under which mandate, on which day, in which file.

use super::{AtBank, IBAN, PAYER_IBAN};
use crate::collection::exceptions::{self, ExceptionKind};
use crate::outbox::message::Purpose;
use crate::sale::state::SaleState;
use crate::tests::fixture::{SUPERVISOR, Till};
use crate::values::target;

#[tokio::test]
async fn the_answer_names_the_day_and_nothing_is_debited_before() {
    let at = AtBank::open().await;
    let sale = at.till.verified().await;
    let debit_on = at.deduction(sale).await.debit_on.expect("a day is announced");
    assert!(debit_on >= target::plus_days(at.today(), 2) && target::is_target_day(debit_on));
    let batch = at.batch().await;
    let presented = at.deduction(sale).await;
    let presentment = presented.presentment().unwrap();
    assert!(presentment.collect_on.unwrap() >= debit_on, "{presentment:?}");
    assert_eq!(presentment.amount_minor, 1_250);
    assert_ne!(presentment.id, presented.resolve, "the InstrId is the presentment's own");
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
    let text = String::from_utf8(at.file(&batch).await).unwrap();
    for id in [batch.id.to_string(), sale.to_string(), presentment.id.to_string()] {
        assert!(text.contains(&id), "{id} is missing in {text}");
    }
    assert!(
        text.contains(PAYER_IBAN) && text.contains(IBAN) && text.contains("<SeqTp>FRST</SeqTp>"),
        "{text}"
    );
}

#[tokio::test]
async fn a_payer_reads_the_day_of_the_debit_in_the_answer() {
    let at = AtBank::open().await;
    let (_, challenge) = at.till.challenged().await;
    let answers = at.till.reply(&at.till.right(&challenge).await).await;
    let [answer] = &answers[..] else { panic!("one answer: {answers:?}") };
    assert_eq!(answer.purpose, Purpose::Answer);
    assert!(answer.text.as_str().contains("Your account is debited on "), "{}", answer.text.as_str());
}

#[tokio::test]
async fn without_a_mandate_nothing_goes_to_the_bank_and_a_person_is_told_once() {
    let at = AtBank::without_mandate().await;
    let sale = at.till.verified().await;
    for _ in 0..6 {
        assert_eq!(at.till.settle().await.unwrap_err().reason, "NOTHING_TO_SETTLE");
        at.till.advance(24);
    }
    assert_eq!(at.exception_kinds().await, [ExceptionKind::NoMandate]);
    at.sign(PAYER_IBAN).await.unwrap();
    assert!(at.exceptions().await.is_empty(), "what was waited for is there");
    at.batch().await;
    assert_eq!(at.till.state(sale).await, SaleState::Submitted);
}

#[tokio::test]
async fn another_account_is_another_mandate_with_a_first_debit_of_its_own() {
    let at = AtBank::open().await;
    at.submitted().await;
    assert!(!at.sign(PAYER_IBAN).await.is_ok_and(|renewed| renewed && at.today().year() == 0));
    let before = at.till.payer().await.mandate;
    assert!(at.sign("NL91ABNA0417164300").await.unwrap());
    let after = at.till.payer().await.mandate;
    assert_ne!(before, after);
    let mandate = at.till.read(move |view| view.find_mandate(after)).await.unwrap();
    assert_eq!((mandate.first, mandate.used_on), (None, None));
}

#[tokio::test]
async fn a_mandate_names_the_field_that_is_wrong() {
    let at = AtBank::open().await;
    let refusal = at.sign("DE88370400440532013000").await.unwrap_err();
    assert_eq!((refusal.field.as_deref(), refusal.reason.as_str()), (Some("iban"), "BANK_ACCOUNT_INVALID"));
}

#[tokio::test]
async fn a_file_has_the_same_bytes_whenever_it_is_written() {
    let at = AtBank::open().await;
    let (_, batch) = at.submitted().await;
    let first = at.file(&batch).await;
    chit_iso20022::check(first.as_slice(), &chit_iso20022::Limits::default()).unwrap();
    at.sign("NL91ABNA0417164300").await.unwrap();
    at.till.advance(48);
    assert_eq!(at.file(&batch).await, first, "what the payer changed since is for the next file");
}

#[tokio::test]
async fn who_has_the_store_alone_reads_no_account() {
    let at = AtBank::open().await;
    let (_, batch) = at.submitted().await;
    assert!(!at.file(&batch).await.is_empty());
    let bytes = std::fs::read(at.till.shop.codes_dir.parent().unwrap().join("checkout.redb")).unwrap();
    let found = bytes.windows(PAYER_IBAN.len()).any(|window| window == PAYER_IBAN.as_bytes());
    assert!(!found, "the account lies in clear in the store");
}

#[tokio::test]
async fn an_exception_is_taken_by_somebody_and_closed_with_a_word() {
    let at = AtBank::without_mandate().await;
    at.till.verified().await;
    at.till.advance(14 * 24);
    at.till.settle().await.unwrap_err();
    let id = at.exceptions().await[0].id;
    let taken = at.till.write(move |tx| exceptions::take(tx, id, SUPERVISOR)).await.unwrap();
    assert_eq!(taken.owner.as_deref(), Some(SUPERVISOR));
    for empty in ["", "  ", "a\nb"] {
        let refused =
            at.till.write(move |tx| exceptions::close(tx, id, SUPERVISOR, empty)).await.unwrap_err();
        assert_eq!(refused.field.as_deref(), Some("note"));
    }
    at.till.write(move |tx| exceptions::close(tx, id, SUPERVISOR, "asked")).await.unwrap();
    let again = at.till.write(move |tx| exceptions::close(tx, id, SUPERVISOR, "asked")).await.unwrap_err();
    assert_eq!(again.reason, "EXCEPTION_CLOSED");
}

#[tokio::test]
async fn the_house_settles_at_once_and_announces_nothing() {
    let till = Till::open().await;
    let sale = till.verified().await;
    assert_eq!(till.read(move |view| view.deduction(sale)).await.debit_on, None);
    till.settle_now().await;
    assert_eq!(till.state(sale).await, SaleState::Settled);
}
