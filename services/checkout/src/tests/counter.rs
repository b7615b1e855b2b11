//! The counter: what may be committed, released, voided, and when.

use super::fixture::{CASHIER, LANE, Put, SUPERVISOR, Till};
use crate::sale::attention::Attention;
use crate::sale::basket::LineInput;
use crate::sale::state::SaleState;
use crate::sale::{self, EvidencePolicy, EvidenceState, ReceiptState, Sale, Void, goods};
use crate::staff::Grant;
use crate::staff::approval::Act;
use crate::store::Tx;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;

pub async fn commit(till: &Till, id: SaleId, approver: Option<&'static str>) -> Result<Sale> {
    let (rules, moment) = (till.shop.rules(), till.shop.moment()?);
    let (grant, transfer) = (approver.map(|name| Grant::new(Act::OverLimit, name)), till.id());
    till.write(move |tx| sale::begin_commit(tx, id, grant, &rules, moment, transfer, CASHIER)).await
}

async fn release(till: &Till, id: SaleId) -> Result<Sale> {
    let (policy, fact) = (EvidencePolicy::RequirePhoto, till.id());
    till.write(move |tx| sale::release(tx, policy, id, fact, false, CASHIER)).await
}

pub async fn void(till: &Till, id: SaleId, approver: Option<&'static str>, returned: bool) -> Result<Sale> {
    void_tagged(till, id, approver, returned, String::new()).await
}

async fn void_tagged(
    till: &Till,
    id: SaleId,
    approver: Option<&'static str>,
    original_returned: bool,
    tag: String,
) -> Result<Sale> {
    let grant = approver.map(|name| Grant::new(Act::VoidAfterPrinting, name));
    let notice = till.id();
    let voided = move |tx: &mut Tx| {
        sale::void(tx, id, Void { grant, original_returned, notice, if_tag: &tag, actor: CASHIER })
    };
    till.write(voided).await
}

fn typed(description: &str, price_minor: i64) -> LineInput {
    LineInput {
        description: description.into(),
        quantity_milli: 1000,
        unit_price_minor: price_minor,
        line_total_minor: price_minor,
        ..LineInput::default()
    }
}

async fn open_by_scan(till: &Till, signed_in: &[&str]) -> Option<SaleId> {
    let (ids, currency) = ((till.id(), till.id()), till.shop.currency);
    let policy = EvidencePolicy::RequirePhoto;
    let signed_in: Vec<String> = signed_in.iter().map(|name| (*name).to_owned()).collect();
    till.write(move |tx| sale::open_by_scan(tx, policy, ids, LANE, currency, &signed_in)).await.unwrap()
}

#[tokio::test]
async fn nothing_of_a_sale_changes_while_the_ledger_is_asked() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::PayerOk, 100, |_| {}).await;
    commit(&till, sale_id, None).await.unwrap();
    let change =
        move |tx: &mut Tx| goods::set_basket(tx, sale_id, &[typed("gold", 1)], 1, "CNY", "", CASHIER);
    assert_eq!(till.write(change).await.unwrap_err().reason, "WRONG_STATE");
    assert_eq!(void(&till, sale_id, None, false).await.unwrap_err().reason, "WRONG_STATE");
    assert_eq!(till.sale(sale_id).await.total_minor, 100);
    commit(&till, sale_id, None).await.unwrap();
    assert_eq!(till.effects().await, ["RESERVE"], "asked once");
}

#[tokio::test]
async fn a_basket_made_from_an_older_one_does_not_replace_what_was_scanned_since() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Draft, 100, |_| {}).await;
    let set = |description: &str, tag: &str| {
        let (line, tag) = (typed(description, 1), tag.to_owned());
        till.write(move |tx| goods::set_basket(tx, sale_id, &[line], 1, "CNY", &tag, CASHIER))
    };
    let before = goods::tag_of(&till.sale(sale_id).await.lines);
    set("scanned meanwhile", "").await.unwrap();
    assert_eq!(set("typed", &before).await.unwrap_err().reason, "BASKET_CHANGED");
    let now = goods::tag_of(&till.sale(sale_id).await.lines);
    assert_eq!(set("typed", &now).await.unwrap().lines[0].description, "typed");
}

