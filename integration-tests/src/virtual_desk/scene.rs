//! What the page shows. The person and their SMS are kept; all else is looked up again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use chit_proto::checkout::v1::{PayerState, Sale, SaleState};
use serde::{Deserialize, Serialize};

/// SMS of a phone; the oldest goes.
const THREAD_MAX: usize = 100;
/// Payers whose phones lie on the desk; the oldest goes.
const PEOPLE_MAX: usize = 12;
/// Numbers whose SMS are kept; beyond that, only those of the people here.
const NUMBERS_MAX: usize = 64;

/// A payer of the shop, with their phone, card and newest sale.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Person {
    pub payer_id: String,
    /// Name and number are empty until their mandate is out of the printer: checkout tells them to nobody.
    pub name: String,
    pub phone: String,
    #[serde(skip)]
    pub state: PayerState,
    #[serde(skip)]
    pub card_serial: String,
    #[serde(skip)]
    pub code_png: Option<PathBuf>,
    /// Number of the paper that is their code card.
    #[serde(skip)]
    pub card: Option<u32>,
    #[serde(skip)]
    pub steps: Steps,
    /// Their newest sale.
    #[serde(skip)]
    pub sale: Option<Sale>,
    #[serde(skip)]
    pub balance: Balance,
}

impl Person {
    pub fn is_active(&self) -> bool {
        self.state == PayerState::Active
    }
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

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Scene {
    /// In the order of their enrolment.
    people: Vec<Person>,
    /// Whose phone is in hand.
    shown: String,
    /// What the network carried to each number and back.
    threads: BTreeMap<String, Vec<Text>>,
    /// Numbers of the papers but cards, newest first.
    #[serde(skip)]
    pub papers: Vec<u32>,
    #[serde(skip)]
    pub faults: BTreeSet<Fault>,
    /// The shown code is in front of the camera.
    #[serde(skip)]
    pub held: bool,
}

impl Scene {
    pub fn recalled(file: &Path) -> Self {
        fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Only the owner may read it, as all else in the house.
    pub fn keep(&self, file: &Path) -> anyhow::Result<()> {
        let draft = file.with_extension("draft");
        let mut new = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
        new.write_all(&serde_json::to_vec_pretty(self)?)?;
        Ok(fs::rename(draft, file)?)
    }

    /// Whose phone is in hand.
    pub fn person(&self) -> Option<&Person> {
        self.people.iter().find(|person| person.payer_id == self.shown)
    }

    /// Whose phones can be taken up.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| !person.phone.is_empty())
    }

    pub fn of_payer(&mut self, payer_id: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.payer_id == payer_id)
    }

    /// Everybody, those whose papers are not out yet too.
    pub fn everybody(&mut self) -> impl Iterator<Item = &mut Person> {
        self.people.iter_mut()
    }

    /// A payer who is not known yet takes a place; the first phone is in hand at once.
    pub fn seat(&mut self, payer_id: &str) -> &mut Person {
        let at = self.people.iter().position(|person| person.payer_id == payer_id);
        let at = at.unwrap_or_else(|| {
            let too_many = (self.people.len() + 1).saturating_sub(PEOPLE_MAX);
            self.people.drain(..too_many);
            self.people.push(Person { payer_id: payer_id.to_owned(), ..Person::default() });
            self.people.len() - 1
        });
        &mut self.people[at]
    }

    /// Takes up the phone of another payer.
    pub fn show(&mut self, payer_id: &str) {
        payer_id.clone_into(&mut self.shown);
    }

    pub fn thread(&self) -> &[Text] {
        let thread = self.person().and_then(|person| self.threads.get(&person.phone));
        thread.map(Vec::as_slice).unwrap_or_default()
    }

    pub fn write_down(&mut self, number: &str, own: bool, text: &str) {
        if self.threads.len() >= NUMBERS_MAX {
            let people = &self.people;
            let is_here = |number: &str| people.iter().any(|person| person.phone == number);
            self.threads.retain(|known, _| known == number || is_here(known));
        }
        let thread = self.threads.entry(number.to_owned()).or_default();
        thread.push(Text { own, text: text.to_owned() });
        let too_many = thread.len().saturating_sub(THREAD_MAX);
        thread.drain(..too_many);
    }

    /// The number behind a masked one ("+86138 **** 5678"): it got an SMS, and nobody else has it.
    pub fn number_behind(&self, masked: &str) -> Option<String> {
        let (head, tail) = masked.split_once(" **** ")?;
        let is_it = |number: &&String| {
            number.starts_with(head)
                && number.ends_with(tail)
                && !self.people.iter().any(|person| person.phone == **number)
        };
        self.threads.keys().find(is_it).cloned()
    }

    /// A sale from an event. Goods that are scanned are a step of who will buy, and that is not known yet.
    pub fn see_sale(&mut self, sale: Sale) {
        let open = matches!(sale.state(), SaleState::Draft | SaleState::PayerOk);
        let goods_are_there = open && !sale.lines.is_empty();
        let shown = self.shown.clone();
        if let Some(person) = self.of_payer(&shown)
            && person.state != PayerState::Unspecified
        {
            person.steps.scanned |= goods_are_there;
        }
        let Some(person) = self.of_payer(&sale.payer_id) else { return };
        person.steps.sold |= sale.release_time.is_some();
        let answered = [SaleState::Verified, SaleState::Submitted, SaleState::Settled];
        person.steps.answered |= answered.contains(&sale.state());
        person.steps.settled |= sale.settle_time.is_some();
        if person.sale.as_ref().is_none_or(|newest| newest.sale_id <= sale.sale_id) {
            person.sale = Some(sale);
        }
    }
}
