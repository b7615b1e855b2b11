//! USB devices that the kernel's gadget drivers play on a dummy controller: what Chit sees of them went through the
//! real host stack, class driver and udev.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::Context as _;

const GADGETS: &str = "/sys/kernel/config/usb_gadget";
const ENGLISH: &str = "strings/0x409";

pub struct Gadget {
    dir: PathBuf,
    controller: String,
}

/// What a device says of itself.
pub struct Identity<'a> {
    pub vendor: &'a str,
    pub product: &'a str,
    pub name: &'a str,
    pub serial: &'a str,
}

impl Gadget {
    /// Makes the device and plugs it into port `port`. `attributes` are files of the function and their contents.
    pub fn plugged(
        port: u8,
        function: &str,
        identity: &Identity<'_>,
        attributes: &[(&str, &[u8])],
    ) -> anyhow::Result<Self> {
        let dir = PathBuf::from(GADGETS).join(identity.name);
        let make = || -> std::io::Result<()> {
            fs::create_dir(&dir)?;
            fs::write(dir.join("idVendor"), identity.vendor)?;
            fs::write(dir.join("idProduct"), identity.product)?;
            fs::create_dir(dir.join(ENGLISH))?;
            fs::write(dir.join(ENGLISH).join("manufacturer"), "Lab")?;
            fs::write(dir.join(ENGLISH).join("product"), identity.name)?;
            fs::write(dir.join(ENGLISH).join("serialnumber"), identity.serial)?;
            let functions = dir.join("functions").join(function);
            fs::create_dir(&functions)?;
            for (file, content) in attributes {
                fs::write(functions.join(file), content)?;
            }
            fs::create_dir(dir.join("configs/c.1"))?;
            symlink(&functions, dir.join("configs/c.1").join(function))
        };
        let controller = format!("dummy_udc.{port}");
        make().with_context(|| format!("gadget {}", identity.name))?;
        let gadget = Self { dir, controller };
        gadget.plug()?;
        Ok(gadget)
    }

    /// Pulls the cable. (The kernel's `soft_connect` would do for the way out only: a device that is connected by it
    /// again answers no request, seen with 6.1.)
    pub fn unplug(&self) -> anyhow::Result<()> {
        self.bind("\n")
    }

    pub fn plug(&self) -> anyhow::Result<()> {
        self.bind(&self.controller)
    }

    /// The host has found it and chosen its configuration; before, a far end is closed at once.
    pub fn is_configured(&self) -> bool {
        let state = fs::read_to_string(format!("/sys/class/udc/{}/state", self.controller));
        state.is_ok_and(|state| state.trim() == "configured")
    }

    /// The far end of a serial function: /dev/ttyGS and its number.
    pub fn tty(&self, function: &str) -> anyhow::Result<PathBuf> {
        let number = fs::read_to_string(self.dir.join("functions").join(function).join("port_num"))?;
        Ok(format!("/dev/ttyGS{}", number.trim()).into())
    }

    /// The far end of a HID function: /dev/hidg and its number, which a gadget before it may have counted up.
    pub fn hid(&self, function: &str) -> anyhow::Result<PathBuf> {
        let device = fs::read_to_string(self.dir.join("functions").join(function).join("dev"))?;
        let (_, minor) = device.trim().split_once(':').context("a device is MAJOR:MINOR")?;
        Ok(format!("/dev/hidg{minor}").into())
    }

    fn bind(&self, controller: &str) -> anyhow::Result<()> {
        let file = self.dir.join("UDC");
        fs::write(&file, controller).with_context(|| format!("{controller:?} to {}", file.display()))
    }
}
