use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::{DeviceStatus, GetStatusRequest, GetStatusResponse};
use chit_proto::{ledger, media_capture, printer, scanner, sms_gateway};
use tonic::Status;

use crate::api::call::Call;
use crate::api::caller::Calling;
use crate::api::convert;
use crate::api::shop::troubles;
use crate::api::shown::Shown;
use crate::collection::Step;
use crate::context::Shop;
use crate::peers::peer;
use crate::sale::EvidencePolicy;
use crate::store::View;
use crate::values::ids::SaleId;
use crate::values::refusal::Result as Found;

/// A status page must not wait for a dead service.
const LOOK_MAX: Duration = Duration::from_millis(800);
const ATTENTION_MAX: usize = 100;
/// More are not counted.
const COUNT_MAX: usize = 10_000;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetStatusRequest>) -> Result<GetStatusResponse, Status> {
    let (policy, voice, now) = (shop.cfg.evidence_policy, shop.voice.clone(), shop.clock.now());
    let by = call.by;
    // The services' own words are for the shop's people, who see payers' ids as well.
    let hears_troubles = by.sees_payers();
    let look = move |view: &View| {
        let waiting = view.count_in(Step::Queued, COUNT_MAX)? + view.count_in(Step::Challenged, COUNT_MAX)?;
        Ok(GetStatusResponse {
            deductions_waiting: count(waiting),
            oldest_waiting_time: oldest_waiting(view)?.and_then(convert::time),
            verified: count(view.count_in(Step::Verified, COUNT_MAX)?),
            attention: attention(view, &by, policy)?,
            payer_attention: payers_in_need(view, &by)?,
            foreign_codes: view.foreign_codes(&voice, now)?,
            revision: view.newest_event()?.revision,
            ..GetStatusResponse::default()
        })
    };
    let stored = shop.store.read(look).await?;
    let troubles = async { if hears_troubles { troubles::of_all(shop, LOOK_MAX).await } else { Vec::new() } };
    let (devices, troubles) = tokio::join!(devices(shop), troubles);
    Ok(GetStatusResponse {
        devices,
        troubles,
        now: convert::time(shop.clock.now()),
        sandbox: shop.sandbox,
        time_in_doubt: *shop.signals.time_in_doubt.borrow(),
        ..stored
    })
}

fn oldest_waiting(view: &View) -> Found<Option<jiff::Timestamp>> {
    let mut oldest = None;
    for step in [Step::Queued, Step::Challenged] {
        if let Some(id) = view.sales_in(step, None, 1)?.first() {
            let sold = view.deduction(*id)?.sold_at;
            oldest = Some(oldest.map_or(sold, |known: jiff::Timestamp| known.min(sold)));
        }
    }
    Ok(oldest)
}

/// Sales that need a person: by their own state, by their payer's, or because another service refuses what comes next.
fn attention(
    view: &View,
    by: &Calling,
    policy: EvidencePolicy,
) -> Found<Vec<chit_proto::checkout::v1::Sale>> {
    let mut ids: BTreeSet<SaleId> = view.sales_in_need(ATTENTION_MAX)?.into_iter().collect();
    ids.extend(view.refused_sales(ATTENTION_MAX)?);
    ids.extend(view.newest_disputes(true, ATTENTION_MAX)?.iter().map(|dispute| dispute.sale));
    for payer in view.payers_in_need(ATTENTION_MAX)? {
        ids.extend(view.open_deductions_of(payer.id)?.iter().map(|deduction| deduction.sale));
    }
    let mut sales = Vec::new();
    for id in ids.into_iter().rev() {
        let shown = Shown::read(view, id)?;
        if by.owns(&shown.sale.cashier) && !shown.attention(policy).is_empty() {
            sales.push(shown.to_proto(policy));
        }
        if sales.len() == ATTENTION_MAX {
            break;
        }
    }
    Ok(sales)
}

fn payers_in_need(view: &View, by: &Calling) -> Found<Vec<chit_proto::checkout::v1::Payer>> {
    if !by.sees_payers() {
        return Ok(Vec::new());
    }
    let serials = by.sees_serials();
    Ok(view.payers_in_need(ATTENTION_MAX)?.iter().map(|payer| convert::payer(payer, serials)).collect())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

async fn devices(shop: &Arc<Shop>) -> Vec<DeviceStatus> {
    let (ledger, printer, media, scanner, sms) = tokio::join!(
        peer!(shop.ledger.get_head(ledger::v1::GetHeadRequest {}), LOOK_MAX),
        peer!(shop.printer.get_status(printer::v1::GetStatusRequest {}), LOOK_MAX),
        peer!(shop.media.get_device_status(media_capture::v1::GetDeviceStatusRequest {}), LOOK_MAX),
        peer!(shop.scanner.get_status(scanner::v1::GetStatusRequest {}), LOOK_MAX),
        peer!(shop.sms.get_modem(sms_gateway::v1::GetModemRequest {}), LOOK_MAX),
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
