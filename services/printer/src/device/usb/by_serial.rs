//! A printer by its serial number, in whatever socket it is: claimed away from the kernel's usblp, spoken to over its
//! bulk endpoints.
//!
//! Unplugged, its transfers fail at once; plugged in again, it is opened as soon as udev has given it to the service.

use std::io;

use nusb::Endpoint;
use nusb::transfer::{Bulk, In, Out};

use super::pipes::{Reader, Writer};
use super::select::{Wanted, pipes};
use super::{describe, plugged_in, say_remedy};
use crate::device::link::PrinterLink;

#[derive(Debug, Clone)]
pub struct UsbDeviceLink {
    pub wanted: Wanted,
}

impl PrinterLink for UsbDeviceLink {
    type Reader = Reader<Endpoint<Bulk, In>>;
    type Writer = Writer<Endpoint<Bulk, Out>>;

    async fn open(&self) -> io::Result<(Self::Reader, Self::Writer)> {
        let devices: Vec<_> = nusb::list_devices().await?.collect();
        let plugged: Vec<_> = devices.iter().map(describe).collect();
        let chosen = self.wanted.choose(&plugged);
        let chosen = chosen.map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
        let device = devices[chosen].open().await.map_err(|error| say_remedy(error.into()))?;
        let no_printer = || io::Error::new(io::ErrorKind::Unsupported, "it has no printer interface");
        let pipes = pipes(&device.active_configuration()?).ok_or_else(no_printer)?;
        let interface = device.detach_and_claim_interface(pipes.interface).await?;
        // Also for setting 0: it clears a stall that the last connection left (USB 2.0, 9.4.5 and 9.4.10).
        interface.set_alt_setting(pipes.alternate).await?;
        let back = pipes.back.map(|address| interface.endpoint::<Bulk, In>(address)).transpose()?;
        let out = interface.endpoint::<Bulk, Out>(pipes.out)?;
        Ok((Reader::new(back), Writer::new(out)))
    }

    fn is_network(&self) -> bool {
        false
    }

    fn holds_back(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        let id = |id: Option<u16>| id.map_or_else(|| "*".to_owned(), |id| format!("{id:04x}"));
        let (vendor, product) = (id(self.wanted.vendor_id), id(self.wanted.product_id));
        format!("usb {vendor}:{product} {}", self.wanted.serial.as_deref().unwrap_or("*"))
    }

    /// A printer that waits for paper takes no bytes; nothing times that out here.
    fn expect_stalls(&self, _: &Self::Writer, _: bool) {}

    async fn returned(&self) {
        plugged_in(|device| self.wanted.fits(device)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_printer_that_is_not_there_is_an_error_and_not_another_printer() {
        let serial = Some("NO-PRINTER-HAS-THIS".to_owned());
        let link = UsbDeviceLink { wanted: Wanted { serial, vendor_id: Some(0x04b8), product_id: None } };
        assert!(link.open().await.is_err());
        assert_eq!(link.name(), "usb 04b8:* NO-PRINTER-HAS-THIS");
    }
}
