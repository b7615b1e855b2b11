use super::*;

pub fn report() -> Report {
    let reported = Sums { in_flight: 1_250, received: 98_765, refused: 500, returned: 0 };
    let sides = Sides { expected: 100_515, reported, ledger: reported };
    let other = Sides { ledger: Sums { received: 98_764, ..reported }, ..sides };
    Report {
        shop: "惠民便利小店".into(),
        currency: "CNY".into(),
        made_at: "2026-12-08 17:30".into(),
        totals: Totals {
            reported_in_flight: 2_500,
            reported_at_bank: 197_530,
            ledger_in_flight: 2_500,
            ledger_at_bank: 197_529,
            ledger_returned: 0,
        },
        batches: vec![
            Batch { id: "01JDT00000000000000000000B".into(), made_on: "2026-12-07".into(), sides: other },
            Batch { id: "01JDT00000000000000000000A".into(), made_on: "2026-12-01".into(), sides },
        ],
        days: vec![Day { day: "2026-12-08".into(), sides }],
        exceptions: vec![Exception {
            id: "01JDT0000000000000000000EE".into(),
            kind: "AMOUNT_DIFFERS".into(),
            action: "ASK_BANK".into(),
            about: "=cmd()".into(),
            expected: Some(1_250),
            reported: Some((1_300, "EUR".into())),
            reason: String::new(),
            age_days: 3,
            owner: "li".into(),
        }],
    }
}

fn rows(language: Language) -> Vec<Vec<String>> {
    let table = csv(&report(), language).unwrap();
    let bytes = table.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_table_has_both_sources_of_each_batch_and_says_where_they_differ() {
    let rows = rows(Language::English);
    assert_eq!(rows.len(), 6, "head, two batches, a day, the sums, an exception");
    let column = |name: &str| rows[0].iter().position(|head| head == name).unwrap();
    let cell = |row: usize, name: &str| rows[row][column(name)].as_str();
    assert_eq!(
        (cell(1, "reported_received"), cell(1, "ledger_received"), cell(1, "agrees")),
        ("987.65", "987.64", "NO")
    );
    assert_eq!(
        (cell(2, "reported_in_flight"), cell(2, "ledger_in_flight"), cell(2, "agrees")),
        ("12.50", "12.50", "yes")
    );
    assert_eq!((cell(4, "kind"), cell(4, "ledger_received"), cell(4, "agrees")), ("all", "1975.29", "NO"));
    assert_eq!((cell(5, "owner"), cell(5, "age_days"), cell(5, "currency")), ("li", "3", "EUR"));
    assert_eq!(cell(5, "do"), "Ask the bank, then close this with its answer");
}

#[test]
fn no_cell_of_the_table_is_a_formula_and_its_words_are_the_readers() {
    let rows = rows(Language::Chinese);
    assert!(rows[5].contains(&"'=cmd()".to_owned()), "{rows:?}");
    assert!(rows[5].contains(&"银行金额不符".to_owned()), "{rows:?}");
}

#[test]
fn a_document_has_the_amounts_of_both_sources_and_names_its_chinese_font() {
    for language in [Language::Chinese, Language::English] {
        let document = pdf(&report(), language);
        let text = String::from_utf8_lossy(&document);
        assert!(text.starts_with("%PDF-") && text.trim_end().ends_with("%%EOF"));
        for amount in ["(987.65)", "(987.64)", "(1,005.15)"] {
            assert!(text.contains(amount), "{amount}");
        }
        assert!(text.contains("/UniGB-UTF16-H") && text.contains("(Adobe)"));
    }
}

#[test]
fn a_long_report_goes_on_over_pages_with_the_head_repeated() {
    let mut long = report();
    long.batches = vec![long.batches[0].clone(); 200];
    let document = pdf(&long, Language::English);
    let text = String::from_utf8_lossy(&document);
    let (pages, heads) = (text.matches("/Type /Page\n").count(), text.matches("(Made on)").count());
    assert!(pages >= 5, "{pages}");
    assert!(heads >= pages - 1, "{heads} heads on {pages} pages");
    assert!(text.contains(&format!("1 / {pages})")), "pages are numbered");
}
