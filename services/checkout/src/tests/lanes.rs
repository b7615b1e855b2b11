//! Two tills sell at once: each lane has its own basket and its own payer who leaves, and effects keep their order.

use super::counter::commit;
use super::fixture::{LANE, Put, Till};
use crate::sale::state::SaleState;
use crate::sale::{self, EvidencePolicy, EvidenceState};
use crate::values::ids::SaleId;

const OTHER: &str = "02";

async fn put(till: &Till, lane: &'static str, state: SaleState) -> SaleId {
    let in_lane = move |put: &mut Put| {
        put.sale.lane = lane.into();
        if let Some(sold) = put.sale.sold_mut() {
            sold.evidence.state = EvidenceState::Recording;
        }
    };
    till.put(state, 1_250, in_lane).await
}

async fn draft_of(till: &Till, lane: &'static str) -> Option<SaleId> {
    till.read(move |view| view.draft_of(lane)).await
}

#[tokio::test]
async fn each_lane_has_its_own_newest_draft() {
    let till = Till::open().await;
    let here = put(&till, LANE, SaleState::Draft).await;
    let there = put(&till, OTHER, SaleState::Draft).await;
    assert_eq!((draft_of(&till, LANE).await, draft_of(&till, OTHER).await), (Some(here), Some(there)));
    let newer = put(&till, LANE, SaleState::Draft).await;
    assert_eq!((draft_of(&till, LANE).await, draft_of(&till, OTHER).await), (Some(newer), Some(there)));
    super::counter::void(&till, newer, None, false).await.unwrap();
    assert_eq!((draft_of(&till, LANE).await, draft_of(&till, OTHER).await), (None, Some(there)));
}

#[tokio::test]
async fn the_next_basket_of_one_lane_releases_nobody_of_the_other() {
    let till = Till::open().await;
    let here = put(&till, LANE, SaleState::Printing).await;
    let there = put(&till, OTHER, SaleState::Printing).await;
    let (ids, currency) = ((till.id(), till.id()), till.shop.currency);
    let policy = EvidencePolicy::RequirePhoto;
    let next = till.write(move |tx| sale::open_by_scan(tx, policy, ids, LANE, currency, &[])).await.unwrap();
    assert_eq!(draft_of(&till, LANE).await, next);
    assert_eq!(till.state(here).await, SaleState::Released);
    assert_eq!((till.state(there).await, draft_of(&till, OTHER).await), (SaleState::Printing, None));
}

#[tokio::test]
async fn two_lanes_commit_at_once_and_each_sales_effects_stay_in_order() {
    let till = Till::open().await;
    let here = put(&till, LANE, SaleState::PayerOk).await;
    let there = put(&till, OTHER, SaleState::PayerOk).await;
    let (one, two) = tokio::join!(commit(&till, here, None), commit(&till, there, None));
    one.unwrap();
    two.unwrap();
    let outbox = till.outbox().await;
    let [(_, first), (_, second)] = &outbox[..] else { panic!("two are reserved: {outbox:?}") };
    assert_ne!(first.lane(), second.lane(), "neither waits for the other");
    let printed = crate::outbox::Effect::PrintReceipt { sale: here };
    let reserved = crate::outbox::Effect::Reserve { sale: here };
    assert_eq!(reserved.lane(), printed.lane(), "no paper before the ledger has it (I1)");
}
