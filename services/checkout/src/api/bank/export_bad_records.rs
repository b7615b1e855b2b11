use std::sync::Arc;

use chit_bad_record::Signed;
use chit_proto::checkout::v1::{ExportBadRecordsRequest, ExportBadRecordsResponse};
use chit_proto::ledger::v1::GetCheckpointRequest;
use sha2::{Digest as _, Sha256};
use tonic::Status;
use ulid::Ulid;

use crate::api::call::Call;
use crate::api::pieces;
use crate::api::status::peer_status;
use crate::config::bank::no_bank;
use crate::context::Shop;
use crate::outbox::fact::{Fact, FactKind};
use crate::peers::{Fault, peer};
use crate::recovery;
use crate::values::ids::FactId;
use crate::values::refusal::Refusal;

pub type Pieces = pieces::Pieces<ExportBadRecordsResponse>;

pub async fn handle(shop: &Arc<Shop>, call: Call<ExportBadRecordsRequest>) -> Result<Pieces, Status> {
    let bank = shop.bank.as_ref().ok_or_else(no_bank)?;
    let checkpoint = checkpoint(shop).await.map_err(peer_status)?;
    let (file, fact): (Ulid, FactId) = (shop.new_id()?, shop.new_id()?);
    let head = recovery::Head {
        file,
        shop: shop.cfg.shop_name(false).to_owned(),
        creditor_id: bank.creditor.creditor_id.clone(),
        currency: shop.currency.code().to_owned(),
        ledger_checkpoint: checkpoint,
    };
    let (here, now) = (shop.clone(), shop.clock.now());
    let listed = shop.store.read(move |view| recovery::bank_list(view, head, &here.voice.quiet, now)).await?;
    let records = listed.records.len();
    let signed = listed.sign(&shop.keys.till).map_err(|fault| Refusal::internal(fault.to_string()))?;
    witness(shop, fact, file, &signed, call.actor()).await?;
    tracing::info!(%file, records, actor = call.actor(), "somebody fetches the bad records for the bank");
    let Signed { json, csv, signature } = signed;
    let empty = ExportBadRecordsResponse::default;
    let pieces = pieces::of(&json, |json| ExportBadRecordsResponse { json, ..empty() })
        .chain(pieces::of(&csv, |csv| ExportBadRecordsResponse { csv, ..empty() }))
        .chain(pieces::of(&signature, |signature| ExportBadRecordsResponse { signature, ..empty() }));
    Ok(pieces::stream(pieces))
}

async fn checkpoint(shop: &Arc<Shop>) -> Result<String, Fault> {
    let answer = peer!(shop.ledger.get_checkpoint(GetCheckpointRequest { tree_size: 0 })).await?;
    Ok(answer.checkpoint.unwrap_or_default().signed_note)
}

/// Before anybody has the file: what left the shop about people is on record.
async fn witness(
    shop: &Arc<Shop>,
    id: FactId,
    file: Ulid,
    signed: &Signed,
    actor: String,
) -> Result<(), Status> {
    let sha256 = Sha256::digest(&signed.signature).into();
    let subject = format!("bad-records/{file}");
    let fact = Fact { id, kind: FactKind::BadRecord, subject, sha256, actor };
    Ok(shop.store.write(move |tx| tx.witness(&fact, Vec::new())).await?)
}
