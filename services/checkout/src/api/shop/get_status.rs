use std::sync::Arc;

use chit_proto::checkout::v1::{GetStatusRequest, GetStatusResponse};
use tonic::Status;

use std::time::Duration;

use chit_proto::checkout::v1::DeviceStatus;
use chit_proto::{ledger, media_capture, printer, scanner, sms_gateway};

use crate::api::convert;
use crate::domain::sale::SaleState;
use crate::shop::Shop;
use crate::store::{ReadTx, Rows};

/// A status page must not wait for a dead service.
const LOOK_MAX: Duration = Duration::from_millis(800);
const ATTENTION_MAX: usize = 100;

pub async fn handle(shop: &Arc<Shop>, _request: GetStatusRequest) -> Result<GetStatusResponse, Status> {
    let look = |rows: &ReadTx| Ok((rows.newest_revision()?, rows.open_sales()?));
    let (revision, mut sales) = shop.store.read(look).await?;
    sales.sort_by(|left, right| right.sale_id.cmp(&left.sale_id));
    let waits = |state| matches!(state, SaleState::Sealed | SaleState::Queued | SaleState::Challenged);
    let waiting: Vec<_> = sales.iter().filter(|sale| waits(sale.state())).collect();
    let policy = shop.cfg.evidence_policy;
    let attention = sales.iter().filter(|sale| !convert::attention(sale, policy).is_empty());
    Ok(GetStatusResponse {
        deductions_waiting: count(waiting.len()),
        oldest_waiting_time: waiting.last().and_then(|sale| convert::time(sale.commit_ms)),
        verified: count(sales.iter().filter(|sale| sale.state() == SaleState::Verified).count()),
        attention: attention.take(ATTENTION_MAX).map(|sale| convert::sale(sale, policy)).collect(),
        devices: devices(shop).await,
        now: Some(chit_runtime::clock::to_proto(shop.clock.now())),
        sandbox: shop.sandbox,
        revision,
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

async fn devices(shop: &Arc<Shop>) -> Vec<DeviceStatus> {
    let (ledger, printer, media, scanner, sms) = tokio::join!(
        crate::far!(shop.ledger.get_head(ledger::v1::GetHeadRequest {}), LOOK_MAX),
        crate::far!(shop.printer.get_status(printer::v1::GetStatusRequest {}), LOOK_MAX),
        crate::far!(shop.media.get_device_status(media_capture::v1::GetDeviceStatusRequest {}), LOOK_MAX),
        crate::far!(shop.scanner.get_status(scanner::v1::GetStatusRequest {}), LOOK_MAX),
        crate::far!(shop.sms.get_modem(sms_gateway::v1::GetModemRequest {}), LOOK_MAX),
    );
    let mut devices = vec![device("ledger", ledger.map(|_| "READY".to_owned()))];
    devices.push(device(
        "printer",
        printer.map(|answer| {
            let condition = answer.status.unwrap_or_default().condition();
            condition.as_str_name().trim_start_matches("PRINTER_CONDITION_").to_owned()
        }),
    ));
    let audio = |state: media_capture::v1::AudioState| {
        state.as_str_name().trim_start_matches("AUDIO_STATE_").to_owned()
    };
    devices.push(device(
        "camera",
        media
            .as_ref()
            .map_err(Clone::clone)
            .map(|answer| answer.camera().as_str_name().trim_start_matches("CAMERA_STATE_").to_owned()),
    ));
    devices.push(device(
        "microphone",
        media.as_ref().map_err(Clone::clone).map(|answer| audio(answer.microphone())),
    ));
    devices.push(device("speaker", media.map(|answer| audio(answer.speaker()))));
    devices.push(device(
        "handheld",
        scanner.map(|answer| answer.serial().as_str_name().trim_start_matches("SOURCE_STATE_").to_owned()),
    ));
    devices.push(device(
        "modem",
        sms.map(|answer| {
            answer
                .modem
                .unwrap_or_default()
                .state()
                .as_str_name()
                .trim_start_matches("MODEM_STATE_")
                .to_owned()
        }),
    ));
    devices
}

/// Microphone and speaker are not needed for a sale.
fn device(name: &str, state: Result<String, Status>) -> DeviceStatus {
    let state = state.unwrap_or_else(|_| "UNREACHABLE".to_owned());
    let optional = matches!(name, "microphone" | "speaker" | "handheld");
    let ok = matches!(state.as_str(), "READY" | "STREAMING") || (optional && state != "UNREACHABLE");
    DeviceStatus { name: name.to_owned(), state, ok }
}
