//! The printing thread: takes bytes from the receive buffer while there is paper and speed for them.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::Printer;
use super::command::Command;
use super::inbox::RECEIVE_BUFFER_BYTES;
use super::paper::Finished;
use super::parser::Parsed;
use super::state::State;
use crate::hex;

enum Step {
    /// Something was done; look again at once.
    Done,
    /// Room in a receive buffer that was full.
    MadeRoom,
    Finished(Finished),
    /// Nothing to do until the state changes, or for this long.
    Wait(Option<Duration>),
}

pub fn run(printer: &Arc<Printer>) {
    let mut state = printer.lock();
    loop {
        match state.step(Instant::now()) {
            Step::Done => {}
            Step::MadeRoom => printer.changed.notify_all(),
            Step::Finished(finished) => {
                drop(state);
                printer.publish(&finished);
                state = printer.lock();
            }
            Step::Wait(None) => {
                state = printer.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            Step::Wait(Some(time)) => {
                let waited = printer.changed.wait_timeout(state, time);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

impl State {
    fn step(&mut self, now: Instant) -> Step {
        if self.feeding_until > now {
            return Step::Wait(Some(self.feeding_until - now));
        }
        if let Some((parsed, link)) = self.held.pop_front() {
            return match parsed {
                Parsed::Command { command, bytes } => self.execute_or_hold(command, bytes, link, now),
                Parsed::Unknown { bytes } => {
                    self.events.push("unknown", json!({ "hex": hex::upper(&bytes) }));
                    self.record(&bytes[..1]);
                    Step::Done
                }
            };
        }
        if self.faults.stop_after_bytes.is_some_and(|limit| self.job_bytes() >= limit) {
            if !self.stop_announced {
                self.stop_announced = true;
                self.events.push("stopped", json!({ "n": self.paper_number, "bytes": self.job_bytes() }));
            }
            return Step::Wait(None);
        }
        if self.faults.sensors().is_blocked() && self.parser.is_in_a_picture() {
            return self.blocked();
        }
        let was_full = self.inbox.len() >= RECEIVE_BUFFER_BYTES;
        let Some((byte, link)) = self.inbox.pop() else { return Step::Wait(None) };
        let parsed = self.parser.push(byte, self.typesetter.chinese_mode());
        self.held.extend(parsed.into_iter().map(|parsed| (parsed, link)));
        if was_full { Step::MadeRoom } else { Step::Done }
    }

    fn blocked(&mut self) -> Step {
        if self.faults.paper_out && !self.out_announced {
            self.out_announced = true;
            let hit = json!({ "n": self.paper_number, "buffered_bytes": self.inbox.len() });
            self.events.push("paper_out_hit", hit);
        }
        Step::Wait(None)
    }

    fn execute_or_hold(&mut self, command: Command, bytes: Vec<u8>, link: u64, now: Instant) -> Step {
        let waits = command.is_fence() || self.typesetter.needs_paper(&command);
        if waits && self.faults.sensors().is_blocked() {
            self.held.push_front((Parsed::Command { command, bytes }, link));
            return self.blocked();
        }
        if command.is_about_status() {
            self.answer(command, link);
            return Step::Done;
        }
        self.record(&bytes);
        match command {
            Command::Unsupported => {
                self.events.push("unknown", json!({ "hex": hex::upper(&bytes) }));
                Step::Done
            }
            Command::Beep(times) => {
                self.events.push("beep", json!({ "times": times }));
                Step::Done
            }
            Command::NvPrint { key, scale_x, scale_y } => {
                if let Some(picture) = self.flash.picture(key) {
                    let picture = picture.enlarged(usize::from(scale_x), usize::from(scale_y));
                    self.typesetter.take_graphics(picture);
                    self.print(Command::PrintGraphics, now);
                }
                Step::Done
            }
            Command::Drawer { pin, on_ms, off_ms } => {
                let pulse = json!({ "pin": pin, "on_ms": on_ms, "off_ms": off_ms, "real_time": false });
                self.events.push("drawer", pulse);
                Step::Done
            }
            Command::Cut { partial, .. } => {
                self.print(command, now);
                let kind = if partial { "partial" } else { "full" };
                self.events.push("cut", json!({ "n": self.paper_number, "kind": kind }));
                if let Some(finished) = self.finish_paper() {
                    return Step::Finished(finished);
                }
                self.forget_job();
                Step::Done
            }
            command => {
                if command == Command::Initialize {
                    self.pulse_allowed = true;
                }
                self.print(command, now);
                Step::Done
            }
        }
    }

    fn print(&mut self, command: Command, now: Instant) {
        let cuts = matches!(command, Command::Cut { .. });
        let printed = self.typesetter.execute(command);
        // The knife belongs to the paper that it ends.
        if printed.fed_dots > 0 || !printed.lines.is_empty() || cuts && self.paper_began {
            self.paper_moved(printed.fed_dots, printed.lines, now);
        }
    }

    fn answer(&mut self, command: Command, link: u64) {
        match command {
            Command::AutomaticStatus(selection) => self.enable_asb(selection, link),
            Command::TransmitStatus(n) => {
                if let Some(status) = self.faults.sensors().transmitted(n) {
                    let delivered = self.reply(link, &[status]);
                    self.events.push("fence", json!({ "kind": "status", "n": n, "delivered": delivered }));
                }
            }
            Command::ProcessId(id) if self.faults.process_id_supported => {
                let [a, b, c, d] = id;
                let delivered = self.reply(link, &[0x37, 0x22, a, b, c, d, 0x00]);
                let fence = json!({ "kind": "process_id", "id": hex::upper(&id), "delivered": delivered });
                self.events.push("fence", fence);
            }
            Command::NvList if self.faults.nv_graphics_supported => {
                let block = self.flash.list();
                self.reply(link, &block);
            }
            Command::NvStore { key, width, height, data } if self.faults.nv_graphics_supported => {
                let kept = self.flash.store(key, usize::from(width), usize::from(height), &data);
                let told = json!({ "key": hex::upper(&key), "kept": kept, "writes": self.flash.writes });
                self.events.push("flash", told);
            }
            Command::NvDelete(key) => self.flash.delete(key),
            Command::Acknowledge => {
                if let Some(block) = self.flash.acknowledged() {
                    self.reply(link, &block);
                }
            }
            Command::PrinterId(n) => {
                self.reply(link, &printer_id(n));
            }
            Command::RealTimeSwitch(pairs) => {
                for (function, enabled) in pairs {
                    if function == 1 {
                        self.pulse_allowed = enabled;
                    }
                }
            }
            _ => {}
        }
    }
}

/// GS I n: model, type and ROM as one byte, names as `_…NUL`.
fn printer_id(n: u8) -> Vec<u8> {
    let name = match n {
        1 | 49 => return vec![0x20],
        // Bit 0: two-byte characters, bit 1: auto-cutter.
        2 | 50 => return vec![0x03],
        3 | 51 => return vec![0x01],
        65 => "1.00",
        66 => "CHIT",
        67 => "SIM-80",
        68 => "SIM0000001",
        69 => "CHINA GB2312",
        _ => return Vec::new(),
    };
    [b"_", name.as_bytes(), b"\0"].concat()
}
