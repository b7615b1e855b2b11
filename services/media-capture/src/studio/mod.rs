//! Where recordings live: one thread owns them all, so that files, store and state never disagree.

mod attaching;
mod custody;
mod desk;
mod feed;
mod filming;
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
use tokio::sync::{oneshot, watch};

pub use custody::Asked;
pub use desk::{Desk, free_bytes};
pub use feed::{EventKind, Feed};

use crate::device::clip_writer::ClipEvent;
use crate::device::engine_queue::EngineQueue;
use crate::device::microphone::MicrophoneState;
use crate::domain::budget::Budget;
use crate::domain::custody::{Custody, CustodyRefused, Entry, EntryKind, Hold};
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::mask::Mask;
use crate::domain::recording::{PaperCode, PhotoKind, Recording, Refused};
use crate::domain::retention::{Facts, Profile, Schedule};
use crate::evidence::film_keys::FilmKeys;
use crate::evidence::keys::Keepers;
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
    #[error(transparent)]
    Custody(#[from] CustodyRefused),
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
    Start {
        id: RecordingId,
        sale: SaleId,
        preroll_ms: Option<u32>,
        reply: Reply<Recording>,
    },
    Photo {
        id: RecordingId,
        kind: PhotoKind,
        shot: Shot,
        reply: Reply<Recording>,
    },
    Goods {
        id: RecordingId,
        goods: Vec<u8>,
        media_type: String,
        reply: Reply<Recording>,
    },
    Stop {
        id: RecordingId,
        postroll: Duration,
        reply: Reply<Recording>,
    },
    Get {
        id: RecordingId,
        reply: Reply<(Recording, Option<Arc<Feed>>)>,
    },
    /// A photo is being taken: the seal waits for it.
    PhotoBegins {
        id: RecordingId,
        reply: Reply<Recording>,
    },
    /// It was taken, or given up.
    PhotoOver {
        id: RecordingId,
    },
    /// What the service is told of a sale that it may be filming.
    Note {
        sale: SaleId,
        note: Note,
        told: Told,
        reply: Reply<Keeping>,
    },
    Keeping {
        sale: SaleId,
        reply: Reply<Keeping>,
    },
    Hold {
        sale: SaleId,
        hold: Hold,
        reply: Reply<Keeping>,
    },
    ReleaseHold {
        sale: SaleId,
        hold_id: String,
        actor: String,
        reply: Reply<Keeping>,
    },
    Purge {
        sale: SaleId,
        asked: Asked,
        reply: Reply<Keeping>,
    },
    Exported {
        sale: SaleId,
        kind: EntryKind,
        asked: Asked,
        reply: Reply<()>,
    },
    LogAfter {
        position: u64,
        reply: Reply<Vec<(u64, Entry)>>,
    },
    OfSale {
        sale: SaleId,
        reply: Reply<Option<Recording>>,
    },
    Running {
        reply: Reply<usize>,
    },
    Budget {
        reply: Reply<Budget>,
    },
    Clip {
        id: RecordingId,
        event: ClipEvent,
    },
}

/// A photo as it was taken.
pub struct Shot {
    pub jpeg: Vec<u8>,
    /// Business time, microseconds since the Unix epoch.
    pub taken_us: i64,
    pub paper_code: Option<PaperCode>,
}

/// What is kept of a sale and until when.
#[derive(Clone, Debug)]
pub struct Keeping {
    pub sale: SaleId,
    pub profile: &'static str,
    pub custody: Custody,
    pub schedule: Schedule,
}

/// What is burnt into pictures and stands in the manifest.
#[derive(Clone, Debug, Default)]
pub struct Note {
    pub shop: String,
    pub till: String,
    pub receipt_no: String,
}

/// What became of a sale.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub facts: Facts,
    pub still_owed: bool,
}

#[derive(Clone, Debug)]
pub struct StudioSettings {
    pub evidence: PathBuf,
    pub preroll_ms: u32,
    pub clip_max: Duration,
    /// How long a closed clip waits for its goods before it is sealed without.
    pub goods_wait: Duration,
    pub clock_source: &'static str,
    pub retention: Profile,
    /// Cameras' masks, by name.
    pub masks: Vec<(String, Vec<Mask>)>,
    pub sound: bool,
    /// What the evidence may take of the disk; 0 = as much as there is.
    pub disk_cap_bytes: u64,
    /// Due evidence goes within this time of its term.
    pub look_every: Duration,
}

/// What a desk works with.
pub struct Equipment {
    pub settings: StudioSettings,
    pub store: Store,
    pub key: SigningKey,
    pub clock: Clock,
    pub engine: EngineQueue,
    pub microphone: watch::Receiver<MicrophoneState>,
    pub keepers: Arc<Keepers>,
    pub film_keys: Arc<FilmKeys>,
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

    /// The recording is not sealed while what this returns is held.
    pub async fn begin_photo(&self, id: &RecordingId) -> Result<(Recording, PhotoUnderWay), StudioError> {
        let under_way = PhotoUnderWay { studio: self.clone(), id: id.clone() };
        let recording = self.ask(|reply| Order::PhotoBegins { id: id.clone(), reply }).await?;
        Ok((recording, under_way))
    }

    /// From a clip's own thread, which may wait.
    pub fn report(&self, id: &RecordingId, event: ClipEvent) {
        if self.orders.send(Order::Clip { id: id.clone(), event }).is_err() {
            tracing::debug!("a clip's report comes after the end");
        }
    }
}

/// A photo that its recording waits for; a caller that hangs up lets go of it, too.
pub struct PhotoUnderWay {
    studio: Studio,
    id: RecordingId,
}

impl Drop for PhotoUnderWay {
    fn drop(&mut self) {
        if self.studio.orders.try_send(Order::PhotoOver { id: self.id.clone() }).is_err() {
            tracing::warn!(recording = %self.id, "the seal waits longer than its photo");
        }
    }
}
