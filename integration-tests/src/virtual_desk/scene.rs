//! What the page shows. The person and their SMS are kept; all else is looked up again.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chit_proto::checkout::v1::{PayerState, Sale, SaleState};
use serde::{Deserialize, Serialize};

/// SMS on the phone; the oldest goes.
const THREAD_MAX: usize = 100;

/// The visitor of the page, as a payer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub payer_id: String,
    pub phone: String,
    pub thread: Vec<Text>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Text {
    /// True for what they wrote.
    pub own: bool,
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    PaperOut,
    ModemOff,
    CameraUnplugged,
    WrongReply,
}

impl Fault {
    pub const ALL: [Self; 4] = [Self::PaperOut, Self::ModemOff, Self::CameraUnplugged, Self::WrongReply];

    pub fn name(self) -> &'static str {
        match self {
            Self::PaperOut => "paper-out",
            Self::ModemOff => "modem-off",
            Self::CameraUnplugged => "camera-unplugged",
            Self::WrongReply => "wrong-reply",
        }
    }
}

/// What the person has done so far; a later step does not wait for an earlier one.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    pub enrolled: bool,
    pub scanned: bool,
    pub sold: bool,
    pub answered: bool,
    pub settled: bool,
}

/// What is owed and what is taken, from the payer's account in the ledger.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    pub pending_minor: i64,
    pub taken_minor: i64,
    pub refunded_minor: i64,
}

#[derive(Clone, Default)]
pub struct Scene {
    pub person: Option<Person>,
    pub payer_state: PayerState,
    pub card_serial: String,
    pub code_png: Option<PathBuf>,
    /// Number of the paper that is their code card.
    pub card: Option<u32>,
    /// Numbers of the other papers, newest first.
    pub papers: Vec<u32>,
    pub faults: BTreeSet<Fault>,
    /// Their code is in front of the camera.
    pub held: bool,
    pub steps: Steps,
    /// Their newest sale.
    pub sale: Option<Sale>,
    pub balance: Balance,
}

impl Scene {
    pub fn recalled(file: &Path) -> Self {
        let person = fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { person, ..Self::default() }
    }

    /// Another person: nothing of the one before is shown.
    pub fn seat(&mut self, person: Person) {
        let papers = std::mem::take(&mut self.papers);
        let faults = std::mem::take(&mut self.faults);
        *self = Self { person: Some(person), papers, faults, ..Self::default() };
    }

    pub fn is_active(&self) -> bool {
        self.payer_state == PayerState::Active
    }

    pub fn write_down(&mut self, own: bool, text: &str) {
        let Some(person) = &mut self.person else { return };
        person.thread.push(Text { own, text: text.to_owned() });
        let too_many = person.thread.len().saturating_sub(THREAD_MAX);
        person.thread.drain(..too_many);
    }

    /// A sale from an event.
    pub fn see_sale(&mut self, sale: Sale) {
        let Some(person) = &self.person else { return };
        if self.payer_state == PayerState::Unspecified {
            return;
        }
        let open = matches!(sale.state(), SaleState::Draft | SaleState::PayerOk);
        self.steps.scanned |= open && !sale.lines.is_empty();
        if sale.payer_id != person.payer_id {
            return;
        }
        self.steps.sold |= sale.release_time.is_some();
        let answered = [SaleState::Verified, SaleState::Submitted, SaleState::Settled];
        self.steps.answered |= answered.contains(&sale.state());
        self.steps.settled |= sale.settle_time.is_some();
        if self.sale.as_ref().is_none_or(|newest| newest.sale_id <= sale.sale_id) {
            self.sale = Some(sale);
        }
    }
}

/// Only the owner may read it, as all else in the house.
pub fn keep(file: &Path, person: &Person) -> anyhow::Result<()> {
    let draft = file.with_extension("draft");
    let mut new = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
    new.write_all(&serde_json::to_vec_pretty(person)?)?;
    Ok(fs::rename(draft, file)?)
}
