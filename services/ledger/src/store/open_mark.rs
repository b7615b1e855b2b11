//! Tells when the files are closed.

use std::sync::Arc;

use tokio::sync::watch;

/// Who has one keeps the files open: the store, and each view of it. When all are gone the files are closed.
#[derive(Clone)]
pub struct OpenMark(Arc<watch::Sender<()>>);

impl OpenMark {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }

    pub fn closed(&self) -> Closed {
        Closed(self.0.subscribe())
    }
}

/// Waits for the files to be closed, without keeping them open.
pub struct Closed(watch::Receiver<()>);

impl Closed {
    pub async fn wait(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}
