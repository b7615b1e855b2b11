//! `[printer]` of chit.toml.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chit_runtime::{Section, Shared};
use serde::Deserialize;

use crate::device::identity::Profile;
use crate::device::serial::{Flow, SerialLink};
use crate::device::tcp::TcpLink;
use crate::device::usb::by_serial::UsbDeviceLink;
use crate::device::usb::class_driver::UsbLink;
use crate::device::usb::select::Wanted;
use crate::domain::document::Language;
use crate::domain::layout::Stationery;
use crate::domain::words::Vocabulary;
use crate::drawing::font::{COLUMN_DOTS, Face};
use crate::drawing::logo;
use crate::profile::{COLUMNS, Chinese, GENERIC_58, GENERIC_80, Table};

/// More columns than this are 80 mm paper.
const COLUMNS_NARROW_MAX: usize = 40;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// host:port of a printer on TCP ("raw", usually port 9100).
    address: String,
    /// A serial port, instead of `address`.
    serial: Option<PathBuf>,
    baud: u32,
    /// Of the serial line: "xon-xoff", "rts-cts", "dtr-dsr" or "none".
    flow: String,
    /// A printer of the USB printer class, instead of `address`: by the kernel's device node, or by what it says of
    /// itself.
    usb: Option<UsbKey>,
    /// An entry of the profile table, or "auto" to ask the printer.
    profile: String,
    /// A shop's own profile table.
    profiles: Option<PathBuf>,
    /// 48 for 80 mm paper, 32 for 58 mm; unset: as the profile says.
    columns: Option<usize>,
    /// Whether the printer echoes process ids: true, false or "auto", as the profile says.
    process_id: ProcessIdKey,
    /// "gbk", "raster", or "auto": as the profile says, or the printer.
    chinese: String,
    /// To draw what the printer cannot.
    font: PathBuf,
    /// A shop's own words.
    words: Option<PathBuf>,
    /// PNG on top of receipts.
    logo: Option<PathBuf>,
    /// Whether it is written into the printer's flash, once, where the profile says that it has room for one.
    logo_in_printer: bool,
    /// Whether a code card may travel to a printer on the network.
    code_card_over_network: bool,
    /// Copies a person may ask of one document.
    copies_max: u32,
    connect_timeout_ms: u64,
    /// A fit printer that has not confirmed a paper for this long has lost it.
    fence_timeout_s: u64,
    /// "zh-CN" or "en", for documents that do not say.
    language: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ProcessIdKey {
    Known(bool),
    Word(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(
    untagged,
    expecting = "usb is a path, or a table with `serial`, `vendor_id`, `product_id` or some of them"
)]
enum UsbKey {
    Path(PathBuf),
    Device(UsbDevice),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsbDevice {
    serial: Option<String>,
    vendor_id: Option<u16>,
    product_id: Option<u16>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:9100".to_owned(),
            serial: None,
            baud: 38_400,
            flow: "xon-xoff".to_owned(),
            usb: None,
            profile: "auto".to_owned(),
            profiles: None,
            columns: None,
            process_id: ProcessIdKey::Word("auto".to_owned()),
            chinese: "auto".to_owned(),
            font: "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc".into(),
            words: None,
            logo: None,
            logo_in_printer: false,
            code_card_over_network: false,
            copies_max: 3,
            connect_timeout_ms: 2_000,
            fence_timeout_s: 10,
            language: "zh-CN".to_owned(),
        }
    }
}

/// The way to the printer.
#[derive(Debug, Clone)]
pub enum Link {
    Tcp(TcpLink),
    Serial(SerialLink),
    Usb(UsbLink),
    UsbDevice(UsbDeviceLink),
}

/// The section, checked.
pub struct Settings {
    pub link: Link,
    pub profile: Profile,
    pub stationery: Stationery,
    pub code_card_over_network: bool,
    pub copies_max: u32,
    pub language: Language,
}

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        self.settings()?;
        Ok(())
    }
}

