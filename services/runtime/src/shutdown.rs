//! One signal for the whole process: once triggered it stays triggered.

use std::sync::Arc;
use tokio::sync::watch;

/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let shutdown = chit_runtime::Shutdown::default();
/// let worker = tokio::spawn({
///     let shutdown = shutdown.clone();
///     async move { shutdown.wait().await }
/// });
/// shutdown.trigger();
/// worker.await.unwrap();
/// shutdown.wait().await; // A late caller does not wait.
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    pub async fn wait(&self) {
        // Fails only when the sender is gone, and `self` holds it.
        let _ = self.0.subscribe().wait_for(|triggered| *triggered).await;
    }
}
