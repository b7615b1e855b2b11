use std::collections::BTreeMap;
use std::sync::Arc;

use chit_proto::checkout::v1::{
    Hindrance, PreviewSettlementRequest, PreviewSettlementResponse, PreviewedDay,
};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert::{id, money};
use crate::collection::settling;
use crate::context::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    _call: Call<PreviewSettlementRequest>,
) -> Result<PreviewSettlementResponse, Status> {
    let (rail, now, code) = (shop.voice.rail.clone(), shop.clock.now(), shop.currency.code());
    let name = rail.name().to_owned();
    let plan = shop.store.read(move |view| settling::plan(view, &*rail, now)).await?;
    let mut days: BTreeMap<_, (u32, i64)> = BTreeMap::new();
    for (deduction, collect_on) in &plan.taken {
        let (debits, minor) = days.entry(*collect_on).or_default();
        *debits += 1;
        *minor = minor.saturating_add(deduction.owed_minor());
    }
    let mut hindered: BTreeMap<_, u32> = BTreeMap::new();
    for (_, kind) in &plan.hindered {
        *hindered.entry(*kind).or_default() += 1;
    }
    let day =
        |(day, (debits, minor))| PreviewedDay { collect_on: id(day), debits, total: money(minor, code) };
    Ok(PreviewSettlementResponse {
        rail: name,
        days: days.into_iter().map(day).collect(),
        later: u32::try_from(plan.later.len()).unwrap_or(u32::MAX),
        next_day: id(plan.later.iter().min()),
        hindered: hindered.into_iter().map(|(kind, sales)| Hindrance { kind: kind.into(), sales }).collect(),
    })
}
