//! `chit shift`: what was sold between two Z reports.

use chit_proto::checkout::v1::{CloseShiftRequest, GetZReportRequest, GetZReportResponse};
use chit_proto::money::v1::Money;
use clap::Subcommand;
use serde_json::json;

use crate::failure::Failure;
use crate::money;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum ShiftCommand {
    /// Show the Z report of a day or of a shift; of today without either.
    Report {
        /// Local day of the receipts, such as 2026-11-24.
        #[arg(long, value_name = "DATE", conflicts_with = "shift")]
        day: Option<String>,
        /// Number of a shift, the running one too.
        #[arg(long, value_name = "N")]
        shift: Option<u64>,
    },
    /// Close the running shift: its Z report stands, the next begins.
    Close,
}

pub async fn run(shop: &Shop, command: ShiftCommand) -> Result<(), Failure> {
    let client = shop.shop();
    let report = match command {
        ShiftCommand::Report { day, shift } => {
            let request =
                GetZReportRequest { day: day.unwrap_or_default(), shift: shift.unwrap_or_default() };
            ask!(client.get_z_report(request)).await?
        }
        ShiftCommand::Close => {
            let request = CloseShiftRequest { request_id: shop.request_id() };
            ask!(client.close_shift(request)).await?.report.unwrap_or_default()
        }
    };
    shop.output.result(text(&report, &shop.shared.time_zone), &json(&report));
    Ok(())
}

fn sums(report: &GetZReportResponse) -> [(&'static str, i64); 10] {
    [
        ("gross", report.gross_minor),
        ("void", report.void_minor),
        ("refunds", report.refunds_minor),
        ("net", report.net_minor),
        ("settled", report.settled_minor),
        ("open", report.open_minor),
        ("bad", report.bad_minor),
        ("written off", report.written_off_minor),
        ("paid otherwise", report.paid_otherwise_minor),
        ("paid in to accounts", report.paid_in_minor),
    ]
}

fn text(report: &GetZReportResponse, time_zone: &str) -> String {
    let mut rows = vec![("day", report.day.clone())];
    if report.shift > 0 {
        let (opened, closed) = (report.open_time.as_ref(), report.close_time.as_ref());
        rows = vec![
            ("shift", report.shift.to_string()),
            ("since", view::local_time(opened, time_zone)),
            (
                "until",
                closed.map_or_else(|| "now; it runs".to_owned(), |at| view::local_time(Some(at), time_zone)),
            ),
        ];
    }
    rows.push(("sales", report.sales.to_string()));
    for (name, amount_minor) in sums(report) {
        let amount = Money { amount_minor, currency_code: report.currency_code.clone() };
        rows.push((name, money::text(Some(&amount))));
    }
    let gap = if report.receipt_numbers_gapless { "none" } else { "YES: a receipt number is missing" };
    rows.push(("gap in receipt numbers", gap.to_owned()));
    view::table(&rows)
}

fn json(report: &GetZReportResponse) -> serde_json::Value {
    let sums: serde_json::Map<_, _> = sums(report)
        .into_iter()
        .map(|(name, minor)| (format!("{}_minor", name.replace(' ', "_")), minor.into()))
        .collect();
    json!({
        "day": report.day,
        "shift": report.shift,
        "open_time": view::time(report.open_time.as_ref()),
        "close_time": view::time(report.close_time.as_ref()),
        "currency_code": report.currency_code,
        "sales": report.sales,
        "sums": sums,
        "receipt_numbers_gapless": report.receipt_numbers_gapless,
    })
}
