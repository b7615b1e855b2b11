//! Where a test may let checkout die: before an effect, and when it has happened but nothing of it is stored.

use chit_runtime::failpoint;

use crate::outbox::Effect;
use crate::store::Tx;
use crate::values::refusal::Result;

pub fn begin(effect: &Effect) {
    pass(effect, "begin");
}

/// Takes the entry out, with what its effect brought.
pub fn done(tx: &mut Tx, entry: u64) -> Result<()> {
    if let Some(effect) = tx.effect(entry)? {
        pass(&effect, "done");
    }
    tx.complete(entry)
}

fn pass(effect: &Effect, at: &str) {
    if cfg!(debug_assertions) {
        failpoint(&format!("checkout/{}/{at}", effect.name().to_ascii_lowercase()));
    }
}
