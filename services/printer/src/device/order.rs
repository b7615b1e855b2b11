//! What people ask of the printer between papers: drawer, cut, feed, beep.

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::domain::operation::Operation;
use crate::store::{Request, StoreError};

/// Orders that may wait; a till sends one at a time.
pub const ORDERS_MAX: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the printer is not there, or not fit")]
    Offline,
    #[error("a paper is on its way")]
    Busy,
    #[error("this printer has none, says its profile")]
    NotBuiltIn,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Order {
    pub request: Request,
    pub operation: Operation,
    pub reply: oneshot::Sender<Result<Timestamp, Refusal>>,
}

impl Order {
    pub fn refuse(self, refusal: Refusal) {
        // The caller may be gone; then no one needs the answer.
        let _ = self.reply.send(Err(refusal));
    }
}
