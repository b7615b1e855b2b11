//! Who the printer says it is (`GS I`), and what follows from that.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::command::{ASK_FONTS, ASK_MODEL, ASK_SERIAL, STATUS_REQUEST};
use crate::domain::job::Confidence;
use crate::drawing::font::{COLUMN_DOTS, Face};
use crate::profile::{Chinese, Fence, Model, Symbols, Table};

/// A fit printer answers `GS I` at once; one that has not answered by then never will.
const ANSWER_WAIT: Duration = Duration::from_millis(700);
/// Characters of a model's name kept.
const NAME_LEN_MAX: usize = 40;

/// What the configuration leaves to the printer.
#[derive(Clone)]
pub struct Profile {
    pub table: Table,
    /// The configured entry, or the one for a printer that does not say who it is.
    pub model: Model,
    /// Whether the printer is asked for its name.
    pub ask_model: bool,
    /// Set: instead of the entry's.
    pub columns: Option<usize>,
    pub process_id: Option<bool>,
    pub chinese: Option<Chinese>,
    /// A fit printer that has not answered the fence for this long has lost the job.
    pub fence_timeout: Duration,
    pub face: Option<Arc<Face>>,
    /// The owner lets Chit write the shop's logo into the printer's memory.
    pub logo_in_printer: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Name,
    Fonts,
    Serial,
}

/// The printer at the other end of one connection.
pub struct Identity {
    profile: Profile,
    pub model: Model,
    /// What it calls itself; empty if it did not say.
    pub said: String,
    fonts: String,
    /// Its serial number; empty if it was not asked or did not say.
    pub serial: String,
    asked: VecDeque<Asked>,
    until: Option<Instant>,
    /// Whether it answers `GS r`; `None`: it was asked and has not answered yet.
    answers_status: Option<bool>,
}

impl Identity {
    pub fn new(profile: Profile) -> Self {
        let model = profile.model.clone();
        Self {
            profile,
            model,
            said: String::new(),
            fonts: String::new(),
            serial: String::new(),
            asked: VecDeque::new(),
            until: None,
            answers_status: Some(true),
        }
    }

    /// The questions to send; empty if nothing is left to the printer.
    pub fn questions(&mut self) -> Vec<u8> {
        let chinese = self.profile.chinese.unwrap_or(self.model.chinese);
        let mut bytes = Vec::new();
        self.asked.clear();
        if self.profile.ask_model && self.model.answers {
            self.asked.push_back(Asked::Name);
            bytes.extend(ASK_MODEL);
        }
        if chinese == Chinese::Ask && self.model.answers {
            self.asked.push_back(Asked::Fonts);
            bytes.extend(ASK_FONTS);
        }
        let known = self.profile.process_id == Some(true) || self.profile.model.fence == Fence::Status;
        if self.model.answers && !known && self.profile.model.fence == Fence::Ask {
            // Two, as behind a paper: one may pass for the end of an automatic status.
            bytes.extend([STATUS_REQUEST, STATUS_REQUEST].concat());
            self.answers_status = None;
        } else {
            self.answers_status = Some(self.profile.model.fence != Fence::Idle);
        }
        self.until = None;
        bytes
    }

    /// `GS r` was answered.
    pub fn hear_status(&mut self) {
        self.answers_status = Some(true);
    }

    /// What confirms a paper, beside process ids.
    pub fn fence(&self) -> Fence {
        match (self.model.fence, self.answers_status) {
            (Fence::Ask, Some(false)) | (Fence::Idle, _) => Fence::Idle,
            (Fence::Ask | Fence::Status, _) => Fence::Status,
        }
    }

    pub fn confirms_by(&self) -> Confidence {
        match (self.model.answers, self.echoes_ids(), self.fence()) {
            (false, ..) => Confidence::SentOnly,
            (true, true, _) => Confidence::ProcessId,
            (true, false, Fence::Idle) => Confidence::Idle,
            (true, false, Fence::Status | Fence::Ask) => Confidence::Fence,
        }
    }

    /// Not where nobody knows whether it would draw the symbol or print its text.
    pub fn draws_qr(&self) -> bool {
        self.model.qr == Symbols::Native && self.is_recognised()
    }

    /// Whether the entry of the table is this printer's own, and not the one for any printer.
    pub fn is_recognised(&self) -> bool {
        !self.profile.ask_model || !self.said.is_empty() && self.profile.table.of_model(&self.said).is_some()
    }

    /// One question more, of a printer that is known.
    pub fn ask_serial(&mut self) -> [u8; 3] {
        self.asked.push_back(Asked::Serial);
        self.until = None;
        ASK_SERIAL
    }

