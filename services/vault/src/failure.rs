//! redb refuses everything after an I/O error (a full disk), also when the disk works again: only another process opens the
//! file anew.

use tokio::sync::watch;

/// Whether a store's file has failed.
pub struct Failure(watch::Sender<bool>);

impl Default for Failure {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Failure {
    pub fn note(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it has.
    pub async fn wait(&self) {
        let mut failed = self.0.subscribe();
        // The sender lives as long as this does.
        let _ = failed.wait_for(|failed| *failed).await;
    }
}
