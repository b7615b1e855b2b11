//! Expected, reported and ledger side by side, for people, programs and the shop's accountant.

use std::fmt::Write as _;
use std::path::Path;

use chit_proto::checkout::v1::{ReconcileRequest, ReconcileResponse};
use chit_proto::money::v1::Money;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::money;
use crate::shop::{Shop, ask};
use crate::view;

const HEAD: &str = "kind,id,expected,received,refused,returned,open\n";

pub async fn run(shop: &Shop, csv: Option<&Path>) -> Result<(), Failure> {
    let client = shop.bank();
    let answer = ask!(client.reconcile(ReconcileRequest::default())).await?;
    if let Some(path) = csv {
        let written = std::fs::write(path, table(&answer));
        written.map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))?;
    }
    shop.output.result(text(shop, &answer), &value(&answer));
    Ok(())
}

/// Amounts without their currency, as spreadsheets count them.
fn digits(money: Option<&Money>) -> String {
    let text = money::text(money);
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Nothing in it comes from outside: no cell can be a formula.
fn table(answer: &ReconcileResponse) -> String {
    let mut table = HEAD.to_owned();
    for batch in &answer.batches {
        let cells = [&batch.expected, &batch.received, &batch.refused, &batch.returned, &batch.open];
        let cells = cells.map(|money| digits(money.as_ref())).join(",");
        let _ = writeln!(table, "batch,{},{cells}", batch.batch_id);
    }
    for day in &answer.days {
        let cells = [&day.expected, &day.received, &day.refused, &day.returned];
        let cells = cells.map(|money| digits(money.as_ref())).join(",");
        let _ = writeln!(table, "day,{},{cells},", day.day);
    }
    let reported = [&answer.reported_at_bank, &answer.reported_in_flight].map(|money| digits(money.as_ref()));
    let ledger = [&answer.ledger_at_bank, &answer.ledger_in_flight].map(|money| digits(money.as_ref()));
    let _ = writeln!(table, "reported,at bank,,{},,,{}", reported[0], reported[1]);
    let returned = digits(answer.ledger_returned.as_ref());
    let _ = writeln!(table, "ledger,at bank,,{},,{returned},{}", ledger[0], ledger[1]);
    table
}

fn text(shop: &Shop, answer: &ReconcileResponse) -> String {
    let mut text = String::new();
    for batch in &answer.batches {
        let made = view::local_time(batch.create_time.as_ref(), &shop.shared.time_zone);
        let _ = writeln!(
            text,
            "batch {} of {made}: {} expected, {} received, {} refused, {} returned, {} open",
            batch.batch_id,
            money::text(batch.expected.as_ref()),
            digits(batch.received.as_ref()),
            digits(batch.refused.as_ref()),
            digits(batch.returned.as_ref()),
            digits(batch.open.as_ref()),
        );
    }
    for day in &answer.days {
        let _ = writeln!(
            text,
            "{}: {} expected, {} received, {} refused, {} returned",
            day.day,
            money::text(day.expected.as_ref()),
            digits(day.received.as_ref()),
            digits(day.refused.as_ref()),
            digits(day.returned.as_ref()),
        );
    }
    let line = |name, flight: &Option<Money>, bank: &Option<Money>| {
        format!("{name}: {} in flight, {} at the bank\n", money::text(flight.as_ref()), digits(bank.as_ref()))
    };
    text.push_str(&line("reported", &answer.reported_in_flight, &answer.reported_at_bank));
    text.push_str(&line("ledger", &answer.ledger_in_flight, &answer.ledger_at_bank));
    let _ = writeln!(text, "returned and not paid since: {}", money::text(answer.ledger_returned.as_ref()));
    let agrees = if answer.agrees { "they agree" } else { "THEY DO NOT AGREE" };
    let _ = writeln!(text, "{agrees}; {} exceptions are open", answer.open_exceptions);
    text
}

fn value(answer: &ReconcileResponse) -> Value {
    let minor = |money: &Option<Money>| money.as_ref().map_or(0, |money| money.amount_minor);
    let batches: Vec<Value> = answer
        .batches
        .iter()
        .map(|batch| {
            json!({
                "batch_id": batch.batch_id,
                "expected_minor": minor(&batch.expected),
                "received_minor": minor(&batch.received),
                "refused_minor": minor(&batch.refused),
                "returned_minor": minor(&batch.returned),
                "open_minor": minor(&batch.open),
            })
        })
        .collect();
    let days: Vec<Value> = answer
        .days
        .iter()
        .map(|day| {
            json!({
                "day": day.day,
                "expected_minor": minor(&day.expected),
                "received_minor": minor(&day.received),
                "refused_minor": minor(&day.refused),
                "returned_minor": minor(&day.returned),
            })
        })
        .collect();
    json!({
        "batches": batches,
        "days": days,
        "reported_in_flight_minor": minor(&answer.reported_in_flight),
        "reported_at_bank_minor": minor(&answer.reported_at_bank),
        "ledger_in_flight_minor": minor(&answer.ledger_in_flight),
        "ledger_at_bank_minor": minor(&answer.ledger_at_bank),
        "ledger_returned_minor": minor(&answer.ledger_returned),
        "agrees": answer.agrees,
        "open_exceptions": answer.open_exceptions,
    })
}
