//! What banks send, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chit_iso20022::{Level, Limits, Message, Record, Refused, check, read};

const PART: &str = include_str!("files/pain.002.001.10-part.xml");
const DUPLICATE: &str = include_str!("files/pain.002.001.03-duplicate.xml");
const DAY: &str = include_str!("files/camt.053.001.08-day.xml");
const RETURN: &str = include_str!("files/camt.054.001.02-return.xml");
const PACS: &str = include_str!("files/pacs.004.001.09-return.xml");

fn records(file: &str) -> Vec<Record> {
    let mut found = Vec::new();
    let summary = read(file.as_bytes(), &Limits::default(), |record| found.push(record)).unwrap();
    assert_eq!(summary.records, found.len() as u64);
    found
}

fn refused(file: &str) -> Refused {
    check(file.as_bytes(), &Limits::default()).unwrap_err()
}

#[test]
fn a_status_report_says_what_became_of_each_debit() {
    let found = records(PART);
    let [Record::Status(file), Record::Status(first), Record::Status(second)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((file.level, file.status.as_deref()), (Level::File, Some("PART")));
    assert_eq!(file.message_id, "01KAV0000000000000000000BA");
    assert_eq!((first.end_to_end_id.as_deref(), first.status.as_deref()), (Some("S1"), Some("ACCP")));
    assert_eq!(first.group_id.as_deref(), Some("GROUP-1"));
    assert_eq!(
        (second.instruction_id.as_deref(), &second.reasons[..]),
        (Some("P2"), &["AM04".to_owned()][..])
    );
    assert_eq!(second.amount.unwrap().minor, 34_000);
}

#[test]
fn a_file_that_came_twice_is_told_with_a_prefix_of_any_name() {
    let found = records(DUPLICATE);
    let [Record::Status(file)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((file.level, &file.reasons[..]), (Level::File, &["DUPL".to_owned()][..]));
}

#[test]
fn a_statement_gives_each_transaction_its_amount_and_a_sum_without_details_stays_one() {
    let found = records(DAY);
    let bookings: Vec<_> = found
        .iter()
        .map(|record| match record {
            Record::Booking(booking) => booking,
            other => panic!("{other:?}"),
        })
        .collect();
    let said =
        |at: usize| (bookings[at].end_to_end_id.as_deref(), bookings[at].amount.map(|money| money.minor));
    assert_eq!(bookings.len(), 4);
    assert_eq!(said(0), (Some("S1"), Some(12_850)), "the only transaction is worth the entry");
    assert_eq!((said(1), said(2)), ((Some("S2"), Some(1000)), (Some("S3"), Some(2000))));
    assert_eq!((said(3), bookings[3].transactions), ((None, Some(5000)), Some(5)));
    assert!(bookings[0].booked && bookings[0].credit && !bookings[3].booked);
    assert_eq!(bookings[0].booked_on.unwrap().to_string(), "2026-12-02");
    assert_eq!(bookings[0].account.as_deref(), Some("NL91ABNA0417164300"));
}

#[test]
fn a_return_has_its_reason_in_a_notification_and_in_a_message_of_its_own() {
    let [Record::Booking(booking)] = &records(RETURN)[..] else { panic!("one booking") };
    assert!(!booking.credit && booking.booked);
    assert_eq!((booking.return_reason.as_deref(), booking.amount.unwrap().minor), (Some("MD06"), 12_850));
    let [Record::Returned(returned)] = &records(PACS)[..] else { panic!("one return") };
    assert_eq!(returned.message_id.as_deref(), Some("BATCH"));
    assert_eq!((returned.amount.minor, &returned.reasons[..]), (12_850, &["MD06".to_owned()][..]));
}

#[test]
fn what_breaks_the_schema_is_refused_with_its_line_and_the_reason() {
    let bad = [
        (PART.replace("<TxSts>RJCT</TxSts>", "<TxSts>REJECTED</TxSts>"), 17, "8 characters"),
        (PART.replace("<OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>", ""), 8, "OrgnlMsgNmId is missing"),
        (PART.replace("340.00", "340,00"), 19, "amount"),
        (PART.replace(" Ccy=\"EUR\"", ""), 19, "Ccy"),
        (PART.replace("340.00", "340.005"), 19, "smallest unit"),
        (PART.replace("AddtlInf", "Info"), 18, "Info is not expected"),
        (PART.replace("2026-11-24T19:00:00Z", "24.11.2026"), 4, "time"),
        (PART.replace("&amp;", "&secret;"), 18, "entity"),
        (PART.replace("pain.002.001.10", "pain.001.001.09"), 2, "no pain.002"),
        (PART.replace("<CstmrPmtStsRpt>", "<CstmrPmtStsRpt>text"), 4, "text between"),
        (DAY.replace("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>PLUS</CdtDbtInd><Sts>"), 6, "CRDT"),
        (format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]>{}", &PART[38..]), 1, "DTD"),
    ];
    for (file, line, reason) in bad {
        let refused = refused(&file);
        assert_eq!(refused.line, line, "{refused}");
        assert!(refused.reason.contains(reason), "{refused}");
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    for at in 0..DUPLICATE.trim_end().len() {
        assert!(check(&DUPLICATE.as_bytes()[..at], &Limits::default()).is_err(), "cut at {at}");
    }
}

#[test]
fn what_is_too_long_too_deep_or_too_much_is_refused_before_it_costs_anything() {
    let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
    let deep = PACS.replace("<SttlmMtd>INDA</SttlmMtd>", &deep);
    assert!(refused(&deep).reason.contains("elements inside each other"));
    let long = PART.replace("too late", &"x".repeat(70_000));
    assert!(refused(&long).reason.contains("too long"));
    let few = Limits { records: 2, ..Limits::default() };
    assert!(check(PART.as_bytes(), &few).unwrap_err().reason.contains("more than 2 records"));
    let small = Limits { bytes: 500, ..Limits::default() };
    assert!(check(PART.as_bytes(), &small).unwrap_err().reason.contains("the file is too long"));
}

#[test]
fn another_encoding_is_refused_by_its_name() {
    let latin = PART.replace("UTF-8", "ISO-8859-1");
    assert!(refused(&latin).reason.contains("UTF-8"));
}

#[test]
fn an_empty_file_is_no_message() {
    assert!(check(&b""[..], &Limits::default()).is_err());
    assert_eq!(check(DAY.as_bytes(), &Limits::default()).unwrap().message, Message::Camt053);
}
