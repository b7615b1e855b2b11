use std::sync::Arc;

use chit_proto::checkout::v1::{PresentPayerRequest, PresentPayerResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::sale::{self, PayerScan};
use crate::values::ids::SaleId;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

const ENGINE_CHARS_MAX: usize = 32;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<PresentPayerRequest>,
) -> Result<PresentPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    if call.body.engine.chars().count() > ENGINE_CHARS_MAX {
        let remedy = "give at most 32 characters";
        return Err(Refusal::field("engine", Reason::ENGINE_INVALID, remedy).into());
    }
    let id: SaleId = call.body.sale_id.parse()?;
    let scan = PayerScan::by_caller(&call.body.code, call.body.engine.clone());
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
        Ok(PresentPayerResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
