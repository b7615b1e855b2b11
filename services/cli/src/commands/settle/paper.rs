//! Lines of a paper statement, marked by hand.

use chit_proto::checkout::v1::{MarkStatementRequest, StatementLine, StatementOutcome};
use chit_proto::money::v1::Money;
use serde_json::json;

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

pub async fn run(
    shop: &Shop,
    statement: String,
    lines: Vec<String>,
    approval: ApprovalArgs,
    currency: &str,
) -> Result<(), Failure> {
    let lines = lines.iter().map(|text| line(text, currency)).collect::<Result<_, _>>()?;
    let approval = Some(approval.needed().await?);
    let client = shop.bank();
    let request = MarkStatementRequest { request_id: shop.request_id(), statement, lines, approval };
    let tally = ask!(client.mark_statement(request)).await?.tally.unwrap_or_default();
    let rows = [
        ("received", tally.received),
        ("refused", tally.refused),
        ("returned", tally.returned),
        ("known before", tally.repeated),
        ("exceptions", tally.exceptions),
    ];
    let value = json!({
        "received": tally.received,
        "refused": tally.refused,
        "returned": tally.returned,
        "repeated": tally.repeated,
        "exceptions": tally.exceptions,
    });
    shop.output.result(view::table(&rows.map(|(name, count)| (name, count.to_string()))), &value);
    Ok(())
}

/// `SALE|paid|1250`, `SALE|refused|1250|AM04`, `SALE|returned|1250|MD06|2026-12-08`: the amount in minor units.
fn line(text: &str, currency: &str) -> Result<StatementLine, Failure> {
    let wrong = || {
        Failure::usage(format!(
            "--line {text:?}: write SALE|paid, refused or returned|MINOR|REASON|DAY; the last two may be missing"
        ))
    };
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let [sale, outcome, minor, rest @ ..] = &parts[..] else { return Err(wrong()) };
    let outcome = match *outcome {
        "paid" => StatementOutcome::Paid,
        "refused" => StatementOutcome::Refused,
        "returned" => StatementOutcome::Returned,
        _ => return Err(wrong()),
    };
    let amount_minor = minor.parse().map_err(|_no_number| wrong())?;
    let (reason, booked_on) = match rest {
        [] => ("", ""),
        [reason] => (*reason, ""),
        [reason, day] => (*reason, *day),
        _ => return Err(wrong()),
    };
    Ok(StatementLine {
        sale: (*sale).to_owned(),
        outcome: outcome as i32,
        amount: Some(Money { amount_minor, currency_code: currency.to_owned() }),
        reason: reason.to_owned(),
        booked_on: booked_on.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_sale_outcome_and_amount_and_may_say_why_and_when() {
        let returned = line("8F3K | returned|1250|MD06|2026-12-08", "EUR").unwrap();
        assert_eq!((returned.sale.as_str(), returned.outcome()), ("8F3K", StatementOutcome::Returned));
        assert_eq!((returned.reason.as_str(), returned.booked_on.as_str()), ("MD06", "2026-12-08"));
        let paid = line("8F3K|paid|1250", "EUR").unwrap();
        let amount = paid.amount.unwrap();
        assert_eq!((amount.amount_minor, amount.currency_code.as_str()), (1250, "EUR"));
        for wrong in ["8F3K|paid", "8F3K|gone|1250", "8F3K|paid|12.50", "8F3K|paid|1|a|b|c", ""] {
            assert_eq!(line(wrong, "EUR").unwrap_err().exit_code(), 64, "{wrong}");
        }
    }
}
