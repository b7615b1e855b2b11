//! The keeper of the film is told what became of a sale; what happens to the film is witnessed.

use chit_proto::checkout::v1 as proto;
use chit_proto::ledger::v1::{FactKind, RecordFactRequest};
use chit_proto::media_capture::v1 as media;
use prost::Message as _;
use proto::{PayerState, SaleState};

use crate::house::House;
use crate::sale::{answer, approval, commit, draft, enrol};

/// Released, sealed and asked for.
pub async fn sell(house: &mut House, payer: &proto::Payer) -> String {
    let sale_id = draft(house, payer).await.sale_id;
    commit(house, &sale_id).await.unwrap();
    let ready = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Release);
    house.sale_until(&sale_id, ready).await;
    let request = proto::ReleaseSaleRequest { request_id: house.new_id(), sale_id: sale_id.clone() };
    house.sales().release_sale(request).await.unwrap();
    house.sale_is(&sale_id, SaleState::Queued).await;
    sale_id
}

async fn keeper_is_told(restarts: bool) {
    let mut house = House::open(restarts).await;
    let payer = enrol(&mut house).await;
    let sale_id = sell(&mut house, &payer).await;
    let receipt = house.world.facts().noted[0].clone();
    assert_eq!((&*receipt.sale_id, &*receipt.till), (&*sale_id, "01"));
    assert!(receipt.receipt_no.ends_with("-000001") && receipt.verified_time.is_none());
    house.step().await;
    answer(&house, 2).await;
    house.step().await;
    house.sale_is(&sale_id, SaleState::Verified).await;
    let stated = |note: &media::NoteSaleRequest| {
        (note.verified_time.is_some() && note.notice_delivered_time.is_some()).then_some(())
    };
    house.world.until(|facts| facts.noted.last().and_then(stated)).await;
    let request = proto::RunSettlementRequest { request_id: house.new_id() };
    house.settlement().run_settlement(request).await.unwrap();
    house.step().await;
    let concluded = |note: &media::NoteSaleRequest| note.concluded_time.filter(|_| !note.still_owed);
    house.world.until(|facts| facts.noted.last().and_then(concluded)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keeper_is_told_of_receipt_answer_notice_and_end() {
    keeper_is_told(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_all_steps_loses_nothing_that_the_keeper_has_to_know() {
    keeper_is_told(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_the_film_is_witnessed_and_a_code_that_left_the_shop_is_replaced() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale_id = sell(&mut house, &payer).await;
    let entry = media::WatchEvidenceLogResponse {
        position: 1,
        sale_id: sale_id.clone(),
        kind: media::EvidenceLogKind::ExportedWhole.into(),
        time: Some(chit_runtime::clock::to_proto(jiff::Timestamp::UNIX_EPOCH)),
        actor: "wang".into(),
        reason: "police".into(),
        manifest_sha256: vec![9; 32],
        ..media::WatchEvidenceLogResponse::default()
    };
    house.world.change(|facts| facts.evidence_log.push(entry));
    let witnessed = |((what, _), body): (&(&'static str, String), &Vec<u8>)| {
        let fact = (*what == "fact").then(|| RecordFactRequest::decode(body.as_slice()).unwrap().fact)??;
        (fact.kind() == FactKind::EvidenceExportedWhole).then_some(fact)
    };
    let fact = house.world.until(|facts| facts.bodies.iter().find_map(witnessed)).await;
    let text = format!("evidence/1/EVIDENCE_EXPORTED_WHOLE/{sale_id}/0//wang/police/{}", "09".repeat(32));
    let sha256 = <[u8; 32]>::from(<sha2::Sha256 as sha2::Digest>::digest(text));
    assert_eq!((&*fact.subject_id, &*fact.actor, &*fact.sha256), (&*sale_id, "wang", &sha256[..]));

    let next = draft(&mut house, &payer).await.sale_id;
    commit(&house, &next).await.unwrap();
    let renewed = |payer: &proto::Payer| payer.new_code_waits;
    let renewed = house.payer_until(&payer.payer_id, renewed).await;
    assert_eq!((renewed.code_serial, renewed.state()), (payer.code_serial + 1, PayerState::Active));
    let again = draft(&mut house, &renewed).await;
    let request = proto::GetPayerRequest { payer_id: payer.payer_id.clone() };
    let shown = house.payers().get_payer(request).await.unwrap().into_inner().payer.unwrap();
    assert!(!shown.new_code_waits, "they have shown it");
    assert_eq!(again.state(), SaleState::Draft);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_holds_the_film_at_its_keeper_until_it_is_resolved() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale_id = sell(&mut house, &payer).await;
    let request = proto::OpenDisputeRequest {
        request_id: house.new_id(),
        sale_id,
        cause: proto::DisputeCause::InPerson.into(),
    };
    let dispute = house.disputes().open_dispute(request).await.unwrap().into_inner().dispute.unwrap();
    let held = house.world.until(|facts| facts.holds.get(&dispute.dispute_id).cloned()).await;
    assert_eq!((held.kind(), &*held.actor), (media::HoldKind::Dispute, "li"));
    let request = proto::ResolveDisputeRequest {
        request_id: house.new_id(),
        dispute_id: dispute.dispute_id,
        uphold: false,
        approval: approval(),
    };
    house.disputes().resolve_dispute(request).await.unwrap();
    house.world.until(|facts| facts.holds.is_empty().then_some(())).await;
}
