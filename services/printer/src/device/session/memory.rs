//! The shop's logo goes into the printer's memory once, and from then on is printed by its key.
//!
//! The printer itself is asked what it holds, on every connection; its flash is written only if the logo is not there.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

use super::{Ended, Session};
use crate::device::command::{ACK, ASK_LOGO_KEYS};
use crate::device::link::PrinterLink;
use crate::device::logo;
use crate::domain::bitmap::Bitmap;
use crate::domain::condition::Condition;
use crate::drawing::font::COLUMN_DOTS;
use crate::profile::LogoMemory;
use crate::store::StoredLogo;

/// A printer without such a memory does not answer.
const KEYS_WAIT: Duration = Duration::from_millis(700);
/// Epson allows 60 s for one picture among fifty; it is busy and silent meanwhile.
const WRITE_WAIT: Duration = Duration::from_secs(90);
/// Keys that a printer names at most.
const KEYS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Memory {
    /// Not asked yet.
    Unknown,
    Asked {
        until: Instant,
    },
    Writing {
        key: [u8; 2],
        until: Instant,
    },
    /// The logo has this key, or is sent with each paper.
    Settled(Option<[u8; 2]>),
}

impl Memory {
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Settled(_))
    }

    pub fn is_writing(&self) -> bool {
        matches!(self, Self::Writing { .. })
    }

    pub fn key(&self) -> Option<[u8; 2]> {
        if let Self::Settled(key) = self { *key } else { None }
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Asked { until } | Self::Writing { until, .. } => Some(*until),
            Self::Unknown | Self::Settled(_) => None,
        }
    }
}

impl<L: PrinterLink + Sync> Session<'_, L> {
    /// Asks a fit printer that is known once; true when papers may be laid out.
    pub(super) async fn memory_is_settled(&mut self) -> Result<bool, Ended> {
        if self.memory != Memory::Unknown {
            return Ok(self.memory.is_settled());
        }
        if self.condition() != Condition::Ready || !self.identity.is_settled(Instant::now()) {
            return Ok(false);
        }
        if self.logo_to_store().is_none() {
            self.memory = Memory::Settled(None);
            return Ok(true);
        }
        self.memory = Memory::Asked { until: Instant::now() + KEYS_WAIT };
        self.logo_keys.clear();
        let bytes = [self.identity.ask_serial().as_slice(), &ASK_LOGO_KEYS].concat();
        self.writer.write_all(&bytes).await?;
        Ok(false)
    }

    /// None where it is sent with each paper.
    fn logo_to_store(&self) -> Option<Arc<Bitmap>> {
        let model = &self.identity.model;
        // A busy printer would lose what comes behind the picture if nothing held it back.
        let can = model.answers
            && model.logo_memory == LogoMemory::NvGraphics
            && self.station.profile.logo_in_printer
            && self.station.link.holds_back();
        let logo = self.station.stationery.logo.as_ref().filter(|_| can)?;
        (logo.width <= self.identity.columns() * COLUMN_DOTS).then(|| Arc::clone(logo))
    }

    pub(super) async fn hear_logo_keys(&mut self, keys: Vec<[u8; 2]>, more: bool) -> Result<(), Ended> {
        if !matches!(self.memory, Memory::Asked { .. } | Memory::Writing { .. }) {
            // Too late: an acknowledgement now would come in the middle of a paper.
            return Ok(());
        }
        self.writer.write_all(&ACK).await?;
        if self.logo_keys.len() < KEYS_MAX {
            self.logo_keys.extend(keys);
        }
        match self.memory.clone() {
            Memory::Asked { .. } if !more => self.store_unless_held().await,
            Memory::Writing { key, .. } if !more => {
                self.station.journal.write("logo", |store| store.cleared()).await?;
                let held = self.logo_keys.contains(&key);
                if !held {
                    tracing::warn!(
                        "the printer did not keep the logo (no room?); it is sent with each paper"
                    );
                }
                self.memory = Memory::Settled(held.then_some(key));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn store_unless_held(&mut self) -> Result<(), Ended> {
        self.memory = Memory::Settled(None);
        let Some(dots) = self.logo_to_store() else { return Ok(()) };
        let sha256 = logo::sha256(&dots);
        let printer = self.printer_name();
        let name = printer.clone();
        let known = self.station.journal.read(move |store| store.logo_in(&name)).await?;
        if let Some(known) =
            known.filter(|known| known.sha256 == sha256 && self.logo_keys.contains(&known.key))
        {
            self.memory = Memory::Settled(Some(known.key));
            return Ok(());
        }
        let Some(key) = logo::free_key(&sha256, &self.logo_keys) else { return Ok(()) };
        let Some(bytes) = logo::store(&dots, key) else { return Ok(()) };
        let stored = StoredLogo { key, sha256 };
        if !self.station.journal.write("logo", move |store| store.begin_logo(&printer, &stored)).await? {
            tracing::warn!("the logo was written into this printer often enough; it is sent with each paper");
            return Ok(());
        }
        tracing::info!(bytes = bytes.len(), "the logo goes into the printer's memory");
        self.logo_keys.clear();
        self.memory = Memory::Writing { key, until: Instant::now() + WRITE_WAIT };
        let bytes = [bytes.as_slice(), &ASK_LOGO_KEYS].concat();
        timeout(WRITE_WAIT, self.writer.write_all(&bytes)).await.map_err(|_| Ended::Silent)??;
        Ok(())
    }

    /// By its serial number, so that a printer that is exchanged gets the logo too.
    fn printer_name(&self) -> String {
        match self.identity.serial.as_str() {
            "" => self.station.link.name(),
            serial => format!("{} {serial}", self.identity.said),
        }
    }

    pub(super) fn memory_overdue(&mut self, now: Instant) -> Result<(), Ended> {
        match self.memory {
            Memory::Asked { until } if until <= now => {
                tracing::info!(
                    "the printer keeps no logos, or says nothing of them; it is sent with each paper"
                );
                self.memory = Memory::Settled(None);
                Ok(())
            }
            Memory::Writing { until, .. } if until <= now => Err(Ended::Silent),
            _ => Ok(()),
        }
    }
}
