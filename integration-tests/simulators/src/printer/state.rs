//! All that changes in the printer. One mutex guards it (`Printer`); nothing here waits or does I/O.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::faults::Faults;
use super::flash::Flash;
use super::glyphs::Glyphs;
use super::inbox::Inbox;
use super::paper::{Finished, PaperFiles};
use super::parser::{Parsed, Parser};
use super::realtime::RealTime;
use super::status::Sensors;
use super::typesetter::Typesetter;
use crate::control::Events;
use crate::hex;

/// The clear response of DLE DC4 fn 8.
const CLEARED: [u8; 3] = [0x37, 0x25, 0x00];

/// The client being served. Dropping `replies` ends its writer.
pub struct Link {
    pub id: u64,
    pub replies: Sender<(Instant, Vec<u8>)>,
}

pub struct State {
    pub events: Events,
    pub faults: Faults,
    pub inbox: Inbox,
    pub parser: Parser,
    /// Parsed and not executed yet, with the link it came by.
    pub held: VecDeque<(Parsed, u64)>,
    pub typesetter: Typesetter,
    pub link: Option<Link>,
    /// GS a: the selected items, 0 is off.
    pub asb_selection: u8,
    asb_reported: Sensors,
    /// GS ( D: DLE DC4 fn 1 may pulse the drawer.
    pub pulse_allowed: bool,
    /// GS ( L, NV graphics.
    pub flash: Flash,
    /// The paper moves until then.
    pub feeding_until: Instant,
    /// Consumed as print data since the last cut.
    raw: Vec<u8>,
    /// How much of `raw` was consumed when paper last moved.
    raw_printed: usize,
    pub paper_began: bool,
    pub out_announced: bool,
    pub stop_announced: bool,
    pub paper_number: u32,
    pub papers: Vec<PaperFiles>,
    /// None while connections are refused.
    pub listener: Option<TcpListener>,
    /// A thread waits in accept() with its own copy of the listener.
    pub accepting: bool,
}

impl State {
    pub fn new(events: Events, glyphs: Glyphs, listener: TcpListener, papers_before: u32) -> Self {
        Self {
            events,
            faults: Faults::default(),
            inbox: Inbox::default(),
            parser: Parser::default(),
            held: VecDeque::new(),
            typesetter: Typesetter::new(glyphs),
            link: None,
            asb_selection: 0,
            asb_reported: Sensors::default(),
            pulse_allowed: true,
            flash: Flash::default(),
            feeding_until: Instant::now(),
            raw: Vec::new(),
            raw_printed: 0,
            paper_began: false,
            out_announced: false,
            stop_announced: false,
            paper_number: papers_before + 1,
            papers: Vec::new(),
            listener: Some(listener),
            accepting: false,
        }
    }

    /// Sends to the client that asked; false if it has left.
    pub fn reply(&self, link: u64, bytes: &[u8]) -> bool {
        let due = Instant::now() + Duration::from_millis(self.faults.late_status_ms);
        self.link
            .as_ref()
            .filter(|current| current.id == link)
            .is_some_and(|current| current.replies.send((due, bytes.to_vec())).is_ok())
    }

    pub fn enable_asb(&mut self, selection: u8, link: u64) {
        self.asb_selection = selection;
        if selection != 0 {
            self.asb_reported = self.faults.sensors();
            self.reply(link, &self.asb_reported.automatic());
        }
    }

    /// To be called after a sensor may have changed.
    pub fn report_sensors(&mut self) {
        let sensors = self.faults.sensors();
        if !sensors.paper_out {
            self.out_announced = false;
        }
        if sensors.differs_in(self.asb_reported, self.asb_selection) {
            self.asb_reported = sensors;
            if let Some(link) = self.link.as_ref().map(|link| link.id) {
                self.reply(link, &sensors.automatic());
            }
        }
    }

    pub fn act_at_once(&mut self, command: RealTime, link: u64) {
        match command {
            RealTime::Status(n) => {
                if let Some(status) = self.faults.sensors().real_time(n) {
                    self.reply(link, &[status]);
                }
            }
            RealTime::Recover(n) => self.events.push("recover", json!({ "n": n })),
            RealTime::Pulse { pin, tenths } if self.pulse_allowed => {
                let on_ms = u32::from(tenths) * 100;
                let pulse = json!({ "pin": pin, "on_ms": on_ms, "off_ms": on_ms, "real_time": true });
                self.events.push("drawer", pulse);
            }
            RealTime::Pulse { .. } => {}
            RealTime::ClearBuffers => self.clear_buffers(link),
        }
    }

    /// Cleared fences never answer. What is on paper already stays there.
    fn clear_buffers(&mut self, link: u64) {
        let bytes = self.inbox.len() + self.parser.pending_len();
        self.inbox.clear(self.typesetter.chinese_mode());
        self.parser.clear();
        self.held.clear();
        self.typesetter.clear_print_buffer();
        self.raw.truncate(self.raw_printed);
        self.events.push("cleared", json!({ "bytes": bytes }));
        self.reply(link, &CLEARED);
    }

    /// Bytes of the current job consumed so far.
    pub fn job_bytes(&self) -> u64 {
        (self.raw.len() + self.parser.pending_len()) as u64
    }

    pub fn record(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
    }

    /// Bookkeeping of a paper movement.
    pub fn paper_moved(&mut self, dots: usize, lines: Vec<String>, now: Instant) {
        let n = self.paper_number;
        self.raw_printed = self.raw.len();
        if !self.paper_began {
            self.paper_began = true;
            self.events.push("first_byte", json!({ "n": n }));
        }
        for text in lines {
            self.events.push("line", json!({ "n": n, "text": text }));
        }
        // 8 dots are 1 mm.
        if let Some(ms) = (dots as u64 * 1000 / 8).checked_div(self.faults.pace_mm_s) {
            self.feeding_until = now + Duration::from_millis(ms);
        }
    }

    /// A cut with no paper in front of the knife.
    pub fn forget_job(&mut self) {
        self.raw.clear();
    }

    /// Takes the finished paper out, if any paper has come.
    pub fn finish_paper(&mut self) -> Option<Finished> {
        let paper = self.typesetter.take_paper()?;
        let finished =
            Finished { number: self.paper_number, paper, raw: self.raw.drain(..self.raw_printed).collect() };
        self.raw_printed = 0;
        self.paper_number += 1;
        self.paper_began = false;
        Some(finished)
    }

    pub fn describe(&self) -> Value {
        json!({
            "link": self.link.as_ref().map(|link| link.id),
            "buffered_bytes": self.inbox.len(),
            "job_bytes": self.job_bytes(),
            "holding": !self.held.is_empty(),
            "papers": self.papers.len(),
            "flash_writes": self.flash.writes,
            "asb": hex::upper(&self.faults.sensors().automatic()),
            "faults": self.faults,
        })
    }
}
