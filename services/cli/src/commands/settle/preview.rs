//! What a batch made now would hold.

use std::fmt::Write as _;

use chit_proto::checkout::v1::{PreviewSettlementRequest, PreviewSettlementResponse};
use serde_json::json;

use super::exceptions::kind_name;
use crate::failure::Failure;
use crate::money;
use crate::shop::{Shop, ask};

pub async fn run(shop: &Shop) -> Result<(), Failure> {
    let client = shop.bank();
    let preview = ask!(client.preview_settlement(PreviewSettlementRequest {})).await?;
    let days: Vec<_> = preview
        .days
        .iter()
        .map(|day| json!({ "collect_on": day.collect_on, "debits": day.debits, "total": money::text(day.total.as_ref()) }))
        .collect();
    let hindered: Vec<_> = preview
        .hindered
        .iter()
        .map(|one| json!({ "kind": kind_name(one.kind()), "sales": one.sales }))
        .collect();
    let value = json!({
        "rail": preview.rail,
        "days": days,
        "later": preview.later,
        "next_day": preview.next_day,
        "hindered": hindered,
    });
    shop.output.result(text(&preview), &value);
    Ok(())
}

fn text(preview: &PreviewSettlementResponse) -> String {
    let mut text = format!("rail {}\n", preview.rail);
    for day in &preview.days {
        let on = if day.collect_on.is_empty() { "at once" } else { &day.collect_on };
        let _ = writeln!(text, "{on}: {} debits, {}", day.debits, money::text(day.total.as_ref()));
    }
    if preview.days.is_empty() {
        text.push_str("nothing to settle now\n");
    }
    if preview.later > 0 {
        let _ = writeln!(text, "{} wait for their day, the first on {}", preview.later, preview.next_day);
    }
    for one in &preview.hindered {
        let _ = writeln!(text, "{} sales: {}", one.sales, kind_name(one.kind()));
    }
    text
}
