use std::sync::Arc;

use chit_proto::checkout::v1::{ScanPayerRequest, ScanPayerResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::status::peer_status;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::inbound::scans;
use crate::peers::{CALL_MAX, Fault, peer};
use crate::sale::{self, PayerScan, ScanSource};
use crate::values::ids::SaleId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};
use chit_proto::scanner::v1::{Scan, ScanCameraRequest};
use std::time::Duration;

const LOOK_MS: u32 = 10_000;
const LOOK_MS_MIN: u32 = 100;
const LOOK_MS_MAX: u32 = 30_000;

pub async fn handle(shop: &Arc<Shop>, call: Call<ScanPayerRequest>) -> Result<ScanPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let look_ms = if call.body.timeout_ms == 0 { LOOK_MS } else { call.body.timeout_ms };
    if !(LOOK_MS_MIN..=LOOK_MS_MAX).contains(&look_ms) {
        let remedy = "give 100 to 30000 ms, or 0 for 10000";
        return Err(Refusal::field("timeout_ms", Reason::TIMEOUT_INVALID, remedy).into());
    }
    let id: SaleId = call.body.sale_id.parse()?;
    let scan = look_through_camera(shop, Duration::from_millis(u64::from(look_ms))).await?;
    let scan = PayerScan { says: scans::says(&scan), source: ScanSource::Camera, engine: scan.engine };
    let code = scan.read(&shop.issuer_key(), shop.voice.quiet.local_day(shop.clock.now()))?;
    let (rules, moment, policy) = (shop.rules(), shop.moment()?, shop.cfg.evidence_policy);
    let (issuer, actor) = (shop.cfg.issuer, call.actor());
    mutation::once(shop, &call, move |tx| {
        sale::present(
            tx,
            id,
            &code,
            scan,
            sale::Presenting { issuer, actor: &actor, rules: &rules, moment },
        )?;
        Ok(ScanPayerResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}

async fn look_through_camera(shop: &Arc<Shop>, look: Duration) -> Result<Scan, Status> {
    let timeout = prost_types::Duration::try_from(look).unwrap_or_default();
    let request = ScanCameraRequest { timeout: Some(timeout) };
    let answer = peer!(shop.scanner.scan_camera(request), look + CALL_MAX).await;
    let no_code = || {
        let message = "no code was seen; hold the phone still, 10 to 20 cm before the camera, screen bright";
        Refusal::new(RefusalKind::NotFound, Reason::NO_CODE_SEEN, message)
    };
    match answer.map_err(Fault::from) {
        Ok(answer) => Ok(answer.scan.ok_or_else(no_code)?),
        Err(Fault::Refused { reason, .. }) if reason == "NO_CODE_SEEN" => Err(no_code().into()),
        Err(fault) => Err(peer_status(fault)),
    }
}
