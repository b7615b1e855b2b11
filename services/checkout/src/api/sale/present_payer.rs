use std::sync::Arc;

use chit_proto::checkout::v1::{PresentPayerRequest, PresentPayerResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter::{self, PayerScan};
use crate::domain::refusal::Refusal;
use crate::domain::sale::PayerScanSource;
use crate::shop::Shop;

const ENGINE_CHARS_MAX: usize = 32;

pub async fn handle(shop: &Arc<Shop>, request: PresentPayerRequest) -> Result<PresentPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    if request.engine.chars().count() > ENGINE_CHARS_MAX {
        return Err(Refusal::field("engine", "ENGINE_INVALID", "give at most 32 characters").into());
    }
    let scan = PayerScan {
        code: request.code.clone(),
        source: PayerScanSource::Caller,
        engine: request.engine.clone(),
    };
    let sale = counter::present_payer(shop, &request.sale_id, scan).await?;
    let answer = PresentPayerResponse { sale: Some(convert::sale(&sale, shop.cfg.evidence_policy)) };
    mutation::once(shop, &request, move |_| Ok(answer)).await
}
