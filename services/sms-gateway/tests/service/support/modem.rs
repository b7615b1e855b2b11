//! A small scripted modem at the far end of a real pseudo terminal.

use serialport::{SerialPort, TTYPort};
use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(10);
const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

/// What happens to the next submission.
#[derive(Clone, Copy)]
pub enum Fate {
    Accept,
    /// Taken by the network, but the modem's answer never comes.
    Swallow,
    /// `+CMGS:` comes, the OK after it does not.
    AcknowledgeOnly,
    /// The OK of an earlier command comes late; from then on it is mute.
    StrayOk,
    Refuse(u16),
    /// The answer to the submission before comes at last, then this one is refused.
    LateThenRefuse(u8, u16),
    /// The answer to the submission before comes at last, then this one's.
    LateThenAccept(u8),
}

#[derive(Default)]
pub struct Script {
    pub mute: bool,
    /// The command that it falls silent at.
    pub mute_at: &'static str,
    /// Bytes that came while it was mute.
    pub ignored: usize,
    pub echo: bool,
    pub unregistered: bool,
    /// What `AT+CPIN?` says; empty = READY.
    pub sim: String,
    pub fates: VecDeque<Fate>,
    /// PDUs that came with Ctrl-Z.
    pub submitted: Vec<String>,
    /// Bytes to write now, from the test.
    pub say: Vec<u8>,
    pub storage: BTreeMap<u32, String>,
    pub pins: Vec<String>,
    pub refuses_pin: bool,
    /// What the operator answers to a USSD code.
    pub ussd: String,
    /// What `AT+CCLK?` says.
    pub clock: String,
    /// SMS go out by this service only (27.007 §10.1.21).
    pub only_service: Option<u8>,
    pub service: u8,
    /// Values of `+CNMI=?`; empty: it does not know the question.
    pub cnmi: String,
    /// Commands that came, in order.
    pub heard: Vec<String>,
    /// Places of each memory; what it does not name has 50.
    pub places: BTreeMap<String, u32>,
    /// How often `AT+CPIN?` was asked.
    pub looks: usize,
    /// Empty: it does not know.
    pub iccid: String,
    /// What it answers to `AT+CPINR`, nothing if empty; `None`: it does not know the question.
    pub tries: Option<String>,
    stop: bool,
}

pub struct Modem {
    pub path: String,
    script: Arc<Mutex<Script>>,
    thread: Option<JoinHandle<()>>,
}

