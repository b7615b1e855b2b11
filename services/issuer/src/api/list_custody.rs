use chit_proto::issuer::v1::{CustodyAct, CustodyEntry, ListCustodyRequest, ListCustodyResponse};
use chit_runtime::clock;
use jiff::Timestamp;
use tonic::Status;

use super::Api;
use crate::domain::Act;
use crate::store::Kept;

const PAGE: usize = 100;

pub async fn call(api: &Api, request: ListCustodyRequest) -> Result<ListCustodyResponse, Status> {
    let kept = api.on_disk(move |store| store.write(|draft| draft.custody_after(request.after_seq, PAGE)));
    Ok(ListCustodyResponse { entries: kept.await?.into_iter().map(encode).collect() })
}

fn encode(kept: Kept) -> CustodyEntry {
    let Kept { seq, custody, sha256 } = kept;
    let act = match custody.act {
        Act::Made => CustodyAct::Made,
        Act::HandedOver => CustodyAct::HandedOver,
        Act::Closed => CustodyAct::Closed,
        Act::Reopened => CustodyAct::Reopened,
        Act::Replaced => CustodyAct::Replaced,
    };
    CustodyEntry {
        seq,
        time: Timestamp::from_millisecond(custody.at_ms).ok().map(clock::to_proto),
        actor: custody.actor,
        act: act.into(),
        card_id: custody.card.to_vec(),
        new_card_id: custody.new_card.map(|card| card.to_vec()).unwrap_or_default(),
        previous_sha256: custody.previous_sha256.to_vec(),
        sha256: sha256.to_vec(),
    }
}
