//! Approvals: counted, locked out, and witnessed.

use chit_pin::PinLockout;
use sha2::{Digest, Sha256};

use super::counter::{commit, void};
use super::fixture::{CASHIER, PIN, SUPERVISOR, Till};
use crate::outbox::fact::FactKind;
use crate::sale::state::SaleState;
use crate::staff::ApprovalInput;
use crate::staff::approval::{Act, Hands};
use crate::staff::origin::Origin;
use crate::values::refusal::Result;

fn input(actor: &str, pin: &str) -> Option<ApprovalInput> {
    Some(ApprovalInput { actor: actor.into(), pin: pin.into() })
}

async fn two(till: &Till, first: Option<ApprovalInput>, second: Option<ApprovalInput>) -> Result<()> {
    till.shop.approve_two(Origin::shared(), first, second, Act::ChangePhoneOrCard).await.map(|_grant| ())
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
        assert_eq!((refusal.reason.as_str(), refusal.field.as_deref()), (reason, Some(field)));
    }
    two(&till, input(SUPERVISOR, PIN), input(CASHIER, PIN)).await.unwrap();
}

/// A hash costs tens of milliseconds of a core that a cashier may be waiting for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_guesses_at_once_those_behind_a_closed_door_are_not_hashed() {
    let till = Till::open().await;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let shop = till.shop.clone();
        guesses.spawn(async move {
            let guess = input(SUPERVISOR, "111111");
            shop.approve(Origin::shared(), guess, Act::Refund, Hands::NONE)
                .await
                .map(|_grant| ())
                .unwrap_err()
        });
    }
    let refused = guesses.join_all().await;
    let wrong = refused.iter().filter(|refusal| refusal.reason == "PIN_WRONG").count();
    let max = usize::from(PinLockout::WRONG_MAX);
    assert_eq!((wrong, refused.len()), (max - 1, 20), "the fifth closes the door");
    assert_eq!(till.shop.staff.hashed(), u64::from(PinLockout::WRONG_MAX));
}

#[tokio::test]
async fn wrong_pins_are_counted_on_disk_for_each_of_the_two() {
    let till = Till::open().await;
    for _ in 1..PinLockout::WRONG_MAX {
        two(&till, input(SUPERVISOR, PIN), input(CASHIER, "111111")).await.unwrap_err();
    }
    let stored = till.read(|view| view.pin_lockout(CASHIER, &Origin::shared())).await;
    assert_eq!(stored, PinLockout { wrong: PinLockout::WRONG_MAX - 1, ..PinLockout::default() });
    for _ in 0..2 {
        let refusal = two(&till, input(SUPERVISOR, PIN), input(CASHIER, "111111")).await.unwrap_err();
        assert_eq!(refusal.reason, "PIN_LOCKED_OUT");
    }
    assert!(till.read(|view| view.pin_lockout(CASHIER, &Origin::shared())).await.locked_until.is_some());
    let elsewhere =
        till.shop.approve(Origin::of("device:2"), input(CASHIER, PIN), Act::CloseShift, Hands::NONE);
    elsewhere.await.map(|_grant| ()).expect("who types wrong PINs here locks nobody out there");
    let other = till.shop.approve(Origin::shared(), input(SUPERVISOR, PIN), Act::Refund, Hands::NONE);
    other.await.map(|_grant| ()).unwrap();
    till.advance(1);
    two(&till, input(SUPERVISOR, PIN), input(CASHIER, PIN)).await.unwrap();
    assert_eq!(till.read(|view| view.pin_lockout(CASHIER, &Origin::shared())).await, PinLockout::default());
}

#[tokio::test]
async fn an_accepted_approval_is_one_fact_and_a_refused_change_is_none() {
    let till = Till::open().await;
    let sale = till.put(SaleState::PayerOk, 20_001, |_| {}).await;
    commit(&till, sale, Some(SUPERVISOR)).await.unwrap();
    let [fact] = &till.facts(FactKind::Approval).await[..] else { panic!("one fact") };
    assert_eq!((fact.subject.as_str(), fact.actor.as_str()), (sale.to_string().as_str(), SUPERVISOR));
    let events = till.read(|view| view.events_after(0, 1_000)).await;
    let of_sale = events.iter().rfind(|recorded| recorded.event.subject == sale.to_bytes());
    let text = format!("OVER_LIMIT/{sale}/{SUPERVISOR}/{}", of_sale.unwrap().event.time_ms);
    assert_eq!(fact.sha256[..], Sha256::digest(text)[..], "what is hashed stands in the history");

    commit(&till, sale, Some(SUPERVISOR)).await.unwrap();
    assert_eq!(till.facts(FactKind::Approval).await.len(), 1, "it is being committed already");
    let queued = till.put(SaleState::Queued, 100, |_| {}).await;
    void(&till, queued, Some(SUPERVISOR), true).await.unwrap_err();
    assert_eq!(till.facts(FactKind::Approval).await.len(), 1, "nothing was voided");
    let printing = till.put(SaleState::Printing, 100, |_| {}).await;
    void(&till, printing, Some(SUPERVISOR), true).await.unwrap();
    assert_eq!(till.facts(FactKind::Approval).await.len(), 2);
}
