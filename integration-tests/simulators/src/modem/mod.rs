//! A GSM modem in PDU mode, seen from the TE: 3GPP TS 27.007 (general), 27.005 (SMS), ITU-T V.250 (dialogue).
//! Control commands: see `orders.rs`; fault knobs: see `knobs.rs`.
//!
//! One thread owns the modem; the line, the control socket and its own timers reach it through one channel.

mod address;
mod alphabet;
mod answer;
mod clock;
mod commands;
mod deliver;
mod dialogue;
mod inbound;
mod knobs;
mod orders;
mod sending;
mod sim;
mod sms_commands;
mod submit;
mod syntax;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Instant;

use serde_json::{Value, json};

use crate::control::{self, Events};
use crate::pty::{Port, Wire};
use answer::Refusal;
use clock::Clock;
use dialogue::Entry;
use inbound::Network;
use knobs::Knobs;
use sending::{Sending, Verdict};
use sim::Sim;

#[derive(clap::Parser)]
pub struct Options {
    /// The symlink drivers open.
    #[arg(long)]
    link: PathBuf,
    /// The control socket to create.
    #[arg(long)]
    control: PathBuf,
    /// Places for messages on the SIM.
    #[arg(long, default_value_t = 50)]
    slots: usize,
}

/// What the modem thread hears. The channel has no bound: the line is as slow as its driver, and a control
/// connection waits for its answer.
enum Input {
    /// `.0` distinguishes the lines of successive plugs.
    Wire(u64, Wire),
    Order(Value, Sender<Value>),
}

/// What the modem does when its time comes.
enum Later {
    /// The final answer of the CMGS in progress.
    FinishSubmission(Verdict),
    /// An answer that was ready, but slow.
    Answer(Vec<String>, Option<Refusal>),
    /// The network reports on the n-th submission.
    Report(u64),
    /// The TE did not acknowledge (CNMA) in time.
    AckTimeout,
}

/// What AT commands set, gone after a reset.
struct Settings {
    echo: bool,
    cmee: u8,
    creg: u8,
    cops_format: u8,
    cmgf: u8,
    cmms: u8,
    csms: u8,
    /// <mode>, <mt>, <bm>, <ds>, <bfr>
    cnmi: [u8; 5],
    cfun: u8,
}

struct Modem {
    link: PathBuf,
    inputs: Sender<Input>,
    events: Events,
    port: Option<Port>,
    plugs: u64,
    knobs: Knobs,
    settings: Settings,
    sim: Sim,
    network: Network,
    sending: Sending,
    clock: Clock,
    entry: Entry,
    /// A command is being executed: what the TE types meanwhile waits in `backlog`.
    busy: bool,
    backlog: VecDeque<u8>,
    /// Unsolicited lines that wait for the end of the command.
    unsolicited: VecDeque<String>,
    output: Vec<u8>,
    later: Vec<(Instant, Later)>,
}

/// Serves until stdin closes.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let events = Events::default();
    let (inputs, heard) = mpsc::channel();
    let mut modem = Modem::new(options, inputs.clone(), events.clone());
    modem.plug()?;
    control::serve(&options.control, events, move |request| {
        let (answer, answered) = mpsc::channel();
        let asked = inputs.send(Input::Order(request.clone(), answer));
        asked.ok().and_then(|()| answered.recv().ok()).unwrap_or_else(|| control::error("the modem stopped"))
    })?;
    control::exit_when_stdin_closes();
    modem.live(&heard);
    Ok(())
}

impl Settings {
    fn at_power_up(knobs: &Knobs) -> Self {
        let (cmee, creg, cops_format, cmgf, cmms, csms) = (0, 0, 0, 0, 0, 0);
        Self { echo: knobs.echo, cmee, creg, cops_format, cmgf, cmms, csms, cnmi: [0; 5], cfun: 1 }
    }
}

impl Modem {
    fn new(options: &Options, inputs: Sender<Input>, events: Events) -> Self {
        let knobs = Knobs::default();
        Self {
            link: options.link.clone(),
            inputs,
            events,
            port: None,
            plugs: 0,
            settings: Settings::at_power_up(&knobs),
            knobs,
            sim: Sim::new(options.slots),
            network: Network::default(),
            sending: Sending::default(),
            clock: Clock::system(),
            entry: Entry::default(),
            busy: false,
            backlog: VecDeque::new(),
            unsolicited: VecDeque::new(),
            output: Vec::new(),
            later: Vec::new(),
        }
    }

    fn live(&mut self, heard: &Receiver<Input>) {
        loop {
            let input = match self.later.iter().map(|(at, _)| *at).min() {
                Some(at) => heard.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match input {
                Ok(Input::Wire(plug, wire)) if plug == self.plugs => self.on_wire(wire),
                Ok(Input::Wire(..)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Input::Order(request, reply)) => {
                    let answer =
                        self.obey(&request).unwrap_or_else(|e| control::error(format_args!("{e:#}")));
                    self.flush();
                    // The asker may have hung up.
                    let _ = reply.send(answer);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.do_what_is_due();
            self.flush();
        }
    }

    fn on_wire(&mut self, wire: Wire) {
        match wire {
            Wire::Opened => self.events.push("opened", json!({ "plug": self.plugs })),
            Wire::Closed => self.events.push("closed", json!({ "plug": self.plugs })),
            Wire::Bytes(bytes) if !self.knobs.off => self.hear(&bytes),
            Wire::Bytes(_) => {}
        }
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        while let Some(at) = self.later.iter().position(|(at, _)| *at <= now) {
            match self.later.remove(at).1 {
                Later::FinishSubmission(verdict) => self.finish_submission(&verdict),
                Later::Answer(lines, refusal) => {
                    self.busy = false;
                    self.answer(&lines, refusal);
                }
                Later::Report(n) => {
                    self.report(n, self.knobs.deliver_status);
                }
                Later::AckTimeout => self.ack_timed_out(),
            }
            self.receive();
            self.work();
        }
    }

    fn plug(&mut self) -> std::io::Result<()> {
        self.plugs += 1;
        let (plug, inputs) = (self.plugs, self.inputs.clone());
        self.port = Some(Port::plug(&self.link, move |wire| {
            // Fails only when the modem thread is gone, and then there is no listener.
            let _ = inputs.send(Input::Wire(plug, wire));
        })?);
        Ok(())
    }

    /// Power was away: volatile settings and half-done work are gone; the SIM, and what the network holds, stay.
    fn power_cycle(&mut self) {
        self.settings = Settings::at_power_up(&self.knobs);
        self.sim.lock(self.knobs.sim_pin.clone());
        self.entry = Entry::default();
        self.busy = false;
        self.backlog.clear();
        self.unsolicited.clear();
        self.output.clear();
        self.sending.forget_held();
        self.network.forget_ack();
        self.later.retain(|(_, what)| matches!(what, Later::Report(_)));
    }

    fn powered(&self) -> bool {
        self.port.is_some() && !self.knobs.off
    }

    fn registered(&self) -> bool {
        !self.knobs.no_network && self.settings.cfun == 1 && !self.sim.locked()
    }
}
