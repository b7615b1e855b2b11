//! `chit status`.

use chit_proto::checkout::v1::{GetStatusRequest, GetStatusResponse};
use serde_json::json;

use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

pub async fn run(shop: &Shop) -> Result<(), Failure> {
    let client = shop.shop();
    let status = ask!(client.get_status(GetStatusRequest {})).await?;
    let devices = status.devices.iter();
    let value = json!({
        "now": view::time(status.now.as_ref()),
        "sandbox": status.sandbox,
        "deductions_waiting": status.deductions_waiting,
        "oldest_waiting_time": view::time(status.oldest_waiting_time.as_ref()),
        "verified": status.verified,
        "devices": devices.map(|d| json!({"name": d.name, "state": d.state, "ok": d.ok})).collect::<Vec<_>>(),
        "foreign_codes": status.foreign_codes,
        "time_in_doubt": status.time_in_doubt,
        "troubles": status.troubles.iter().map(|t| json!({"service": t.service, "text": t.text, "count": t.count,
            "last_time": view::time(t.last_time.as_ref())})).collect::<Vec<_>>(),
        "payer_attention": status.payer_attention.iter().map(view::payer_json).collect::<Vec<_>>(),
        "attention": status.attention.iter().map(view::sale_json).collect::<Vec<_>>(),
    });
    shop.output.result(text(&status, &shop.shared.time_zone), &value);
    Ok(())
}

fn text(status: &GetStatusResponse, time_zone: &str) -> String {
    let mut text = format!("business time  {}", view::local_time(status.now.as_ref(), time_zone));
    if status.sandbox {
        text.push_str("  (sandbox: receipts say PRACTICE)");
    }
    if status.time_in_doubt {
        text.push_str("  IN DOUBT: look at another clock, then: chit clock confirm --approver NAME");
    }
    text.push_str("\n\n");
    for device in &status.devices {
        let mark = if device.ok { "ok  " } else { "BAD " };
        text.push_str(&format!("{mark}  {:<11} {}\n", device.name, device.state));
    }
    text.push_str(&format!("\n{} sales wait for their payers' replies", status.deductions_waiting));
    if status.oldest_waiting_time.is_some() {
        let oldest = view::local_time(status.oldest_waiting_time.as_ref(), time_zone);
        text.push_str(&format!(", the oldest since {oldest}"));
    }
    text.push_str(&format!("\n{} are verified and can be settled: chit settle run\n", status.verified));
    if status.foreign_codes > 0 {
        text.push_str(&format!(
            "{} messages today looked like row codes and came from numbers that no payer has\n",
            status.foreign_codes
        ));
    }
    for trouble in &status.troubles {
        let last = view::local_time(trouble.last_time.as_ref(), time_zone);
        text.push_str(&format!(
            "\n{}: {}, {} times, last {last}: chit doctor\n",
            trouble.service, trouble.text, trouble.count
        ));
    }
    for payer in &status.payer_attention {
        text.push_str(&format!("\npayer ****{}: chit payer show {}\n", payer.last4, payer.payer_id));
    }
    for sale in &status.attention {
        for attention in sale.attention() {
            let what = view::attention_text(attention, &sale.sale_id);
            text.push_str(&format!(
                "\nsale {} ({}): {what}\n",
                sale.receipt_no,
                view::state_name(sale.state())
            ));
        }
    }
    text
}
