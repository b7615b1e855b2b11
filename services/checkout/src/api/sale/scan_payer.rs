use std::sync::Arc;

use chit_proto::checkout::v1::{ScanPayerRequest, ScanPayerResponse};
use tonic::Status;

use std::time::Duration;

use chit_proto::scanner::v1::ScanCameraRequest;

use crate::api::status::far_status;
use crate::api::{convert, mutation};
use crate::counter::{self, PayerScan};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::sale::PayerScanSource;
use crate::saga::{Fault, far::CALL_MAX};
use crate::shop::Shop;

const LOOK_MS: u32 = 10_000;
const LOOK_MS_MIN: u32 = 100;
const LOOK_MS_MAX: u32 = 30_000;

pub async fn handle(shop: &Arc<Shop>, request: ScanPayerRequest) -> Result<ScanPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let look_ms = if request.timeout_ms == 0 { LOOK_MS } else { request.timeout_ms };
    if !(LOOK_MS_MIN..=LOOK_MS_MAX).contains(&look_ms) {
        return Err(
            Refusal::field("timeout_ms", "TIMEOUT_INVALID", "give 100 to 30000 ms, or 0 for 10000").into()
        );
    }
    let look = Duration::from_millis(u64::from(look_ms));
    let scan = look_through_camera(shop, look).await?;
    let scan = PayerScan { code: scan.data, source: PayerScanSource::Camera, engine: scan.engine };
    let sale = counter::present_payer(shop, &request.sale_id, scan).await?;
    let answer = ScanPayerResponse { sale: Some(convert::sale(&sale, shop.cfg.evidence_policy)) };
    mutation::once(shop, &request, move |_| Ok(answer)).await
}

async fn look_through_camera(
    shop: &Arc<Shop>,
    look: Duration,
) -> Result<chit_proto::scanner::v1::Scan, Status> {
    let timeout = prost_types::Duration::try_from(look).unwrap_or_default();
    let request = ScanCameraRequest { timeout: Some(timeout) };
    let answer = crate::far!(shop.scanner.scan_camera(request), look + CALL_MAX).await;
    let no_code = || {
        let message = "no code was seen; hold the phone still, 10 to 20 cm before the camera, screen bright";
        Refusal::new(RefusalKind::NotFound, "NO_CODE_SEEN", message)
    };
    match answer.map_err(Fault::from) {
        Ok(answer) => Ok(answer.scan.ok_or_else(no_code)?),
        Err(Fault::Refused { reason, .. }) if reason == "NO_CODE_SEEN" => Err(no_code().into()),
        Err(fault) => Err(far_status(fault)),
    }
}