impl Config {
    pub fn settings(&self) -> Result<Settings, chit_runtime::ConfigError> {
        let language = match self.language.as_str() {
            "zh-CN" => Language::ZhCn,
            "en" => Language::En,
            other => return refuse(format!("language {other:?} is not \"zh-CN\" or \"en\"")),
        };
        if self.fence_timeout_s == 0 || self.connect_timeout_ms == 0 {
            return refuse("fence_timeout_s and connect_timeout_ms must be at least 1");
        }
        let link = self.link()?;
        let profile = self.profile()?;
        let columns = profile.columns.unwrap_or(profile.model.columns);
        let logo = self.logo.as_deref().map(|path| logo::load(path, columns * COLUMN_DOTS));
        let stationery = Stationery {
            words: self.words.as_deref().map_or_else(|| Ok(Vocabulary::built_in()), own_words)?,
            logo: logo.transpose().or_else(|error| refuse(chain(&error)))?.map(Arc::new),
        };
        Ok(Settings {
            link,
            profile,
            stationery,
            code_card_over_network: self.code_card_over_network,
            copies_max: self.copies_max,
            language,
        })
    }

    fn link(&self) -> Result<Link, chit_runtime::ConfigError> {
        let flow = match self.flow.as_str() {
            "xon-xoff" => Flow::XonXoff,
            "rts-cts" => Flow::RtsCts,
            "dtr-dsr" => Flow::DtrDsr,
            "none" => Flow::None,
            other => {
                let remedy = "not \"xon-xoff\", \"rts-cts\", \"dtr-dsr\" or \"none\"";
                return refuse(format!("flow {other:?} is {remedy}"));
            }
        };
        match (&self.serial, &self.usb) {
            (Some(_), Some(_)) => refuse("a printer hangs on `serial` or on `usb`, not on both"),
            (Some(path), None) => Ok(Link::Serial(SerialLink { path: path.clone(), baud: self.baud, flow })),
            (None, Some(UsbKey::Path(path))) => Ok(Link::Usb(UsbLink { path: path.clone() })),
            (None, Some(UsbKey::Device(UsbDevice { serial: None, vendor_id: None, product_id: None }))) => {
                refuse("usb names no printer: give its `serial`, or `vendor_id` and `product_id`")
            }
            (None, Some(UsbKey::Device(UsbDevice { serial, vendor_id, product_id }))) => {
                let (vendor_id, product_id) = (*vendor_id, *product_id);
                let wanted = Wanted { serial: serial.clone(), vendor_id, product_id };
                Ok(Link::UsbDevice(UsbDeviceLink { wanted }))
            }
            (None, None) => Ok(Link::Tcp(TcpLink {
                address: self.address.clone(),
                connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            })),
        }
    }

    fn profile(&self) -> Result<Profile, chit_runtime::ConfigError> {
        if self.columns.is_some_and(|columns| !COLUMNS.contains(&columns)) {
            return refuse("columns is 24 to 64: 80 mm paper has 48, 58 mm has 32");
        }
        let process_id = match &self.process_id {
            ProcessIdKey::Known(known) => Some(*known),
            ProcessIdKey::Word(word) if word == "auto" => None,
            ProcessIdKey::Word(_) => return refuse("process_id is true, false or \"auto\""),
        };
        let chinese = match self.chinese.as_str() {
            "auto" => None,
            "gbk" => Some(Chinese::Gbk),
            "raster" => Some(Chinese::Raster),
            other => return refuse(format!("chinese {other:?} is not \"auto\", \"gbk\" or \"raster\"")),
        };
        let table = Table::load(self.profiles.as_deref()).or_else(|error| refuse(chain(&error)))?;
        let narrow = self.columns.is_some_and(|columns| columns <= COLUMNS_NARROW_MAX);
        let name = match self.profile.as_str() {
            "auto" if narrow => GENERIC_58,
            "auto" => GENERIC_80,
            name => name,
        };
        let Some(model) = table.named(name).cloned() else {
            return refuse(format!("profile {name:?} is not in the table: {}", table.names()));
        };
        let face = Face::load(&self.font).inspect_err(|error| tracing::warn!("{error}")).ok();
        if face.is_none() && chinese.unwrap_or(model.chinese) == Chinese::Raster {
            return refuse(format!("chinese is drawn, but {} is no font", self.font.display()));
        }
        Ok(Profile {
            table,
            model,
            ask_model: self.profile == "auto",
            columns: self.columns,
            process_id,
            chinese,
            fence_timeout: Duration::from_secs(self.fence_timeout_s),
            face: face.map(Arc::new),
            logo_in_printer: self.logo_in_printer,
        })
    }
}

