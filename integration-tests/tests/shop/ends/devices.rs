//! Devices that fail in the middle of a sale.

use chit_integration_tests::desk::Refused;
use chit_proto::checkout::v1::{Attention, EvidenceState, ReceiptState, SaleState};
use serde_json::json;

use crate::open_shop::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_camera_nothing_is_released_until_a_supervisor_says_so() {
    let mut shop = Shop::open().await;
    shop.house.simulators.camera.fault("absent", json!(true)).await.unwrap();
    camera_is_gone(&shop).await;
    let (sale, mut journal) = shop.commit().await;
    journal.sale_needs(Attention::EvidenceMissing).await.unwrap();
    let printed = |sale: &chit_proto::checkout::v1::Sale| {
        sale.receipt.as_ref().is_some_and(|receipt| receipt.state() == ReceiptState::Printed)
    };
    if !printed(&shop.desk.sale(&sale.sale_id).await.unwrap()) {
        journal.sale("PRINTED", printed).await.unwrap();
    }
    let refusal = shop.desk.release(&sale.sale_id).await.unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("EVIDENCE_MISSING"));
    shop.override_evidence(&sale.sale_id).await.unwrap();
    shop.desk.release(&sale.sale_id).await.unwrap();
    let queued = journal.sale_is(SaleState::Queued).await.unwrap();
    let evidence = queued.evidence.unwrap();
    assert_eq!((evidence.state(), evidence.override_by.as_str()), (EvidenceState::Partial, "wang"));
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}

/// The pipe is empty and media-capture says so.
async fn camera_is_gone(shop: &Shop) {
    let mut events = shop.house.simulators.camera.watch(0).await.unwrap();
    events.event("exited", std::time::Duration::from_secs(20)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_lost_in_the_middle_of_a_clip_leaves_partial_evidence() {
    let mut shop = Shop::open().await;
    let (sale, mut journal) = shop.commit().await;
    let released = journal.sale_needs(Attention::Release).await.unwrap();
    assert!(!released.evidence.unwrap().photo_1_sha256.is_empty());
    let camera = &shop.house.simulators.camera;
    camera
        .ask(json!({ "cmd": "fault", "name": "lose_after_frames", "value": 1, "once": true }))
        .await
        .unwrap();
    camera_is_gone(&shop).await;
    let queued = shop.see_through(&sale.sale_id, &mut journal, SaleState::Queued).await;
    let evidence = queued.evidence.unwrap();
    assert_eq!(evidence.state(), EvidenceState::Partial);
    assert!(evidence.partial_reasons.contains(&"camera_lost".to_owned()), "{evidence:?}");
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_paper_the_receipt_waits_and_one_original_comes_after_the_refill() {
    let mut shop = Shop::open().await;
    let printer = shop.house.simulators.printer.clone();
    printer.fault("paper_out", json!(true)).await.unwrap();
    let (sale, mut journal) = shop.commit().await;
    let blocked = journal.sale_needs(Attention::PrintBlocked).await.unwrap();
    assert_eq!(blocked.receipt.unwrap().state(), ReceiptState::Blocked);
    let refusal = shop.desk.release(&sale.sale_id).await.unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("RECEIPT_NOT_PRINTED"));
    printer.fault("paper_out", json!(false)).await.unwrap();
    let queued = shop.see_through(&sale.sale_id, &mut journal, SaleState::Queued).await;
    assert_eq!(shop.papers_of(&queued), (1, 0));
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}
