//! Which of the plugged-in devices is the shop's printer, and which of its endpoints carry the paper.
//!
//! Class numbers are those of the USB Device Class Definition for Printing Devices 1.1, section 4.2.

use nusb::descriptors::{ConfigurationDescriptor, InterfaceDescriptor, TransferType};
use nusb::transfer::Direction;

pub const PRINTER_CLASS: u8 = 7;
const PRINTER_SUBCLASS: u8 = 1;
/// One way only: such a printer never says a word.
const UNIDIRECTIONAL: u8 = 1;
const BIDIRECTIONAL: u8 = 2;

/// What chit.toml says of the printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub serial: Option<String>,
    pub vendor_id: Option<u16>,
    pub product_id: Option<u16>,
}

/// What a device says of itself before it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugged {
    pub serial: Option<String>,
    pub vendor_id: u16,
    pub product_id: u16,
    pub is_printer: bool,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotChosen {
    #[error("no such printer is plugged in; there are: {0}")]
    Absent(String),
    #[error("several printers fit: {0}; say which by `usb = {{ serial = \"…\" }}`")]
    Several(String),
}

/// A printer's interface as it is to be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pipes {
    pub interface: u8,
    pub alternate: u8,
    pub out: u8,
    /// Missing where the printer never answers.
    pub back: Option<u8>,
}

impl Wanted {
    pub fn fits(&self, device: &Plugged) -> bool {
        device.is_printer
            && self.serial.as_ref().is_none_or(|serial| device.serial.as_ref() == Some(serial))
            && self.vendor_id.is_none_or(|id| device.vendor_id == id)
            && self.product_id.is_none_or(|id| device.product_id == id)
    }

    /// The one device that fits: a receipt must not come out of whichever printer was plugged in first.
    pub fn choose(&self, plugged: &[Plugged]) -> Result<usize, NotChosen> {
        let fitting: Vec<usize> = (0..plugged.len()).filter(|n| self.fits(&plugged[*n])).collect();
        match *fitting {
            [] => Err(NotChosen::Absent(names(plugged.iter().filter(|device| device.is_printer)))),
            [one] => Ok(one),
            _ => Err(NotChosen::Several(names(fitting.iter().map(|n| &plugged[*n])))),
        }
    }
}

fn names<'a>(devices: impl Iterator<Item = &'a Plugged>) -> String {
    let name = |device: &Plugged| {
        let serial = device.serial.as_deref().unwrap_or("without serial number");
        format!("{:04x}:{:04x} {serial}", device.vendor_id, device.product_id)
    };
    let all: Vec<String> = devices.map(name).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// The printer interface of the active configuration: one that answers if there is one, as usblp prefers too.
pub fn pipes(configuration: &ConfigurationDescriptor) -> Option<Pipes> {
    let of_protocol = |protocol| {
        configuration.interface_alt_settings().find_map(|setting| {
            let is_it = setting.class() == PRINTER_CLASS
                && setting.subclass() == PRINTER_SUBCLASS
                && setting.protocol() == protocol;
            Some(Pipes {
                interface: setting.interface_number(),
                alternate: setting.alternate_setting(),
                out: bulk(&setting, Direction::Out)?,
                back: bulk(&setting, Direction::In).filter(|_| protocol == BIDIRECTIONAL),
            })
            .filter(|_| is_it)
        })
    };
    of_protocol(BIDIRECTIONAL).or_else(|| of_protocol(UNIDIRECTIONAL))
}

fn bulk(setting: &InterfaceDescriptor, direction: Direction) -> Option<u8> {
    let fits = |endpoint: &nusb::descriptors::EndpointDescriptor| {
        endpoint.transfer_type() == TransferType::Bulk && endpoint.direction() == direction
    };
    setting.endpoints().find(fits).map(|endpoint| endpoint.address())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugged(serial: &str, product_id: u16, is_printer: bool) -> Plugged {
        let serial = (!serial.is_empty()).then(|| serial.to_owned());
        Plugged { serial, vendor_id: 0x04b8, product_id, is_printer }
    }

    fn by_serial(serial: &str) -> Wanted {
        Wanted { serial: Some(serial.to_owned()), vendor_id: None, product_id: None }
    }

    #[test]
    fn a_printer_is_found_by_its_serial_number_in_any_socket() {
        let devices = [
            plugged("X5", 0x0202, false),
            plugged("J4HF001", 0x0e28, true),
            plugged("J4HF002", 0x0e28, true),
            plugged("", 0x0e15, true),
        ];
        assert_eq!(by_serial("J4HF002").choose(&devices), Ok(2));
        let by_model = Wanted { serial: None, vendor_id: Some(0x04b8), product_id: Some(0x0e15) };
        assert_eq!(by_model.choose(&devices), Ok(3));
    }

    #[test]
    fn two_printers_that_fit_or_none_are_an_error_that_names_what_is_there() {
        let devices = [plugged("J4HF001", 0x0e28, true), plugged("J4HF002", 0x0e28, true)];
        let by_vendor = Wanted { serial: None, vendor_id: Some(0x04b8), product_id: None };
        let several = by_vendor.choose(&devices).unwrap_err().to_string();
        assert!(several.contains("04b8:0e28 J4HF001, 04b8:0e28 J4HF002"), "{several}");
        // A scanner that happens to have the number is no printer.
        let scanner = [plugged("J4HF001", 0x0202, false)];
        let absent = by_serial("J4HF001").choose(&scanner).unwrap_err();
        assert_eq!(absent, NotChosen::Absent("none".into()));
    }

    /// An interface descriptor and its endpoints (USB 2.0, 9.6.5 and 9.6.6).
    fn setting(number: u8, alternate: u8, class: [u8; 3], endpoints: &[(u8, u8)]) -> Vec<u8> {
        let mut bytes = vec![9, 4, number, alternate, endpoints.len() as u8, class[0], class[1], class[2], 0];
        for (address, attributes) in endpoints {
            bytes.extend([7, 5, *address, *attributes, 64, 0, 0]);
        }
        bytes
    }

    fn pipes_of(settings: &[Vec<u8>]) -> Option<Pipes> {
        let body = settings.concat();
        let total = (9 + body.len()) as u16;
        let [low, high] = total.to_le_bytes();
        let bytes = [&[9, 2, low, high, 2, 1, 0, 0xc0, 1][..], &body].concat();
        pipes(&ConfigurationDescriptor::new(&bytes).unwrap())
    }

    const BULK: u8 = 2;
    const INTERRUPT: u8 = 3;

    #[test]
    fn the_setting_that_answers_is_taken_before_the_mute_one_and_no_other_class_is() {
        let vendor = setting(0, 0, [0xff, 0, 0], &[(0x03, BULK), (0x83, BULK)]);
        let mute = setting(1, 0, [7, 1, 1], &[(0x01, BULK)]);
        let answers = setting(1, 1, [7, 1, 2], &[(0x84, INTERRUPT), (0x82, BULK), (0x02, BULK)]);
        let ipp = setting(1, 2, [7, 1, 4], &[(0x05, BULK), (0x85, BULK)]);
        let expected = Pipes { interface: 1, alternate: 1, out: 0x02, back: Some(0x82) };
        assert_eq!(pipes_of(&[vendor.clone(), mute.clone(), answers, ipp.clone()]), Some(expected));
        let expected = Pipes { interface: 1, alternate: 0, out: 0x01, back: None };
        assert_eq!(pipes_of(&[vendor.clone(), mute, ipp.clone()]), Some(expected));
        assert_eq!(pipes_of(&[vendor, ipp]), None);
    }
}
