//! A scanner that poses as a USB keyboard: found by its name or its vendor and product, taken for Chit alone, so that no code is
//! typed into whatever has the focus.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chit_runtime::Shutdown;
use evdev::raw_stream::RawDevice;
use evdev::{EventSummary, SynchronizationCode};
use tokio::time::{Instant, sleep_until};

use crate::domain::keymap::{Keyboard, Layout, Press, Typed};
use crate::intake::Intake;

const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_millis(500);
const INPUT_DEVICES: &str = "/dev/input";

/// Which keyboard; `keyboard` of chit.toml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Best as `/dev/input/by-id/…-event-kbd`.
    Path(PathBuf),
    Usb {
        vendor: u16,
        product: u16,
    },
}

impl FromStr for Which {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('/') {
            return Ok(Self::Path(text.into()));
        }
        let hex = |part: &str| (part.len() == 4).then(|| u16::from_str_radix(part, 16).ok()).flatten();
        let (vendor, product) = text.split_once(':').ok_or(WHICH_REMEDY)?;
        match (hex(vendor), hex(product)) {
            (Some(vendor), Some(product)) => Ok(Self::Usb { vendor, product }),
            _ => Err(WHICH_REMEDY),
        }
    }
}

const WHICH_REMEDY: &str = "must be a path in /dev/input/by-id, or vendor and product in hex as lsusb prints them, such as \"05e0:1200\"";

pub struct KeyboardWedge {
    pub which: Which,
    pub layout: Layout,
    pub intake: Intake,
}

impl KeyboardWedge {
    /// Until shutdown. Everything that goes wrong means that the device is absent for now.
    pub async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            () = self.keep_reading() => {}
            () = shutdown.wait() => {}
        }
    }

    async fn keep_reading(&mut self) {
        let started = Instant::now();
        let mut pause = PAUSE_FIRST;
        loop {
            match self.open() {
                Ok(device) => {
                    self.intake.device().ready();
                    tracing::info!(keyboard = %self.intake.device().name, "handheld is there");
                    let end = self.read(device, started).await;
                    self.intake.gone(started.elapsed());
                    tracing::warn!(keyboard = %self.intake.device().name, error = %end, "handheld is gone");
                    self.intake.device().absent(format!("unplugged ({end}); plug it in again"));
                    pause = PAUSE_FIRST;
                }
                Err(error) => self.intake.device().absent(remedy(&error)),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn open(&self) -> io::Result<RawDevice> {
        let mut device = match &self.which {
            Which::Path(path) => RawDevice::open(path)?,
            Which::Usb { vendor, product } => found(*vendor, *product)?,
        };
        device.grab()?;
        Ok(device)
    }

    async fn read(&mut self, device: RawDevice, started: Instant) -> io::Error {
        let mut events = match device.into_event_stream() {
            Ok(events) => events,
            Err(error) => return error,
        };
        let mut keyboard = Keyboard::new(self.layout);
        loop {
            let due = self.intake.due().map(|due| started + due);
            tokio::select! {
                event = events.next_event() => match event {
                    Ok(event) => self.take(event.destructure(), &mut keyboard, started.elapsed()),
                    Err(error) => return error,
                },
                () = sleep_until(due.unwrap_or(started)), if due.is_some() => self.intake.silence(started.elapsed()),
            }
        }
    }

    fn take(&mut self, event: EventSummary, keyboard: &mut Keyboard, now: Duration) {
        let typed = match event {
            EventSummary::Key(_, key, value) => {
                let press = match value {
                    0 => Press::Up,
                    1 => Press::Down,
                    _ => Press::Repeat,
                };
                keyboard.key(key.code(), press)
            }
            EventSummary::Synchronization(_, SynchronizationCode::SYN_DROPPED, _) => {
                if let Typed::Refused(refusal) = keyboard.dropped() {
                    self.intake.lost(refusal, now);
                }
                return;
            }
            _ => return,
        };
        match typed {
            Typed::Nothing => {}
            Typed::Bytes(bytes) => self.intake.bytes(&bytes, now),
            Typed::Refused(refusal) => self.intake.spoilt(refusal),
        }
    }
}

/// The first keyboard of this make. A scanner may have further input devices, which type nothing.
fn found(vendor: u16, product: u16) -> io::Result<RawDevice> {
    let mut refused = None;
    for entry in std::fs::read_dir(INPUT_DEVICES)?.flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(b"event") {
            continue;
        }
        match RawDevice::open(entry.path()) {
            Ok(device) => {
                let id = device.input_id();
                let types =
                    device.supported_keys().is_some_and(|keys| keys.contains(evdev::KeyCode::KEY_ENTER));
                if (id.vendor(), id.product()) == (vendor, product) && types {
                    return Ok(device);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => refused = Some(error),
            Err(_gone_again) => {}
        }
    }
    Err(refused.unwrap_or_else(|| io::Error::from(io::ErrorKind::NotFound)))
}

fn remedy(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "no such keyboard is plugged in; compare `keyboard` in [scanner] with /dev/input/by-id or lsusb"
                .into()
        }
        io::ErrorKind::PermissionDenied => {
            "this user may not read input devices; add it to group input, or install Chit's udev rule".into()
        }
        io::ErrorKind::ResourceBusy => "another program has grabbed the scanner; stop it".into(),
        _ => format!("the scanner cannot be opened ({error}); plug it in again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyboard_is_named_by_path_or_by_vendor_and_product() {
        assert_eq!("05e0:1200".parse(), Ok(Which::Usb { vendor: 0x05e0, product: 0x1200 }));
        assert_eq!("/dev/input/by-id/x".parse(), Ok(Which::Path("/dev/input/by-id/x".into())));
        for text in ["", "scanner", "5e0:1200", "05e0:12zz", "05e0"] {
            assert!(text.parse::<Which>().unwrap_err().contains("lsusb"), "{text}");
        }
    }
}
