//! Where recordings live: one thread owns them all, so that files, store and state never disagree.

mod desk;
mod feed;
mod recover;
mod seal;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use chit_runtime::Clock;
use ed25519_dalek::SigningKey;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

pub use desk::{Desk, free_bytes};
pub use feed::{EventKind, Feed};

use crate::device::clip_writer::ClipEvent;
use crate::device::engine::EngineInput;
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::recording::{PhotoKind, Recording, Refused};
use crate::store::{Store, StoreError};

/// Orders and reports waiting for the desk; more is a disk that stands still.
const ORDERS_MAX: usize = 1024;

#[derive(Debug, Error)]
pub enum StudioError {
    #[error("no such recording; start it first")]
    NotFound,
    #[error("this recording or this sale's recording was started with another body")]
    DifferentBody,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the disk is full; free some space where the evidence is kept")]
    DiskFull,
    #[error("too many recordings run; stop some first")]
    TooMany,
    #[error("the recordings' desk is busy or gone; try again")]
    Busy,
    #[error("cannot write the evidence")]
    Io(#[from] io::Error),
    #[error("cannot store the recording")]
    Store(#[from] StoreError),
}

pub type Reply<T> = oneshot::Sender<Result<T, StudioError>>;

pub enum Order {
    Start { id: RecordingId, sale: SaleId, preroll_ms: Option<u32>, reply: Reply<Recording> },
    Photo { id: RecordingId, kind: PhotoKind, jpeg: Vec<u8>, taken_us: i64, reply: Reply<Recording> },
    Goods { id: RecordingId, goods: Vec<u8>, media_type: String, reply: Reply<Recording> },
    Stop { id: RecordingId, postroll: Duration, reply: Reply<Recording> },
    Get { id: RecordingId, reply: Reply<(Recording, Option<Arc<Feed>>)> },
    OfSale { sale: SaleId, reply: Reply<Option<Recording>> },
    Running { reply: Reply<usize> },
    Clip { id: RecordingId, event: ClipEvent },
}

#[derive(Clone, Debug)]
pub struct StudioSettings {
    pub evidence: PathBuf,
    pub preroll_ms: u32,
    pub clip_max: Duration,
    /// How long a closed clip waits for its goods before it is sealed without.
    pub goods_wait: Duration,
    pub clock_source: &'static str,
}

/// What a desk works with.
pub struct Equipment {
    pub settings: StudioSettings,
    pub store: Store,
    pub key: SigningKey,
    pub clock: Clock,
    pub engine: mpsc::Sender<EngineInput>,
}

/// The way to the desk.
#[derive(Clone)]
pub struct Studio {
    orders: SyncSender<Order>,
}

impl Studio {
    pub fn new() -> (Self, Receiver<Order>) {
        let (orders, inbox) = sync_channel(ORDERS_MAX);
        (Self { orders }, inbox)
    }

    pub async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, StudioError> {
        let (reply, answer) = oneshot::channel();
        match self.orders.try_send(order(reply)) {
            Ok(()) => answer.await.unwrap_or(Err(StudioError::Busy)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(StudioError::Busy),
        }
    }

    /// From a clip's own thread, which may wait.
    pub fn report(&self, id: &RecordingId, event: ClipEvent) {
        if self.orders.send(Order::Clip { id: id.clone(), event }).is_err() {
            tracing::debug!("a clip's report comes after the end");
        }
    }
}