#[tokio::test]
async fn goods_that_are_scanned_again_are_one_more_of_them_and_at_another_price_a_line_of_their_own() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Draft, 100, |put| put.sale.lines.clear()).await;
    let scan = |gtin: &str, unit_price_minor: i64| {
        let item = goods::CatalogueItem { gtin: gtin.into(), description: "tea".into(), unit_price_minor };
        till.write(move |tx| goods::add_scanned(tx, sale_id, &item))
    };
    // The same number with and without its leading zero, as readers send a UPC-A.
    for (gtin, price) in [("036000291452", 250), ("0036000291452", 250), ("036000291452", 300)] {
        scan(gtin, price).await.unwrap();
    }
    let sale = scan("6901234567892", 250).await.unwrap();
    let lines: Vec<(i64, i64)> =
        sale.lines.iter().map(|line| (line.quantity_milli, line.total_minor)).collect();
    assert_eq!(lines, [(2000, 500), (1000, 300), (1000, 250)]);
}

#[tokio::test]
async fn i1_the_limits_are_checked_again_in_the_transaction_that_reserves_the_place() {
    let till = Till::open_with(toml::from_str("limits.payer_day_minor = 0").unwrap()).await;
    let first = till.put(SaleState::PayerOk, 15_000, |_| {}).await;
    let second = till.put(SaleState::PayerOk, 15_000, |_| {}).await;
    let third = till.put(SaleState::PayerOk, 20_001, |_| {}).await;
    let fourth = till.put(SaleState::PayerOk, 19_000, |_| {}).await;
    let fifth = till.put(SaleState::PayerOk, 15_000, |_| {}).await;
    for sale_id in [first, second, fourth] {
        commit(&till, sale_id, None).await.unwrap();
    }
    let refusal = commit(&till, third, None).await.unwrap_err();
    assert!(matches!(refusal.reason.as_str(), "APPROVAL_REQUIRED" | "OVER_SALE_LIMIT"), "{refusal:?}");
    assert!(commit(&till, fifth, None).await.is_err(), "what is being committed counts already");
    assert_eq!(till.effects().await.len(), 3);
}

#[tokio::test]
async fn what_no_sms_could_ask_for_is_not_sold_even_with_approval() {
    let till = Till::open().await;
    for (total, reason) in [(0, "BASKET_INVALID"), (10_000_000, "OVER_SALE_LIMIT")] {
        let sale_id = till.put(SaleState::PayerOk, total, |_| {}).await;
        assert_eq!(commit(&till, sale_id, Some(SUPERVISOR)).await.unwrap_err().reason, reason);
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
        let sale_id = till.put(SaleState::Printing, 100, move |put| put.sold().receipt.state = state).await;
        assert_eq!(release(&till, sale_id).await.unwrap_err().reason, "RECEIPT_NOT_PRINTED", "{state:?}");
        assert_eq!(till.sale(sale_id).await.attention, attention);
    }
}

#[tokio::test]
async fn i2_without_photo_1_nothing_is_released_unless_somebody_takes_the_responsibility() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Printing, 100, |put| put.sold().evidence.photo_1_sha256 = None).await;
    assert_eq!(release(&till, sale_id).await.unwrap_err().reason, "EVIDENCE_MISSING");
    till.advance(24);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Printing, "nor by the 60 s rule");
    let grant = Grant::new(Act::ReleaseWithoutEvidence, SUPERVISOR);
    till.write(move |tx| sale::override_evidence(tx, sale_id, grant)).await.unwrap();
    release(&till, sale_id).await.unwrap();
    assert_eq!(till.state(sale_id).await, SaleState::Sealed);
}

#[tokio::test]
async fn sixty_seconds_after_the_fence_a_sale_is_released_by_itself_and_flagged() {
    let till = Till::open().await;
    let recording = |put: &mut Put| put.sold().evidence.state = EvidenceState::Recording;
    let sale_id = till.put(SaleState::Printing, 100, recording).await;
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Printing);
    till.shop.clock.advance(jiff::SignedDuration::from_secs(60)).unwrap();
    till.tick().await;
    let released = till.sale(sale_id).await;
    assert_eq!((released.state, released.released_by_timeout), (SaleState::Released, true));
    assert!(released.evidence.unwrap().stop_asked);
    assert_eq!(till.effects().await, ["STOP_RECORDING"]);
}

