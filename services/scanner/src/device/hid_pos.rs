//! A scanner of the USB HID point-of-sale class, over hidraw. hidapi blocks, so a thread of its own reads.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use chit_runtime::Shutdown;
use hidapi::{HidApi, HidDevice, HidError};

use super::keyboard::Which;
use crate::domain::hid_pos::Reports;
use crate::intake::Intake;

/// HID Usage Tables: bar code scanner page.
const USAGE_PAGE: u16 = 0x8c;
const REPORT_LEN_MAX: usize = 64;
/// So often the thread looks whether the service stops.
const READ_MS: i32 = 250;
const PAUSE: Duration = Duration::from_millis(500);

pub struct HidPos {
    /// `None`: the first scanner of that class.
    pub which: Option<Which>,
    pub intake: Intake,
}

impl HidPos {
    pub fn start(mut self, shutdown: Shutdown) -> io::Result<()> {
        let work = move || {
            let started = Instant::now();
            while !shutdown.is_triggered() {
                match self.open() {
                    Ok(device) => {
                        self.intake.device().ready();
                        let end = self.read(&device, &shutdown, started);
                        self.intake.device().absent(format!("unplugged ({end}); plug it in again"));
                    }
                    Err(error) => self.intake.device().absent(remedy(&error)),
                }
                thread::sleep(PAUSE);
            }
        };
        thread::Builder::new().name("hid-pos".into()).spawn(work).map(drop)
    }

    fn open(&self) -> Result<HidDevice, HidError> {
        let api = HidApi::new()?;
        let wanted = api.device_list().find(|device| match &self.which {
            None => device.usage_page() == USAGE_PAGE,
            Some(Which::Path(path)) => device.path().to_bytes() == path.as_os_str().as_encoded_bytes(),
            Some(Which::Usb { vendor, product }) => {
                (device.vendor_id(), device.product_id()) == (*vendor, *product)
                    && device.usage_page() == USAGE_PAGE
            }
        });
        let Some(wanted) = wanted else {
            return Err(HidError::IoError { error: io::Error::from(io::ErrorKind::NotFound) });
        };
        wanted.open_device(&api)
    }

    fn read(&mut self, device: &HidDevice, shutdown: &Shutdown, started: Instant) -> String {
        let mut reports = Reports::default();
        let mut report = [0; REPORT_LEN_MAX];
        while !shutdown.is_triggered() {
            match device.read_timeout(&mut report, READ_MS) {
                Ok(0) => {}
                Ok(len) => match reports.push(&report[..len]) {
                    None => {}
                    Some(Ok(code)) => self.intake.code(&code, started.elapsed()),
                    Some(Err(refusal)) => self.intake.refuse(refusal),
                },
                Err(error) => return error.to_string(),
            }
        }
        "the service stops".to_owned()
    }
}

fn remedy(error: &HidError) -> String {
    match error {
        HidError::IoError { error } if error.kind() == io::ErrorKind::NotFound => {
            "no scanner of the USB point-of-sale class is plugged in; set the scanner to \"USB HID POS\", or compare `hid_pos` in [scanner] with lsusb".into()
        }
        error => format!("the scanner cannot be opened ({error}); add this user to group input, or install Chit's udev rule"),
    }
}
