//! The configured command that hands a file over. It is recorded before it runs: after a crash nobody knows whether the bank
//! has the file, so a person finds out, and the command never runs twice by itself (I5).

use super::Filed;
use crate::collection::exceptions::{self, ExceptionKind, Found};
use crate::outbox::Effect;
use crate::store::Tx;
use crate::values::ids::BatchId;
use crate::values::refusal::{Refusal, Result};

/// The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HandOver {
    /// Another program takes the file from the drop folder.
    #[default]
    NotOurs = 0,
    Waiting = 1,
    Running = 2,
    Done = 3,
    /// The bank does not have the file.
    Failed = 4,
    /// The bank may have the file.
    InDoubt = 5,
}

impl HandOver {
    pub const ALL: [Self; 6] =
        [Self::NotOurs, Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::InDoubt];
}

/// How the command ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    Done,
    /// It says so, or never began; the reason is for a person, e.g. "EXIT_3".
    Failed(String),
    /// It was stopped before it could say anything.
    InDoubt(String),
}

/// The file is there: the command runs next.
pub fn wait(tx: &mut Tx, filed: &mut Filed) -> Result<()> {
    filed.hand_over = HandOver::Waiting;
    tx.push(&Effect::HandOverFile { batch: filed.batch })
}

/// True: the command may run now. One that was running when a process died is in doubt.
pub fn begin(tx: &mut Tx, batch: BatchId) -> Result<bool> {
    let mut filed = tx.filed(batch)?;
    match filed.hand_over {
        HandOver::Waiting => {
            filed.hand_over = HandOver::Running;
            filed.hand_over_tries = filed.hand_over_tries.saturating_add(1);
            tx.put_filed(&filed);
            tx.tell_batch(batch)?;
            Ok(true)
        }
        HandOver::Running => {
            end(tx, batch, &Ended::InDoubt("INTERRUPTED".into()))?;
            Ok(false)
        }
        _ => Ok(false),
    }
}

pub fn end(tx: &mut Tx, batch: BatchId, ended: &Ended) -> Result<()> {
    let mut filed = tx.filed(batch)?;
    if filed.hand_over != HandOver::Running {
        return Ok(());
    }
    filed.hand_over = match ended {
        Ended::Done => HandOver::Done,
        Ended::Failed(_) => HandOver::Failed,
        Ended::InDoubt(_) => HandOver::InDoubt,
    };
    tx.put_filed(&filed);
    tx.tell_batch(batch)?;
    let (kind, reason) = match ended {
        Ended::Done => return Ok(()),
        Ended::Failed(reason) => (ExceptionKind::HandOverFailed, reason),
        Ended::InDoubt(reason) => (ExceptionKind::HandOverInDoubt, reason),
    };
    exceptions::raise(tx, Found { reason: reason.clone(), ..of_batch(kind, batch) }).map(drop)
}

/// A person has found out: `again`, the bank does not have it.
pub fn resolve(tx: &mut Tx, batch: BatchId, again: bool, actor: &str) -> Result<Filed> {
    tx.batch(batch)?;
    let waits = |filed: &Filed| matches!(filed.hand_over, HandOver::Failed | HandOver::InDoubt);
    let mut filed = tx.find_filed(batch)?.filter(waits).ok_or_else(|| {
        Refusal::wrong_state(
            "the file does not wait for a person: it was handed over, or no command does that",
        )
    })?;
    let note = if again { "the command runs again" } else { "the bank has the file" };
    for kind in [ExceptionKind::HandOverFailed, ExceptionKind::HandOverInDoubt] {
        exceptions::close_if_open(tx, &of_batch(kind, batch), actor, note)?;
    }
    if again {
        wait(tx, &mut filed)?;
    } else {
        filed.hand_over = HandOver::Done;
    }
    tx.put_filed(&filed);
    tx.tell_batch(batch)?;
    Ok(filed)
}

fn of_batch(kind: ExceptionKind, batch: BatchId) -> Found {
    Found { batch: Some(batch), ..Found::new(kind) }
}