#[tokio::test]
async fn evidence_that_comes_after_the_sixty_seconds_still_lets_the_sale_go_by_itself() {
    let till = Till::open().await;
    for overridden in [true, false] {
        let sale_id =
            till.put(SaleState::Printing, 100, |put| put.sold().evidence.photo_1_sha256 = None).await;
        till.advance(1);
        till.tick().await;
        assert_eq!(till.state(sale_id).await, SaleState::Printing);
        if overridden {
            let grant = Grant::new(Act::ReleaseWithoutEvidence, SUPERVISOR);
            till.write(move |tx| sale::override_evidence(tx, sale_id, grant)).await.unwrap();
        } else {
            till.change_sale(sale_id, |put| put.sold().evidence.photo_1_sha256 = Some([1; 32])).await;
        }
        till.tick().await;
        let released = till.sale(sale_id).await;
        assert_eq!((released.state, released.released_by_timeout), (SaleState::Sealed, true), "{overridden}");
    }
}

#[tokio::test]
async fn before_printing_the_cashier_voids_alone() {
    let till = Till::open().await;
    for state in [SaleState::Draft, SaleState::PayerOk] {
        let sale_id = till.put(state, 100, |_| {}).await;
        void(&till, sale_id, None, false).await.unwrap();
        assert_eq!(till.state(sale_id).await, SaleState::Voided);
    }
    assert!(till.effects().await.is_empty(), "nothing was reserved");
    let sale_id = till.put(SaleState::Committed, 100, |_| {}).await;
    void(&till, sale_id, None, false).await.unwrap();
    let voided = till.sale(sale_id).await;
    assert_eq!((voided.state, voided.voided.unwrap().by.as_str()), (SaleState::Voided, CASHIER));
    let undone = ["VOID_PENDING", "STOP_RECORDING", "CANCEL_RECEIPT"];
    assert_eq!(till.effects().await, undone);
}

#[tokio::test]
async fn once_printing_has_started_a_void_needs_approval_and_the_original_back() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::Printing, 100, |_| {}).await;
    assert_eq!(void(&till, sale_id, None, true).await.unwrap_err().reason, "APPROVAL_REQUIRED");
    let refusal = void(&till, sale_id, Some(SUPERVISOR), false).await.unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("original_returned"));
    void(&till, sale_id, Some(SUPERVISOR), true).await.unwrap();
    let voided = till.sale(sale_id).await.voided.unwrap();
    assert_eq!((voided.by.as_str(), voided.at >= voided.sold.unwrap().at), (SUPERVISOR, true));
    assert!(voided.notice.is_some(), "its notice says when and by whom");
}

#[tokio::test]
async fn whatever_may_be_on_paper_comes_back_before_a_void() {
    let till = Till::open().await;
    for (receipt, comes_back) in [
        (ReceiptState::Waiting, false),
        (ReceiptState::Blocked, false),
        (ReceiptState::Printing, true),
        (ReceiptState::Printed, true),
        (ReceiptState::InDoubt, true),
        (ReceiptState::Failed, false),
    ] {
        let sale_id = till.put(SaleState::Printing, 100, move |put| put.sold().receipt.state = receipt).await;
        let without = void(&till, sale_id, Some(SUPERVISOR), false).await;
        assert_eq!(without.is_err(), comes_back, "{receipt:?}");
        void(&till, sale_id, Some(SUPERVISOR), true).await.unwrap();
    }
}

#[tokio::test]
async fn a_blocked_receipt_is_voided_without_paper_to_return() {
    let till = Till::open().await;
    let blocked = |put: &mut Put| put.sold().receipt.state = ReceiptState::Blocked;
    let sale_id = till.put(SaleState::Printing, 100, blocked).await;
    void(&till, sale_id, Some(SUPERVISOR), false).await.unwrap();
    assert!(till.effects().await.contains(&"CANCEL_RECEIPT"));
}

#[tokio::test]
async fn after_the_release_a_sale_is_not_voided() {
    let till = Till::open().await;
    for state in [SaleState::Released, SaleState::Queued, SaleState::Verified, SaleState::Settled] {
        let sale_id = till.put(state, 100, |_| {}).await;
        assert_eq!(void(&till, sale_id, Some(SUPERVISOR), true).await.unwrap_err().reason, "WRONG_STATE");
    }
}

#[tokio::test]
async fn the_picture_of_a_payer_code_is_readable_by_its_owner_only_and_a_reset_makes_another() {
    use std::os::unix::fs::PermissionsExt as _;
    let till = Till::open().await;
    let old = till.payer().await.code.png_path;
    assert_eq!(std::fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o600);
    let new = till.reset_card().await.code.png_path;
    assert_ne!(new, old);
    assert!(std::fs::metadata(&new).unwrap().len() > 0);
}

