//! The counter: what may be committed, released, voided, and when.

use chit_proto::checkout::v1::Attention;

use super::fixture::{CASHIER, SUPERVISOR, Till};
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::basket::LineInput;
use crate::domain::effect::EffectKind;
use crate::domain::refusal::Result;
use crate::domain::sale::{EvidencePolicy, EvidenceState, ReceiptState, Sale, SaleState};
use crate::grant::Grant;

pub async fn commit(till: &Till, sale_id: &str, approver: Option<&'static str>) -> Result<Sale> {
    let (limits, moment) = (counter::limits(&till.shop), counter::moment(&till.shop)?);
    let (id, grant) = (sale_id.to_owned(), approver.map(|name| Grant::new(Act::OverLimit, name)));
    till.shop.store.write(move |tx| counter::begin_commit(tx, &id, grant, &limits, &moment)).await
}

async fn release(till: &Till, sale_id: &str) -> Result<Sale> {
    let (id, fact) = (sale_id.to_owned(), till.shop.new_ulid()?);
    let policy = EvidencePolicy::RequirePhoto;
    till.shop.store.write(move |tx| counter::release(tx, policy, &id, &fact, false)).await
}

pub async fn void(
    till: &Till,
    sale_id: &str,
    approver: Option<&'static str>,
    returned: bool,
) -> Result<Sale> {
    let (id, job) = (sale_id.to_owned(), till.shop.new_ulid()?);
    let grant = approver.map(|name| Grant::new(Act::VoidAfterPrinting, name));
    till.shop.store.write(move |tx| counter::void(tx, &id, grant, returned, job, "")).await
}

#[tokio::test]
async fn nothing_of_a_sale_changes_while_the_ledger_is_asked() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::PayerOk, 100, |_| {}).await;
    commit(&till, &sale_id, None).await.unwrap();
    let line = LineInput {
        description: "gold".into(),
        quantity_milli: 1000,
        unit_price_minor: 1,
        line_total_minor: 1,
        ..LineInput::default()
    };
    let id = sale_id.clone();
    let change = move |tx: &mut crate::store::Tx| counter::set_basket(tx, &id, &[line], 1, "CNY", "");
    assert_eq!(till.shop.store.write(change).await.unwrap_err().reason, "WRONG_STATE");
    assert_eq!(void(&till, &sale_id, None, false).await.unwrap_err().reason, "WRONG_STATE");
    assert_eq!(till.sale(&sale_id).await.total_minor, 100);
    commit(&till, &sale_id, None).await.unwrap();
    assert_eq!(till.effects().await, [EffectKind::CommitInLedger], "asked once");
}

#[tokio::test]
async fn a_basket_made_from_an_older_one_does_not_replace_what_was_scanned_since() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Draft, 100, |_| {}).await;
    let typed = |description: &str, tag: &str| {
        let line = LineInput {
            description: description.into(),
            quantity_milli: 1000,
            unit_price_minor: 1,
            line_total_minor: 1,
            ..LineInput::default()
        };
        let (id, tag) = (sale_id.clone(), tag.to_owned());
        let change = move |tx: &mut crate::store::Tx| counter::set_basket(tx, &id, &[line], 1, "CNY", &tag);
        till.shop.store.write(change)
    };
    let before = counter::tag_of(&till.sale(&sale_id).await.lines);
    typed("scanned meanwhile", "").await.unwrap();
    assert_eq!(typed("typed", &before).await.unwrap_err().reason, "BASKET_CHANGED");
    let now = counter::tag_of(&till.sale(&sale_id).await.lines);
    assert_eq!(typed("typed", &now).await.unwrap().lines[0].description, "typed");
}

