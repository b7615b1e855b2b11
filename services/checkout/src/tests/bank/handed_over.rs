//! The command that hands a file over: once, and never again without a person.

use super::AtBank;
use crate::collection::exceptions::ExceptionKind;
use crate::collection::filed::hand_over::{self, Ended, HandOver};
use crate::values::ids::BatchId;

impl AtBank {
    /// As after the file was written.
    async fn waits(&self, batch: BatchId) {
        let wait = move |tx: &mut crate::store::Tx| {
            let mut filed = tx.filed(batch)?;
            hand_over::wait(tx, &mut filed)?;
            tx.put_filed(&filed);
            Ok(())
        };
        self.till.write(wait).await.unwrap();
    }

    async fn begins(&self, batch: BatchId) -> bool {
        self.till.write(move |tx| hand_over::begin(tx, batch)).await.unwrap()
    }

    async fn ends(&self, batch: BatchId, ended: Ended) {
        self.till.write(move |tx| hand_over::end(tx, batch, &ended)).await.unwrap();
    }

    async fn resolved(&self, batch: BatchId, again: bool) -> crate::values::refusal::Result<HandOver> {
        let resolved = self.till.write(move |tx| hand_over::resolve(tx, batch, again, "wang"));
        resolved.await.map(|filed| filed.hand_over)
    }

    async fn handed(&self, batch: BatchId) -> (HandOver, u32) {
        let filed = self.till.read(move |view| view.filed(batch)).await;
        (filed.hand_over, filed.hand_over_tries)
    }
}

#[tokio::test]
async fn a_command_that_succeeded_is_not_run_again() {
    let at = AtBank::open().await;
    let (_, batch) = at.submitted().await;
    at.waits(batch.id).await;
    assert!(at.begins(batch.id).await);
    at.ends(batch.id, Ended::Done).await;
    assert_eq!(at.handed(batch.id).await, (HandOver::Done, 1));
    assert!(!at.begins(batch.id).await);
    assert!(at.exceptions().await.is_empty());
    assert_eq!(at.resolved(batch.id, true).await.unwrap_err().reason, "WRONG_STATE");
}

#[tokio::test]
async fn a_command_during_which_checkout_died_waits_for_a_person_and_runs_again_only_if_they_say_so() {
    let at = AtBank::open().await;
    let (_, batch) = at.submitted().await;
    at.waits(batch.id).await;
    assert!(at.begins(batch.id).await, "and then the process is gone");
    assert!(!at.begins(batch.id).await, "never twice by itself");
    assert_eq!(at.handed(batch.id).await, (HandOver::InDoubt, 1));
    assert_eq!(at.exception_kinds().await, [ExceptionKind::HandOverInDoubt]);
    assert_eq!(at.exceptions().await[0].found.reason, "INTERRUPTED");
    assert_eq!(at.resolved(batch.id, true).await, Ok(HandOver::Waiting));
    assert!(at.exceptions().await.is_empty(), "what a person decided closes it");
    assert!(at.begins(batch.id).await);
    assert_eq!(at.handed(batch.id).await, (HandOver::Running, 2));
}

#[tokio::test]
async fn a_failed_command_is_an_exception_until_a_person_says_that_the_bank_has_the_file() {
    let at = AtBank::open().await;
    let (_, batch) = at.submitted().await;
    at.waits(batch.id).await;
    at.begins(batch.id).await;
    at.ends(batch.id, Ended::Failed("EXIT_3".into())).await;
    assert_eq!(at.exception_kinds().await, [ExceptionKind::HandOverFailed]);
    assert_eq!(at.resolved(batch.id, false).await, Ok(HandOver::Done));
    assert!(at.exceptions().await.is_empty());
    assert_eq!(at.handed(batch.id).await, (HandOver::Done, 1));
}
