//! Approvals: counted, locked out, and witnessed.

use chit_proto::ledger::v1::FactKind;
use sha2::{Digest, Sha256};

use super::counter::{commit, void};
use super::fixture::{CASHIER, PIN, SUPERVISOR, Till};
use crate::counter::{approve, approve_two};
use crate::domain::approval::{Act, PinLockout};
use crate::domain::refusal::Result;
use crate::domain::sale::SaleState;
use crate::staff::ApprovalInput;
use crate::store::Rows as _;

fn input(actor: &str, pin: &str) -> Option<ApprovalInput> {
    Some(ApprovalInput { actor: actor.into(), pin: pin.into() })
}

async fn two(till: &Till, first: Option<ApprovalInput>, second: Option<ApprovalInput>) -> Result<()> {
    approve_two(&till.shop, first, second, Act::ChangePhoneOrCard).await.map(|_grant| ())
}

#[tokio::test]
async fn a_change_takes_two_different_people_with_right_pins_one_of_them_a_supervisor() {
    let till = Till::open().await;
    let cases = [
        (None, None, "APPROVAL_REQUIRED", "approval"),
        (input(SUPERVISOR, PIN), None, "SECOND_APPROVAL_REQUIRED", "second_approval"),
        (input(SUPERVISOR, PIN), input(SUPERVISOR, PIN), "SAME_PERSON", "second_approval.actor"),
        (input(SUPERVISOR, PIN), input(CASHIER, "111111"), "PIN_WRONG", "second_approval.pin"),
        (input(SUPERVISOR, PIN), input("nobody", PIN), "STAFF_UNKNOWN", "second_approval.actor"),
        (input(CASHIER, PIN), input(SUPERVISOR, PIN), "ROLE_TOO_LOW", "approval.actor"),
    ];
    for (first, second, reason, field) in cases {
        let refusal = two(&till, first, second).await.unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_deref()), (reason, Some(field)));
    }
    two(&till, input(SUPERVISOR, PIN), input(CASHIER, PIN)).await.unwrap();
}

#[tokio::test]
async fn wrong_pins_are_counted_on_disk_for_each_of_the_two() {
    let till = Till::open().await;
    for _ in 1..PinLockout::WRONG_MAX {
        two(&till, input(SUPERVISOR, PIN), input(CASHIER, "111111")).await.unwrap_err();
    }
    let stored = till.shop.store.read(|rows| rows.pin_lockout(CASHIER)).await.unwrap();
    assert_eq!(stored, PinLockout { wrong: PinLockout::WRONG_MAX - 1, locked_until: None });
    for _ in 0..2 {
        let refusal = two(&till, input(SUPERVISOR, PIN), input(CASHIER, "111111")).await.unwrap_err();
        assert_eq!(refusal.reason, "PIN_LOCKED_OUT");
    }
    assert!(till.shop.store.read(|rows| rows.pin_lockout(CASHIER)).await.unwrap().locked_until.is_some());
    approve(&till.shop, input(SUPERVISOR, PIN), Act::Refund, None).await.map(|_grant| ()).unwrap();
    till.advance(1);
    two(&till, input(SUPERVISOR, PIN), input(CASHIER, PIN)).await.unwrap();
    assert_eq!(till.shop.store.read(|rows| rows.pin_lockout(CASHIER)).await.unwrap(), PinLockout::default());
}

#[tokio::test]
async fn an_accepted_approval_is_one_fact_and_a_refused_change_is_none() {
    let till = Till::open().await;
    let sale_id = till.put(SaleState::PayerOk, 20_001, |_| {}).await;
    commit(&till, &sale_id, Some(SUPERVISOR)).await.unwrap();
    let [fact] = &till.facts(FactKind::Approval).await[..] else { panic!("one fact") };
    assert_eq!((fact.subject_id.as_str(), fact.actor.as_str()), (sale_id.as_str(), SUPERVISOR));
    let events = till.shop.store.read(|rows| rows.events_after(0, 1_000)).await.unwrap();
    let at = events.iter().rfind(|event| event.subject_id == sale_id).unwrap().time_ms;
    let text = format!("OVER_LIMIT/{sale_id}/{SUPERVISOR}/{at}");
    assert_eq!(fact.sha256, Sha256::digest(text).to_vec(), "what is hashed stands in the history");

    commit(&till, &sale_id, Some(SUPERVISOR)).await.unwrap();
    assert_eq!(till.facts(FactKind::Approval).await.len(), 1, "it is being committed already");
    let queued = till.put(SaleState::Queued, 100, |_| {}).await;
    void(&till, &queued, Some(SUPERVISOR), true).await.unwrap_err();
    assert_eq!(till.facts(FactKind::Approval).await.len(), 1, "nothing was voided");
    let printing = till.put(SaleState::Printing, 100, |_| {}).await;
    void(&till, &printing, Some(SUPERVISOR), true).await.unwrap();
    assert_eq!(till.facts(FactKind::Approval).await.len(), 2);
}
