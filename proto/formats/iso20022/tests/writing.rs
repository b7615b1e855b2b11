//! What goes to the bank.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chit_iso20022::csv_profile::{self, Field, Profile, Table};
use chit_iso20022::pain008::{Creditor, Debit, File, Group, Sequence, Totals, Version, WriteError};
use chit_iso20022::{Limits, Message, Record, check};
use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

fn creditor() -> Creditor {
    Creditor {
        name: "Müller & Söhne".into(),
        iban: "NL91ABNA0417164300".into(),
        bic: None,
        creditor_id: "DE98ZZZ09999999999".into(),
        instrument: "CORE".into(),
    }
}

fn debit(amount_minor: i64) -> Debit<'static> {
    Debit {
        instruction_id: "01KAV00000000000000000000P",
        end_to_end_id: "01KAV00000000000000000000S",
        amount_minor,
        mandate_id: "01KAV00000000000000000000M",
        mandate_signed: date(2026, 11, 1),
        debtor_name: "<Ana & Bo>",
        debtor_iban: "DE89370400440532013000",
        debtor_bic: Some("COBADEFFXXX"),
        remittance: "Receipt 8F3K",
    }
}

fn file(version: Version, amounts: &[i64], announced: Totals) -> Result<String, WriteError> {
    let creditor = creditor();
    let currency = Currency::EUR;
    let mut file =
        File::begin(Vec::new(), version, "BATCH", Timestamp::UNIX_EPOCH, &creditor, currency, announced)?;
    let (sequence, collect_on) = (Sequence::First, date(2026, 12, 2));
    file.group(&Group { id: "BATCH-F", sequence, collect_on, totals: announced })?;
    for amount in amounts {
        file.debit(&debit(*amount))?;
    }
    Ok(String::from_utf8(file.finish()?).unwrap())
}

#[test]
fn a_file_follows_the_schema_that_the_reader_knows() {
    for version in [Version::V02, Version::V08] {
        let written = file(version, &[12_850, 990], Totals { debits: 2, minor: 13_840 }).unwrap();
        let summary =
            check(written.as_bytes(), &Limits::default()).unwrap_or_else(|why| panic!("{why}\n{written}"));
        assert_eq!((summary.message, &*summary.message_id), (Message::Pain008, "BATCH"));
        assert!(written.contains("<CtrlSum>138.40</CtrlSum>"), "{written}");
        assert!(written.contains("<Nm>Muller + Sohne</Nm>") && written.contains("<Nm>.Ana + Bo.</Nm>"));
        let bank = if version == Version::V02 { "<BIC>" } else { "<BICFI>" };
        assert!(written.contains(bank));
    }
}

#[test]
fn sums_that_do_not_agree_make_no_file() {
    for announced in
        [Totals { debits: 2, minor: 100 }, Totals { debits: 1, minor: 101 }, Totals { debits: 3, minor: 200 }]
    {
        let amounts = if announced.debits == 2 { &[50, 51][..] } else { &[100][..] };
        assert!(
            matches!(file(Version::V08, amounts, announced), Err(WriteError::Totals(_))),
            "{announced:?}"
        );
    }
    assert!(matches!(
        file(Version::V08, &[1, 1], Totals { debits: 1, minor: 1 }),
        Err(WriteError::Totals(_))
    ));
}

#[test]
fn an_account_with_a_wrong_digit_never_reaches_the_bank() {
    let wrong = Creditor { iban: "NL91ABNA0417164301".into(), ..creditor() };
    let totals = Totals { debits: 1, minor: 1 };
    let begun =
        File::begin(Vec::new(), Version::V08, "B", Timestamp::UNIX_EPOCH, &wrong, Currency::EUR, totals);
    assert!(matches!(begun, Err(WriteError::Field { field: "creditor.iban", .. })));
}

proptest! {
    #[test]
    fn whatever_a_payer_is_called_the_file_is_valid(name in "\\PC{0,90}", text in "\\PC{0,200}", amount in 1_i64..1_000_000_000) {
        let creditor = creditor();
        let totals = Totals { debits: 1, minor: amount.into() };
        let mut file =
            File::begin(Vec::new(), Version::V08, "B", Timestamp::UNIX_EPOCH, &creditor, Currency::EUR, totals).unwrap();
        file.group(&Group { id: "G", sequence: Sequence::Recurrent, collect_on: date(2026, 12, 2), totals }).unwrap();
        file.debit(&Debit { debtor_name: &name, remittance: &text, ..debit(amount) }).unwrap();
        let written = file.finish().unwrap();
        prop_assert!(check(&written[..], &Limits::default()).is_ok());
    }
}

#[test]
fn a_table_has_the_configured_columns_and_its_statuses_read_back() {
    let profile = Profile {
        delimiter: ';',
        debits: vec![
            ("Ref".into(), Field::EndToEndId),
            ("Betrag".into(), Field::Amount),
            ("Name".into(), Field::DebtorName),
        ],
        ..Profile::default()
    };
    let mut table = Table::begin(Vec::new(), &profile, "BATCH", Currency::EUR).unwrap();
    table.debit(&Debit { debtor_name: "=1+1;", ..debit(12_850) }, date(2026, 12, 2)).unwrap();
    let written = String::from_utf8(table.finish().unwrap()).unwrap();
    assert_eq!(written, "Ref;Betrag;Name\n01KAV00000000000000000000S;128.50;\"'=1+1;\"\n");

    let answer =
        "status;end_to_end_id;reason;amount;currency\nsettled;S1;;128.50;EUR\nREJECTED;S2;AM04;9.90;EUR\n";
    let mut found = Vec::new();
    csv_profile::read(answer.as_bytes(), &profile, "f.csv", &Limits::default(), |record| found.push(record))
        .unwrap();
    let [Record::Status(first), Record::Status(second)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((first.status.as_deref(), first.amount.unwrap().minor), (Some("ACSC"), 12_850));
    assert_eq!((second.status.as_deref(), &second.reasons[..]), (Some("RJCT"), &["AM04".to_owned()][..]));

    let wrong = answer.replace("REJECTED", "MAYBE");
    let refused =
        csv_profile::read(wrong.as_bytes(), &profile, "f.csv", &Limits::default(), |_| {}).unwrap_err();
    assert_eq!((refused.line, refused.reason.contains("MAYBE")), (3, true), "{refused}");
}
