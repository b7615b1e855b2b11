//! Many callers at once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use chit_proto::ledger::v1::TransferKind;
use chit_runtime::error::reason_of;
use desk::{DEADLINE, Desk, PAYER, SHOP, ask, at_once, id, movement, resolution};

#[tokio::test]
async fn sixty_four_callers_share_commits_and_their_retries_change_nothing() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let call = |n: usize| {
        let mut client = desk.client();
        async move { ask(&mut client, movement(TransferKind::Posted, &id(n + 1), PAYER, SHOP, 3)).await.unwrap() }
    };
    let first = at_once(0..64, call).await;
    let again = at_once(0..64, call).await;
    for (first, again) in first.iter().zip(&again) {
        assert!(!first.exists && again.exists);
        assert_eq!(first.transfer, again.transfer);
    }
    assert_eq!(desk.sums(SHOP).await, [0, 0, 0, 192]);
    let verified = desk.verify().await;
    assert_eq!((verified.chain_ok, verified.records), (true, 66));
}

#[tokio::test]
async fn the_same_transfer_from_sixty_four_callers_is_made_once() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let answers = at_once(0..64, |_| {
        let mut client = desk.client();
        async move { ask(&mut client, movement(TransferKind::Posted, &id(1), PAYER, SHOP, 3)).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| !answer.exists).count(), 1);
    assert_eq!(desk.sums(SHOP).await, [0, 0, 0, 3]);
}

#[tokio::test]
async fn blnk_171_of_many_who_post_or_void_one_pending_transfer_one_wins() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    ask(&mut desk.client(), movement(TransferKind::Pending, &id(1000), PAYER, SHOP, 50)).await.unwrap();
    let answers = at_once(0..32, |n| {
        let mut client = desk.client();
        let kind = if n % 2 == 0 { TransferKind::PostPending } else { TransferKind::VoidPending };
        async move { ask(&mut client, resolution(kind, &id(n + 1), &id(1000))).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 31));
    for refused in lost {
        assert_eq!(reason_of(&refused.unwrap_err()).as_deref(), Some("PENDING_ALREADY_RESOLVED"));
    }
    assert!(desk.trial_balance().await.balanced);
    assert!(desk.verify().await.chain_ok);
}

#[tokio::test]
async fn blnk_244_opposite_transfers_between_two_accounts_never_block_each_other() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let calls = at_once(0..64, |n| {
        let mut client = desk.client();
        let (debit, credit) = if n % 2 == 0 { (PAYER, SHOP) } else { (SHOP, PAYER) };
        async move {
            ask(&mut client, movement(TransferKind::Posted, &id(n + 1), debit, credit, 1)).await.unwrap()
        }
    });
    tokio::time::timeout(DEADLINE, calls).await.expect("the callers wait for each other");
    assert_eq!(desk.sums(PAYER).await, [0, 32, 0, 32]);
}