#[tokio::test]
async fn i1_the_limits_are_checked_again_in_the_transaction_that_reserves_the_place() {
    let till = Till::open().await;
    let first = till.put(SaleState::PayerOk, 15_000, |_| {}).await;
    let second = till.put(SaleState::PayerOk, 15_000, |_| {}).await;
    let third = till.put(SaleState::PayerOk, 20_001, |_| {}).await;
    let fourth = till.put(SaleState::PayerOk, 19_000, |_| {}).await;
    let fifth = till.put(SaleState::PayerOk, 15_000, |_| {}).await;
    for sale_id in [&first, &second, &fourth] {
        commit(&till, sale_id, None).await.unwrap();
    }
    let refusal = commit(&till, &third, None).await.unwrap_err();
    assert!(matches!(refusal.reason, "APPROVAL_REQUIRED" | "OVER_SALE_LIMIT"), "{refusal:?}");
    assert!(commit(&till, &fifth, None).await.is_err(), "what is being committed counts already");
    assert_eq!(till.effects().await.len(), 3);
}

#[tokio::test]
async fn what_no_sms_could_ask_for_is_not_sold_even_with_approval() {
    let till = Till::open().await;
    for (total, reason) in [(0, "BASKET_INVALID"), (10_000_000, "OVER_SALE_LIMIT")] {
        let sale_id = till.put(SaleState::PayerOk, total, |_| {}).await;
        assert_eq!(commit(&till, &sale_id, Some(SUPERVISOR)).await.unwrap_err().reason, reason);
    }
    assert!(till.effects().await.is_empty());
}

#[tokio::test]
async fn a_sale_is_released_only_when_its_receipt_is_known_to_be_on_paper() {
    let till = Till::open().await;
    let states = [
        (ReceiptState::None, vec![]),
        (ReceiptState::Waiting, vec![]),
        (ReceiptState::Blocked, vec![Attention::PrintBlocked]),
        (ReceiptState::Printing, vec![]),
        (ReceiptState::InDoubt, vec![Attention::PrintUnknown]),
        (ReceiptState::Failed, vec![Attention::PrintBlocked]),
    ];
    for (state, attention) in states {
        let sale_id = till.put(SaleState::Printing, 100, |sale| sale.receipt.state = state as i32).await;
        assert_eq!(release(&till, &sale_id).await.unwrap_err().reason, "RECEIPT_NOT_PRINTED", "{state:?}");
        let sale = till.sale(&sale_id).await;
        assert_eq!(crate::api::convert::attention(&sale, EvidencePolicy::RequirePhoto), attention);
    }
}

#[tokio::test]
async fn i2_without_photo_1_nothing_is_released_unless_somebody_takes_the_responsibility() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Printing, 100, |sale| sale.evidence.photo_1_sha256.clear()).await;
    assert_eq!(release(&till, &sale_id).await.unwrap_err().reason, "EVIDENCE_MISSING");
    till.advance(24);
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Printing, "nor by the 60 s rule");
    till.change_sale(&sale_id, |sale| sale.evidence.override_by = SUPERVISOR.into()).await;
    assert_eq!(release(&till, &sale_id).await.unwrap().state(), SaleState::Sealed);
}

#[tokio::test]
async fn sixty_seconds_after_the_fence_a_sale_is_released_by_itself_and_flagged() {
    let till = Till::open().await;
    let now = till.shop.now_ms();
    let printed = |sale: &mut Sale| {
        sale.receipt.fence_ms = now;
        sale.evidence.state = crate::domain::sale::EvidenceState::Recording as i32;
    };
    let sale_id = till.put(SaleState::Printing, 100, printed).await;
    till.tick().await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Printing);
    till.shop.clock.advance(jiff::SignedDuration::from_secs(60)).unwrap();
    till.tick().await;
    let released = till.sale(&sale_id).await;
    assert!(released.state() == SaleState::Released && released.released_by_timeout && released.stop_asked);
    assert_eq!(till.effects().await, [EffectKind::StopRecording]);
}

