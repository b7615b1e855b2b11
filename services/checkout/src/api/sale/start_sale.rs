use std::sync::Arc;

use chit_proto::checkout::v1::{StartSaleRequest, StartSaleResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::caller::Who;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::inbound::scans;
use crate::sale::{self, Opening, Sale};
use crate::values::ids::{FactId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

const LANE_BYTES_MAX: usize = 32;

pub async fn handle(shop: &Arc<Shop>, call: Call<StartSaleRequest>) -> Result<StartSaleResponse, Status> {
    let lane = lane(shop, &call)?;
    let cashier = call.actor();
    let opening = Opening {
        till: &shop.cfg.till,
        lane: &lane,
        cashier: &cashier,
        currency: shop.currency,
        traceparent: chit_runtime::trace::current_traceparent(),
    };
    let id: SaleId = shop.new_id()?;
    let draft = Sale::draft(id, opening, shop.clock.now());
    let (fact, policy): (FactId, _) = (shop.new_id()?, shop.cfg.evidence_policy);
    let of_the_till = lane == shop.cfg.till;
    let opened = mutation::once(shop, &call, move |tx| {
        sale::open(tx, policy, &draft, fact)?;
        Ok(StartSaleResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await?;
    // Scans go to the till's own lane.
    if of_the_till {
        scans::begin_anew(shop);
    }
    Ok(opened)
}

/// Another program's lanes stand under its own name, so it releases no sale at the shop's till.
fn lane(shop: &Shop, call: &Call<StartSaleRequest>) -> Result<String, Refusal> {
    let asked = call.body.lane.as_str();
    if let Who::Client { name, .. } = &call.by.who {
        return Ok(if asked.is_empty() { name.clone() } else { format!("{name}/{}", plain(asked)?) });
    }
    if asked.is_empty() {
        return Ok(shop.cfg.till.clone());
    }
    Ok(plain(asked)?.to_owned())
}

fn plain(asked: &str) -> Result<&str, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if asked.len() > LANE_BYTES_MAX || !asked.bytes().all(plain) {
        let remedy = "give 1 to 32 characters of A-Z a-z 0-9 _ -, or nothing for the shop's till";
        return Err(Refusal::field("lane", Reason::LANE_INVALID, remedy));
    }
    Ok(asked)
}
