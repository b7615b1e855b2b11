//! Writes a specimen of the document in each language: `cargo run -p chit-reconciliation --example specimen -- FOLDER`.

use chit_reconciliation::{Batch, Day, Exception, Language, Report, Sides, Sums, Totals, pdf};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for (tag, language) in [("zh-CN", Language::Chinese), ("en", Language::English)] {
        std::fs::write(format!("{folder}/reconciliation-{tag}.pdf"), pdf(&report(), language))?;
    }
    Ok(())
}

fn report() -> Report {
    let sums = |n: i64| Sums { in_flight: 1_250 * n, received: 98_765 * n, refused: 500, returned: 1_000 };
    let sides = |n| Sides { expected: 100_515 * n, reported: sums(n), ledger: sums(n) };
    let kinds = [
        ("AMOUNT_DIFFERS", "ASK_BANK"),
        ("HAND_OVER_IN_DOUBT", "RESOLVE_HAND_OVER"),
        ("NO_MANDATE", "RECORD_MANDATE"),
    ];
    let exception = |(at, (kind, action)): (usize, &(&str, &str))| Exception {
        id: format!("01JDT000000000000000000EE{at}"),
        kind: (*kind).into(),
        action: (*action).into(),
        about: "01JDT0000000000000000000SS".into(),
        expected: Some(1_250),
        reported: (at == 0).then(|| (1_300, "EUR".into())),
        reason: if at == 1 { "INTERRUPTED".into() } else { String::new() },
        age_days: 3,
        owner: if at == 2 { String::new() } else { "wang".into() },
    };
    Report {
        shop: "惠民便利小店 HUIMIN SHOPS".into(),
        currency: "CNY".into(),
        made_at: "2026-12-08 17:30".into(),
        totals: Totals {
            reported_in_flight: 2_500,
            reported_at_bank: 197_530,
            ledger_in_flight: 2_500,
            ledger_at_bank: 197_530,
            ledger_returned: 1_000,
        },
        batches: (1..=40)
            .map(|n| Batch {
                id: format!("01JDT0000000000000000000{n:02}"),
                made_on: "2026-12-07".into(),
                sides: sides(n),
            })
            .collect(),
        days: (1..=9).map(|n| Day { day: format!("2026-12-0{n}"), sides: sides(n) }).collect(),
        exceptions: kinds.iter().enumerate().map(exception).collect(),
    }
}
