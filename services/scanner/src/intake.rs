//! What every handheld's driver hands over, whatever wire it hangs on: bytes become codes, codes become scans.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::debounce::Debounce;
use crate::domain::framer::{Framed, Framer, Parity, Suffix};
use crate::domain::interpret::{Aim, Charset, Interpreter};
use crate::domain::refusal::Refusal;
use crate::domain::scan::{Reading, Scan};
use crate::scans::Scans;
use crate::sources::{Device, Seen};

/// How a device is read; from chit.toml.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub suffix: Suffix,
    pub charset: Charset,
    pub aim: Aim,
    pub debounce: Duration,
}

pub struct Intake {
    device: Arc<Device>,
    scans: Arc<Scans>,
    framer: Framer,
    interpreter: Interpreter,
    debounce: Debounce,
    checkout: u64,
}

impl Intake {
    pub fn new(device: Arc<Device>, scans: Arc<Scans>, settings: Settings) -> Self {
        Self {
            device,
            scans,
            framer: Framer::new(settings.suffix),
            interpreter: Interpreter::new(settings.charset, settings.aim),
            debounce: Debounce::new(settings.debounce),
            checkout: 0,
        }
    }

    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// When `silence` is due.
    pub fn due(&self) -> Option<Duration> {
        self.framer.due()
    }

    /// Bytes of the line; `now` is monotonic.
    pub fn bytes(&mut self, bytes: &[u8], now: Duration) {
        self.device.show(|| Seen::Received(bytes.to_vec()));
        let framed = self.framer.push(bytes, now);
        self.take(framed, now);
    }

    pub fn silence(&mut self, now: Duration) {
        let framed = self.framer.tick(now);
        self.take(framed, now);
    }

    /// The device is gone; the next one may be another.
    pub fn gone(&mut self, now: Duration) {
        let framed = self.framer.cut();
        self.take(framed, now);
        self.interpreter.forget();
    }

    /// A part of the code was lost; its rest is still to come.
    pub fn lost(&mut self, refusal: Refusal, now: Duration) {
        self.framer.spoil(refusal, now);
    }

    /// The whole code has come, and it is none.
    pub fn spoilt(&mut self, refusal: Refusal) {
        let _begun = self.framer.cut();
        self.refuse(refusal);
    }

    fn take(&mut self, framed: impl IntoIterator<Item = Framed>, now: Duration) {
        for framed in framed {
            match framed {
                Framed::Code(code) => self.code(&code, now),
                Framed::Reply(reply) => self.device.show(|| Seen::Reply(reply)),
                Framed::Refused(refusal) => self.refuse(refusal),
            }
        }
        let (end, parity) = (self.framer.end(), self.framer.parity());
        self.device.change(|health| {
            health.suffix = end.map_or(health.suffix, |end| end.name());
            health.remark = match parity {
                Some(Parity::Even) => "the scanner sends 7 data bits with even parity (7E1); set it to 8N1",
                Some(Parity::Odd) => "the scanner sends 7 data bits with odd parity (7O1); set it to 8N1",
                None => "",
            };
        });
    }

    /// A whole code, wherever its end was known from.
    pub fn code(&mut self, code: &[u8], now: Duration) {
        self.device.show(|| Seen::Framed(code.to_vec()));
        let (code, symbol) = match self.interpreter.interpret(code) {
            Ok(read) => read,
            Err(refusal) => return self.refuse(refusal),
        };
        let checkout = self.scans.checkout();
        if checkout != self.checkout {
            self.checkout = checkout;
            self.debounce.forget();
        }
        if !self.debounce.admits(&code, now) {
            return;
        }
        let scan = Scan { code, symbol, reading: Reading::HANDHELD };
        self.device.change(|health| health.scans += 1);
        self.device.show(|| Seen::Scan(scan.clone()));
        self.scans.publish(self.device.source, &self.device.name, scan);
    }

    pub fn refuse(&mut self, refusal: Refusal) {
        self.device.change(|health| health.refusals += 1);
        self.device.show(|| Seen::Refused(refusal));
        self.scans.refuse(self.device.source, &self.device.name, refusal);
    }
}