#[tokio::test]
async fn the_next_baskets_first_scan_releases_the_payer_before() {
    let till = Till::open().await;
    assert_eq!(open_by_scan(&till, &[CASHIER]).await, None, "nobody has said who sells");
    let recording = |put: &mut Put| put.sold().evidence.state = EvidenceState::Recording;
    let earlier = till.put(SaleState::Printing, 1_250, recording).await;
    let next = open_by_scan(&till, &[]).await.unwrap();
    assert_eq!(till.state(earlier).await, SaleState::Released);
    let next = till.sale(next).await;
    assert_eq!((next.state, next.cashier), (SaleState::Draft, till.sale(earlier).await.cashier));
}

#[tokio::test]
async fn a_scan_after_a_sale_that_ended_opens_the_next_for_its_cashier_while_they_are_signed_in() {
    let till = Till::open().await;
    // The lane's last sale is the one with the newest id.
    for ended in [SaleState::Voided, SaleState::Queued] {
        till.advance(1);
        till.put(ended, 1_250, |_| {}).await;
        assert_eq!(open_by_scan(&till, &[SUPERVISOR]).await, None, "its cashier went home");
        let next = open_by_scan(&till, &[CASHIER]).await.unwrap();
        assert_eq!(till.sale(next).await.cashier, CASHIER);
    }
    till.advance(1);
    till.put(SaleState::Committed, 1_250, |_| {}).await;
    assert_eq!(open_by_scan(&till, &[CASHIER]).await, None, "that payer is at the counter still");
}

#[tokio::test]
async fn a_basket_with_goods_that_were_scanned_since_is_not_voided_with_the_old_one() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::PayerOk, 100, |_| {}).await;
    let read = goods::tag_of(&till.sale(sale_id).await.lines);
    till.change_sale(sale_id, |put| put.sale.lines.push(put.sale.lines[0].clone())).await;
    let void = |tag| void_tagged(&till, sale_id, None, false, tag);
    assert_eq!(void(read).await.unwrap_err().reason, "BASKET_CHANGED");
    assert_eq!(till.state(sale_id).await, SaleState::PayerOk);
    void(goods::tag_of(&till.sale(sale_id).await.lines)).await.unwrap();
}

#[tokio::test]
async fn a_basket_that_nobody_touched_for_half_a_day_ends_by_itself() {
    let till = Till::open().await;
    let left = till.put(SaleState::Draft, 100, |_| {}).await;
    let shown = till.put(SaleState::PayerOk, 100, |_| {}).await;
    let asked = till.put(SaleState::PayerOk, 100, |_| {}).await;
    let touched = till.put(SaleState::Draft, 100, |_| {}).await;
    commit(&till, asked, None).await.unwrap();
    till.advance(6);
    till.write(move |tx| goods::set_basket(tx, touched, &[typed("tea", 1)], 1, "CNY", "", CASHIER))
        .await
        .unwrap();
    till.advance(6);
    till.tick().await;
    for sale_id in [left, shown] {
        let ended = till.sale(sale_id).await;
        assert_eq!((ended.state, ended.voided.unwrap().by.as_str()), (SaleState::Voided, "system"));
    }
    assert_eq!(till.state(asked).await, SaleState::PayerOk, "the ledger is being asked");
    assert_eq!(till.state(touched).await, SaleState::Draft);
    till.advance(6);
    till.tick().await;
    assert_eq!(till.state(touched).await, SaleState::Voided);
    assert_eq!(till.read(|view| view.draft_of(LANE)).await, None);
}

#[tokio::test]
async fn weak_evidence_goes_with_the_deduction() {
    let till = Till::open().await;
    let partial = |put: &mut Put| put.sold().evidence.state = EvidenceState::Partial;
    let overridden = |put: &mut Put| put.sold().evidence.override_by = Some(SUPERVISOR.into());
    for (sale_id, whole) in [
        (till.put(SaleState::Sealed, 100, |_| {}).await, true),
        (till.put(SaleState::Sealed, 100, partial).await, false),
        (till.put(SaleState::Sealed, 100, overridden).await, false),
    ] {
        till.write(move |tx| sale::queue(tx, sale_id)).await.unwrap();
        let evidence = till.read(move |view| view.deduction(sale_id)).await.evidence;
        assert_eq!(evidence.map(|sealed| sealed.whole), Some(whole));
    }
}