    /// The answers come in the order of the questions.
    pub fn hear(&mut self, text: &str) {
        match self.asked.pop_front() {
            Some(Asked::Name) => {
                self.said = name(text);
                self.model = self.profile.table.of_model(&self.said).unwrap_or(&self.profile.model).clone();
            }
            Some(Asked::Fonts) => self.fonts = text.to_owned(),
            Some(Asked::Serial) => {
                self.serial = name(text);
                return;
            }
            None => return,
        }
        if self.asked.is_empty() {
            tracing::info!(
                model = self.said,
                profile = self.model.name,
                fonts = self.fonts,
                process_ids = self.echoes_ids(),
                "printer"
            );
        }
    }

    /// Whether a paper may be composed: all is answered, or was waited for long enough since the printer was fit.
    pub fn is_settled(&mut self, now: Instant) -> bool {
        if self.is_known() {
            return true;
        }
        let until = *self.until.get_or_insert(now + ANSWER_WAIT);
        if until <= now {
            tracing::info!(profile = self.model.name, "the printer does not say what it is");
            self.asked.clear();
            if self.answers_status.is_none() {
                tracing::info!("the printer does not answer GS r: papers are confirmed by DLE EOT");
                self.answers_status = Some(false);
            }
        }
        until <= now
    }

    /// Nothing is left to be asked or to be waited for.
    pub fn is_known(&self) -> bool {
        self.asked.is_empty() && self.answers_status.is_some()
    }

    /// When `is_settled` has to be asked again.
    pub fn deadline(&self) -> Option<Instant> {
        if self.is_known() { None } else { self.until }
    }

    pub fn echoes_ids(&self) -> bool {
        self.model.answers && self.profile.process_id.unwrap_or(self.model.process_id)
    }

    pub fn has_chinese_font(&self) -> bool {
        match self.profile.chinese.unwrap_or(self.model.chinese) {
            Chinese::Gbk => true,
            Chinese::Raster => false,
            Chinese::Ask => self.fonts.contains("CHINA"),
        }
    }

    pub fn columns(&self) -> usize {
        self.profile.columns.unwrap_or(self.model.columns).min(self.model.dots / COLUMN_DOTS)
    }

    pub fn face(&self) -> Option<&Face> {
        self.profile.face.as_deref()
    }

    /// How long this much paper may take from its last byte on: the printer may hold all of it in its buffer.
    pub fn fence_timeout(&self, paper_um: u64) -> Duration {
        self.profile.fence_timeout + self.printing_time(paper_um)
    }

    /// At the slowest speed.
    pub fn printing_time(&self, paper_um: u64) -> Duration {
        Duration::from_micros(paper_um * 1_000 / u64::from(self.model.speed_mm_s))
    }
}

fn name(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NAME_LEN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::GENERIC_80;

    fn identity(chinese: Option<Chinese>) -> Identity {
        let table = Table::load(None).unwrap();
        let model = table.named(GENERIC_80).unwrap().clone();
        Identity::new(Profile {
            table,
            model,
            ask_model: true,
            columns: None,
            process_id: None,
            chinese,
            fence_timeout: Duration::from_secs(1),
            face: None,
            logo_in_printer: false,
        })
    }

    #[test]
    fn a_printer_that_names_itself_gets_its_entry_and_its_font() {
        let mut printer = identity(None);
        assert_eq!(printer.questions(), *b"\x1dI\x43\x1dI\x45\x1dr\x01\x1dr\x01");
        let now = Instant::now();
        assert!(!printer.is_settled(now));
        printer.hear("TM-T82III");
        printer.hear("CHINA GB18030");
        printer.hear_status();
        assert!(printer.is_settled(now) && printer.echoes_ids() && printer.has_chinese_font());
        assert_eq!((printer.said.as_str(), printer.model.name.as_str()), ("TM-T82III", "epson-tm-80"));
    }

    #[test]
    fn a_printer_that_says_nothing_is_waited_for_once_and_gets_pictures() {
        let mut printer = identity(None);
        printer.questions();
        let now = Instant::now();
        assert!(!printer.is_settled(now) && printer.deadline() == Some(now + ANSWER_WAIT));
        assert!(printer.is_settled(now + ANSWER_WAIT));
        assert!(!printer.echoes_ids() && !printer.has_chinese_font());
        assert_eq!((printer.model.name.as_str(), printer.deadline()), (GENERIC_80, None));
        assert_eq!((printer.fence(), printer.is_recognised()), (Fence::Idle, false));
        printer.hear_status();
        assert_eq!(printer.fence(), Fence::Status, "it was only slow");
    }

    #[test]
    fn what_the_configuration_says_is_not_asked() {
        let mut printer = identity(Some(Chinese::Gbk));
        assert_eq!(printer.questions()[..3], ASK_MODEL);
        printer.hear("TM-m10");
        assert!(printer.has_chinese_font());
        assert_eq!(printer.columns(), 35);
    }

    #[test]
    fn a_long_paper_is_given_the_time_of_the_slowest_printer() {
        let printer = identity(None);
        assert_eq!(printer.fence_timeout(0), Duration::from_secs(1));
        assert_eq!(printer.fence_timeout(500_000), Duration::from_secs(21), "half a metre at 25 mm/s");
    }
}
