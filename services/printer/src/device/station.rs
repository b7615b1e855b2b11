//! What belongs to the one printer: its link and profile, the jobs it works on, who asks it, what is known of it.

use std::sync::Arc;

use chit_runtime::Shutdown;
use tokio::sync::{Mutex, mpsc, watch};

use super::identity::Profile;
use super::order::Order;
use crate::domain::condition::Condition;
use crate::domain::job::Confidence;
use crate::domain::layout::Stationery;
use crate::journal::Journal;
use crate::wire::DocumentReader;

/// What is known of the printer, for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub condition: Condition,
    pub paper_near_end: bool,
    pub drawer_high: bool,
    pub printing: bool,
    /// Columns of its paper.
    pub columns: usize,
    /// What it calls itself.
    pub model: String,
    /// The entry of the profile table.
    pub profile: String,
    /// Whether that entry is this printer's own.
    pub recognised: bool,
    /// How it confirms papers.
    pub confirms_by: Confidence,
    pub native_qr: bool,
    pub chinese_font: bool,
}

impl Status {
    /// Of a printer that was not heard of yet.
    pub fn unknown(profile: &Profile) -> Self {
        Self {
            condition: Condition::Offline,
            paper_near_end: false,
            drawer_high: false,
            printing: false,
            columns: profile.columns.unwrap_or(profile.model.columns),
            model: String::new(),
            profile: profile.model.name.clone(),
            recognised: false,
            confirms_by: Confidence::SentOnly,
            native_qr: false,
            chinese_font: false,
        }
    }
}

/// The printer with all that its owner and each session work with.
pub struct Station<L> {
    pub link: L,
    pub profile: Profile,
    pub journal: Arc<Journal>,
    pub reader: DocumentReader,
    pub stationery: Arc<Stationery>,
    /// What people ask of the printer between papers.
    pub orders: Mutex<mpsc::Receiver<Order>>,
    pub status: watch::Sender<Status>,
    pub shutdown: Shutdown,
}