impl Modem {
    pub fn start() -> Self {
        let (mut master, mut slave) = TTYPort::pair().unwrap();
        slave.set_exclusive(false).unwrap();
        master.set_timeout(POLL).unwrap();
        let path = slave.name().unwrap();
        let script = Arc::new(Mutex::new(Script { echo: true, ..Script::default() }));
        let thread = std::thread::spawn({
            let script = script.clone();
            move || {
                // The slave stays open here, so that the service can come and go.
                let _slave = slave;
                Peer { script, line: Vec::new(), prompted: false, reference: 0 }.run(&mut master);
            }
        });
        Self { path, script, thread: Some(thread) }
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut Script) -> T) -> T {
        work(&mut self.script.lock().unwrap())
    }

    /// An SMS arrives: stored, then announced.
    pub fn receive(&self, pdu: &str) {
        self.with(|script| {
            let index = script.storage.keys().last().map_or(0, |last| last + 1);
            script.storage.insert(index, pdu.to_owned());
            script.say.extend(format!("\r\n+CMTI: \"SM\",{index}\r\n").bytes());
        });
    }

    /// A status report arrives.
    pub fn report(&self, pdu: &str) {
        self.with(|script| {
            script.say.extend(format!("\r\n+CDS: {}\r\n{pdu}\r\n", pdu.len() / 2 - 1).bytes())
        });
    }

    pub fn unplug(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.with(|script| script.stop = true);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Modem {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Peer {
    script: Arc<Mutex<Script>>,
    line: Vec<u8>,
    prompted: bool,
    reference: u8,
}

impl Peer {
    fn run(&mut self, master: &mut TTYPort) {
        let mut chunk = [0; 256];
        loop {
            let said = {
                let mut script = self.script.lock().unwrap();
                if script.stop {
                    return;
                }
                std::mem::take(&mut script.say)
            };
            master.write_all(&said).unwrap();
            let count = master.read(&mut chunk).unwrap_or(0);
            for byte in &chunk[..count] {
                let answer = self.hear(*byte);
                master.write_all(answer.as_bytes()).unwrap();
            }
        }
    }

    fn hear(&mut self, byte: u8) -> String {
        let script = self.script.clone();
        let mut script = script.lock().unwrap();
        if script.mute {
            script.ignored += 1;
            return String::new();
        }
        match byte {
            ESCAPE => {
                self.line.clear();
                let prompted = std::mem::take(&mut self.prompted);
                if prompted { "\r\nOK\r\n".into() } else { String::new() }
            }
            CTRL_Z if self.prompted => {
                self.prompted = false;
                let pdu = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
                self.submit(&mut script, pdu)
            }
            b'\r' => {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                let echo = if script.echo { format!("{line}\r") } else { String::new() };
                echo + &self.command(&mut script, &line)
            }
            byte => {
                self.line.push(byte);
                String::new()
            }
        }
    }

    fn submit(&mut self, script: &mut Script, pdu: String) -> String {
        let echo = if script.echo { pdu.clone() } else { String::new() };
        script.submitted.push(pdu);
        let fate = match script.only_service {
            Some(only) if only != script.service => Fate::Refuse(41),
            _ => script.fates.pop_front().unwrap_or(Fate::Accept),
        };
        echo + &match fate {
            Fate::Accept => {
                self.reference = self.reference.wrapping_add(1);
                format!("\r\n^RSSI:9\r\n\r\n+CMGS: {}\r\n\r\nOK\r\n", self.reference)
            }
            Fate::Swallow => String::new(),
            Fate::AcknowledgeOnly => "\r\n+CMGS: 200\r\n".into(),
            Fate::StrayOk => {
                (script.mute, script.ignored) = (true, 0);
                "\r\nOK\r\n".into()
            }
            Fate::LateThenRefuse(late, code) => {
                format!("\r\n+CMGS: {late}\r\n\r\nOK\r\n\r\n+CMS ERROR: {code}\r\n")
            }
            Fate::LateThenAccept(late) => {
                format!("\r\n+CMGS: {late}\r\n\r\nOK\r\n\r\n+CMGS: 77\r\n\r\nOK\r\n")
            }
            Fate::Refuse(code) => format!("\r\n+CMS ERROR: {code}\r\n"),
        }
    }

    fn command(&mut self, script: &mut Script, line: &str) -> String {
        let ok = |answer: String| format!("\r\n{answer}\r\n\r\nOK\r\n");
        script.heard.push(line.to_owned());
        if line == script.mute_at {
            script.mute = true;
            return String::new();
        }
        if line == "ATE0" {
            script.echo = false;
        }
        if line.starts_with("AT+CMGS=") {
            self.prompted = true;
            return "\r\n> ".into();
        }
        if let Some(index) = line.strip_prefix("AT+CMGD=") {
            script.storage.remove(&index.parse().unwrap());
            return "\r\nOK\r\n".into();
        }
        if let Some(pin) = line.strip_prefix("AT+CPIN=") {
            script.pins.push(pin.to_owned());
            if script.refuses_pin {
                return "\r\n+CME ERROR: 16\r\n".into();
            }
            script.sim.clear();
            return "\r\nOK\r\n".into();
        }
        if let Some(service) = line.strip_prefix("AT+CGSMS=").and_then(|value| value.parse().ok()) {
            script.service = service;
        }
        if line.starts_with("AT+CUSD=1,") && !script.ussd.is_empty() {
            return format!("\r\nOK\r\n\r\n+CUSD: 0,\"{}\",15\r\n", script.ussd);
        }
        script.looks += usize::from(line == "AT+CPIN?");
        match line {
            "AT+CPIN?" if script.sim.is_empty() => ok("+CPIN: READY".into()),
            "AT+CPINR=\"SIM PIN\"" => script.tries.clone().unwrap_or_else(|| "\r\nERROR\r\n".into()),
            "AT+ICCID" => "\r\nERROR\r\n".into(),
            "AT+CPIN?" => ok(format!("+CPIN: {}", script.sim)),
            "AT+CREG?" => ok(format!("+CREG: 0,{}", if script.unregistered { 2 } else { 1 })),
            "AT+CEREG?" | "AT+CNMI=2,1,0,1,0" => "\r\nERROR\r\n".into(),
            "AT+CCID" if script.iccid.is_empty() => "\r\nERROR\r\n".into(),
            "AT+CCID" => ok(format!("+CCID: \"{}\"", script.iccid)),
            "AT+CGMM" => ok("Test modem".into()),
            "AT+CSQ" => ok("+CSQ: 21,99".into()),
            "AT+CMGL=4" if script.storage.is_empty() => "\r\n+CMS ERROR: 321\r\n".into(),
            "AT+CMGL=4" => {
                let list = script.storage.iter();
                let entries = list.map(|(i, pdu)| format!("+CMGL: {i},1,,{}\r\n{pdu}", pdu.len() / 2 - 1));
                ok(entries.collect::<Vec<_>>().join("\r\n"))
            }
            "AT+CGSMS?" => ok(format!("+CGSMS: {}", script.service)),
            "AT+CGSMS=?" => ok("+CGSMS: (0-3)".into()),
            "AT+CCLK?" if !script.clock.is_empty() => ok(format!("+CCLK: {}", script.clock)),
            "AT+CNMI=?" if script.cnmi.is_empty() => "\r\nERROR\r\n".into(),
            "AT+CNMI=?" => ok(format!("+CNMI: {}", script.cnmi)),
            _ if line.starts_with("AT+CNMI=") && !script.cnmi.is_empty() => cnmi(&script.cnmi, line),
            "AT+CPMS=?" => ok("+CPMS: (\"SM\",\"ME\"),(\"SM\",\"ME\"),(\"SM\",\"ME\")".into()),
            _ if line.starts_with("AT+CPMS=") => {
                let memory = line.split('"').nth(1).unwrap_or_default();
                let places = script.places.get(memory).copied().unwrap_or(50);
                ok(format!("+CPMS: 0,{places},0,{places},0,{places}"))
            }
            _ => "\r\nOK\r\n".into(),
        }
    }
}

/// OK when each value is in its set of the offer, such as `(0-3),(0,1)`.
fn cnmi(offer: &str, line: &str) -> String {
    let sets = offer.split(')').filter_map(|set| set.split_once('('));
    let values = line.trim_start_matches("AT+CNMI=").split(',');
    let taken = sets.zip(values).all(|((_, set), value)| {
        set.split(',').any(|item| match item.split_once('-') {
            Some((first, last)) => (first..=last).contains(&value),
            None => item == value,
        })
    });
    if taken { "\r\nOK\r\n".into() } else { "\r\n+CMS ERROR: 538\r\n".into() }
}
