//! `chit report-hardware`: how this shop's devices show themselves, for whoever mends Chit. No personal data: no number, no text, no
//! picture, no serial number, no receipt.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chit_proto::media_capture::v1::GetDeviceStatusRequest;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::printer::v1::GetStatusRequest;
use chit_proto::scanner::v1 as scanner;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::sms_gateway::v1::{ListMessagesRequest, ListModemsRequest};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::shop::{Shop, ask};

const DEADLINE: Duration = Duration::from_secs(2);
/// Recent messages whose refusals are counted.
const MESSAGES_MAX: u32 = 200;
const USB: &str = "/sys/bus/usb/devices";

pub async fn run(shop: &Shop, file: PathBuf) -> Result<(), Failure> {
    let report = json!({
        "chit": env!("CARGO_PKG_VERSION"),
        "kernel": read(Path::new("/proc/sys/kernel/osrelease")),
        "architecture": std::env::consts::ARCH,
        "usb": usb(Path::new(USB)),
        "printer": printer(shop).await,
        "modems": modems(shop).await,
        "media": media(shop).await,
        "scanner": scanner_status(shop).await,
    });
    let text = format!("{report:#}\n");
    std::fs::write(&file, text)
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", file.display())))?;
    let told = format!("{} has no personal data; read it, then send it with what you saw", file.display());
    shop.output.result(told, &json!({ "file": file.display().to_string() }));
    Ok(())
}

fn absent(error: &tonic::Status) -> Value {
    json!({ "no answer": error.code().description() })
}

async fn printer(shop: &Shop) -> Value {
    let client = shop.printer();
    match ask!(client.get_status(GetStatusRequest {}), DEADLINE).await {
        Err(error) => absent(&error),
        Ok(answer) => {
            let status = answer.status.unwrap_or_default();
            json!({
                "condition": status.condition().as_str_name(),
                "link": status.link.split(' ').next(),
                "model": status.model,
                "profile": status.profile,
                "recognised": status.recognised,
                "confirms_by": status.confirms_by().as_str_name(),
                "native_qr": status.native_qr,
                "chinese_font": status.chinese_font,
                "columns": status.columns,
                "jobs_in_doubt": status.jobs_in_doubt,
            })
        }
    }
}

async fn modems(shop: &Shop) -> Value {
    let client = shop.sms();
    let modems = match ask!(client.list_modems(ListModemsRequest {}), DEADLINE).await {
        Err(error) => return absent(&error),
        Ok(answer) => answer.modems,
    };
    let request = ListMessagesRequest { page_size: MESSAGES_MAX, ..Default::default() };
    let messages =
        ask!(client.list_messages(request), DEADLINE).await.map(|answer| answer.messages).unwrap_or_default();
    let mut reasons = std::collections::BTreeMap::<String, u32>::new();
    let mut states = std::collections::BTreeMap::<&str, u32>::new();
    for message in &messages {
        *states.entry(message.state().as_str_name()).or_default() += 1;
        if !message.failure_reason.is_empty() {
            *reasons.entry(message.failure_reason.clone()).or_default() += 1;
        }
    }
    let each = modems.iter().map(|modem| {
        json!({
            "state": modem.state().as_str_name(),
            "trouble": modem.trouble,
            "model": modem.model,
            "signal": modem.signal,
            "storage": [modem.storage_used, modem.storage_total],
            "reports_missing": modem.reports_missing,
            "bearer": modem.bearer,
        })
    });
    json!({ "modems": each.collect::<Vec<_>>(), "message_states": states, "refusals": reasons })
}

async fn media(shop: &Shop) -> Value {
    let client = MediaCaptureServiceClient::new(chit_runtime::channel(&shop.shared, "media-capture"));
    match ask!(client.get_device_status(GetDeviceStatusRequest {}), DEADLINE).await {
        Err(error) => absent(&error),
        Ok(media) => json!({
            "camera": media.camera().as_str_name(),
            "microphone": media.microphone().as_str_name(),
            "speaker": media.speaker().as_str_name(),
        }),
    }
}

async fn scanner_status(shop: &Shop) -> Value {
    let client = ScannerServiceClient::new(chit_runtime::channel(&shop.shared, "scanner"));
    match ask!(client.get_status(scanner::GetStatusRequest {}), DEADLINE).await {
        Err(error) => absent(&error),
        Ok(status) => json!({
            "serial": status.serial().as_str_name(),
            "camera": status.camera().as_str_name(),
            "garbage_lines": status.garbage_lines,
        }),
    }
}

/// Vendor, product and their names; serial numbers are left out.
fn usb(devices: &Path) -> Vec<Value> {
    let Ok(entries) = std::fs::read_dir(devices) else { return Vec::new() };
    let mut found: Vec<(String, Value)> = entries
        .flatten()
        .filter_map(|entry| {
            let of = |name: &str| read(&entry.path().join(name));
            let id = format!("{}:{}", of("idVendor")?, of("idProduct")?);
            let value = json!({ "id": id, "manufacturer": of("manufacturer"), "product": of("product") });
            Some((id, value))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found.into_iter().map(|(_, value)| value).collect()
}

fn read(path: &Path) -> Option<String> {
    Some(std::fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usb_devices_are_named_without_their_serial_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let device = dir.path().join("1-2");
        std::fs::create_dir(&device).unwrap();
        for (name, text) in
            [("idVendor", "04b8"), ("idProduct", "0e28"), ("product", "TM-T20III"), ("serial", "J4HF002")]
        {
            std::fs::write(device.join(name), format!("{text}\n")).unwrap();
        }
        std::fs::create_dir(dir.path().join("1-2:1.0")).unwrap();
        let found = json!(usb(dir.path())).to_string();
        assert!(found.contains("04b8:0e28") && found.contains("TM-T20III") && !found.contains("J4HF002"));
        assert!(usb(&dir.path().join("nowhere")).is_empty());
    }
}
