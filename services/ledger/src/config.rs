//! `[ledger]` of chit.toml.

use chit_runtime::{Section, Shared};
use serde::Deserialize;

/// Bounds of the write queue.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Writes that may wait for the next commit; one more is answered RESOURCE_EXHAUSTED. A batch counts as one, and
    /// one more for each 128 transfers.
    pub queue_max: usize,
    /// Transfers, accounts and facts that may share one durable commit.
    pub commit_batch_max: usize,
    /// A write that is asked for alone is committed by the thread that asks: two changes of threads less. Only tests
    /// that hold a commit up want it off.
    #[serde(skip)]
    pub commit_alone_inline: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { queue_max: 4096, commit_batch_max: 8192, commit_alone_inline: true }
    }
}

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        anyhow::ensure!(self.queue_max > 0, "queue_max: use at least 1, or every write is refused");
        anyhow::ensure!(
            self.commit_batch_max > 0,
            "commit_batch_max: use at least 1, or nothing is committed"
        );
        Ok(())
    }
}