#[tokio::test]
async fn before_printing_the_cashier_voids_alone() {
    let till = Till::open().await;
    for state in [SaleState::Draft, SaleState::PayerOk] {
        let sale_id = till.put(state, 100, |_| {}).await;
        assert_eq!(void(&till, &sale_id, None, false).await.unwrap().state(), SaleState::Voided);
    }
    assert!(till.effects().await.is_empty(), "nothing was reserved");
    let sale_id = till.put(SaleState::Committed, 100, |sale| sale.receipt.state = 0).await;
    let voided = void(&till, &sale_id, None, false).await.unwrap();
    assert_eq!((voided.state(), voided.undo_by.as_str()), (SaleState::Voided, CASHIER));
    let undone = [EffectKind::VoidTransfer, EffectKind::StopRecording, EffectKind::CancelReceipt];
    assert_eq!(till.effects().await, undone);
}

#[tokio::test]
async fn once_printing_has_started_a_void_needs_approval_and_the_original_back() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Printing, 100, |_| {}).await;
    assert_eq!(void(&till, &sale_id, None, true).await.unwrap_err().reason, "APPROVAL_REQUIRED");
    let refusal = void(&till, &sale_id, Some(SUPERVISOR), false).await.unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("original_returned"));
    let voided = void(&till, &sale_id, Some(SUPERVISOR), true).await.unwrap();
    assert_eq!((voided.state(), voided.undo_by.as_str()), (SaleState::Voided, SUPERVISOR));
    assert!(voided.undo_ms > 0 && !voided.undo_job_id.is_empty(), "its notice says when and by whom");
}

#[tokio::test]
async fn a_blocked_receipt_is_voided_without_paper_to_return() {
    let till = Till::open().await;
    let blocked = |sale: &mut Sale| sale.receipt.state = ReceiptState::Blocked as i32;
    let sale_id = till.put(SaleState::Printing, 100, blocked).await;
    void(&till, &sale_id, Some(SUPERVISOR), false).await.unwrap();
    assert!(till.effects().await.contains(&EffectKind::CancelReceipt));
}

#[tokio::test]
async fn after_the_release_a_sale_is_not_voided() {
    let till = Till::open().await;
    for state in [SaleState::Released, SaleState::Queued, SaleState::Verified, SaleState::Settled] {
        let sale_id = till.put(state, 100, |_| {}).await;
        assert_eq!(void(&till, &sale_id, Some(SUPERVISOR), true).await.unwrap_err().reason, "WRONG_STATE");
    }
}

#[tokio::test]
async fn the_picture_of_a_payer_code_is_readable_by_its_owner_only_and_a_reset_makes_another() {
    use std::os::unix::fs::PermissionsExt as _;
    let till = Till::open().await;
    let old = till.payer().await.code_png_path;
    assert_eq!(std::fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o600);
    let new = till.reset_card().await;
    assert_ne!(new.code_png_path, old);
    assert!(std::fs::metadata(&new.code_png_path).unwrap().len() > 0);
}

#[tokio::test]
async fn the_next_baskets_first_scan_releases_the_payer_before() {
    let till = Till::open().await;
    assert_eq!(counter::open_by_scan(&till.shop).await.unwrap(), None, "nobody has said who sells");
    let recording = |sale: &mut Sale| sale.evidence.state = EvidenceState::Recording as i32;
    let earlier = till.put(SaleState::Printing, 1_250, recording).await;
    let next = counter::open_by_scan(&till.shop).await.unwrap().unwrap();
    assert_eq!(till.sale(&earlier).await.state(), SaleState::Released);
    let next = till.sale(&next).await;
    assert_eq!((next.state(), next.cashier), (SaleState::Draft, till.sale(&earlier).await.cashier));
}

#[tokio::test]
async fn a_basket_with_goods_that_were_scanned_since_is_not_voided_with_the_old_one() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::PayerOk, 100, |_| {}).await;
    let read = counter::tag_of(&till.sale(&sale_id).await.lines);
    till.change_sale(&sale_id, |sale| sale.lines.push(sale.lines[0].clone())).await;
    let void = |tag: String| {
        let (id, store) = (sale_id.clone(), &till.shop.store);
        store.write(move |tx| counter::void(tx, &id, None, false, String::new(), &tag))
    };
    assert_eq!(void(read).await.unwrap_err().reason, "BASKET_CHANGED");
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::PayerOk);
    void(counter::tag_of(&till.sale(&sale_id).await.lines)).await.unwrap();
}
