//! Printers of the USB printer class: a device node of the kernel's driver, or the device itself by serial number.

pub mod by_serial;
pub mod class_driver;
mod pipes;
pub mod select;

use std::io;

use nusb::DeviceInfo;
use nusb::hotplug::HotplugEvent;
use select::{PRINTER_CLASS, Plugged};
use tokio_stream::StreamExt as _;

/// The remedy for every refusal of the system.
pub const NO_PERMISSION: &str =
    "no permission: install deploy/udev/70-chit-printer.rules and plug the printer in again";

fn describe(device: &DeviceInfo) -> Plugged {
    Plugged {
        serial: device.serial_number().map(str::to_owned),
        vendor_id: device.vendor_id(),
        product_id: device.product_id(),
        is_printer: device.interfaces().any(|interface| interface.class() == PRINTER_CLASS),
    }
}

/// Ends when a printer that `fits` is plugged in. udev reports it after its rules have run, so that it may be opened.
async fn plugged_in(fits: impl Fn(&Plugged) -> bool) {
    let Ok(mut watch) = nusb::watch_devices() else { return std::future::pending().await };
    loop {
        match watch.next().await {
            Some(HotplugEvent::Connected(device)) if fits(&describe(&device)) => return,
            Some(_) => {}
            None => return std::future::pending().await,
        }
    }
}

fn say_remedy(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied => io::Error::new(error.kind(), NO_PERMISSION),
        _ => error,
    }
}