fn own_words(path: &Path) -> Result<Vocabulary, chit_runtime::ConfigError> {
    let text = std::fs::read_to_string(path)
        .or_else(|error| refuse(format!("cannot read {}: {error}", path.display())))?;
    Vocabulary::of_shop(&text, path).or_else(|error| refuse(chain(&error)))
}

/// The whole chain in one line: a configuration error is read by a person.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn refuse<T>(message: impl Into<String>) -> Result<T, chit_runtime::ConfigError> {
    Err(chit_runtime::ConfigError::Value { section: "printer".to_owned(), message: message.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::link::PrinterLink as _;

    fn check(keys: &str) -> Result<Settings, String> {
        let config: Config = toml::from_str(keys).map_err(|error| error.message().to_owned())?;
        config.settings().map_err(|error| error.to_string())
    }

    fn refused(keys: &str) -> String {
        check(keys).err().unwrap()
    }

    #[test]
    fn an_empty_section_is_a_printer_on_this_host_that_is_asked_what_it_is() {
        let settings = check("").unwrap();
        assert!(matches!(settings.link, Link::Tcp(link) if link.address == "127.0.0.1:9100"));
        assert!(settings.profile.ask_model && settings.profile.process_id.is_none());
        assert_eq!(settings.profile.model.name, GENERIC_80);
        assert!(!settings.code_card_over_network);
        assert_eq!(check("columns = 32").unwrap().profile.model.name, GENERIC_58);
    }

    #[test]
    fn a_printer_hangs_on_one_link() {
        let serial = check("serial = \"/dev/ttyS0\"\nbaud = 19200\nflow = \"rts-cts\"").unwrap();
        assert!(
            matches!(serial.link, Link::Serial(link) if link.baud == 19_200 && link.flow == Flow::RtsCts)
        );
        assert!(matches!(check("usb = \"/dev/usb/lp0\"").unwrap().link, Link::Usb(_)));
        let by_serial = check("usb = { serial = \"J4HF002\", vendor_id = 0x04b8 }").unwrap();
        assert!(matches!(by_serial.link, Link::UsbDevice(link) if link.name() == "usb 04b8:* J4HF002"));
        assert!(refused("usb = {}").contains("names no printer"));
        assert!(refused("usb = { seriel = \"J4HF002\" }").contains("`serial`"));
        assert!(refused("usb = \"/dev/usb/lp0\"\nserial = \"/dev/ttyS0\"").contains("not on both"));
        assert!(refused("flow = \"dtr\"").contains("rts-cts"));
    }

    #[test]
    fn a_wrong_value_is_refused_with_the_right_ones() {
        assert_eq!(check("process_id = true").unwrap().profile.process_id, Some(true));
        assert!(refused("process_id = \"maybe\"").contains("\"auto\""));
        assert!(refused("columns = 12").contains("48"));
        assert!(refused("language = \"fr\"").contains("zh-CN"));
        assert!(refused("chinese = \"utf-8\"").contains("raster"));
        assert!(refused("profile = \"tm\"").contains("epson-tm-80"));
        assert!(refused("fence_timeout_s = 0").contains("at least 1"));
        assert!(refused("adress = \"x\"").starts_with("unknown field"));
        assert!(refused("chinese = \"raster\"\nfont = \"/nowhere.ttf\"").contains("/nowhere.ttf"));
        assert!(refused("words = \"/nowhere.toml\"").contains("/nowhere.toml"));
        assert!(refused("logo = \"/nowhere.png\"").contains("/nowhere.png"));
    }
}
