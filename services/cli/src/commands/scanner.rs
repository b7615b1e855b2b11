//! `chit scanner`: the handhelds and the camera's reading, for whoever sets them up.

use std::path::PathBuf;

use chit_proto::scanner::v1::decode_image_request::Picture;
use chit_proto::scanner::v1::watch_devices_response::Event;
use chit_proto::scanner::v1::{
    CommandDeviceRequest, DecodeImageRequest, DeviceAction, DeviceStatus, GetStatusRequest, Refusal, Scan,
    SymbolKind, WatchDevicesRequest,
};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::shop::{Shop, ask};

#[derive(Subcommand, Debug)]
pub enum ScannerCommand {
    /// Show each scanner: state, what to do about it, what was learnt of it.
    List,
    /// Show live what scanners send: bytes, where a code ends, what it says. Ends with Ctrl-C.
    Test,
    /// Read the codes in a picture.
    Image {
        /// A PNG or JPEG file.
        file: PathBuf,
    },
    /// Let a scanner do something, as far as the profile of its make knows how.
    Do {
        /// What to do.
        action: Action,
        /// Its name; may be left out when there is one.
        #[arg(default_value = "")]
        device: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Action {
    SetUp,
    Enable,
    Disable,
    TriggerOn,
    TriggerOff,
    Beep,
}

pub async fn run(shop: &Shop, command: ScannerCommand) -> Result<(), Failure> {
    match command {
        ScannerCommand::List => list(shop).await,
        ScannerCommand::Test => test(shop).await,
        ScannerCommand::Image { file } => image(shop, &file).await,
        ScannerCommand::Do { action, device } => act(shop, action, device).await,
    }
}

async fn list(shop: &Shop) -> Result<(), Failure> {
    let client = shop.scanner();
    let status = ask!(client.get_status(GetStatusRequest {})).await?;
    let mut text: String = status.devices.iter().map(device_text).collect();
    if !status.enabled {
        text.push_str("scans are refused: the scanner is disabled\n");
    }
    if !status.claimed_by.is_empty() {
        text.push_str(&format!("{} holds the scanner for itself\n", status.claimed_by));
    }
    if status.devices.is_empty() {
        text.push_str("no scanner is configured: see [scanner] in chit.toml\n");
    }
    let devices = status.devices.iter().map(device_json).collect::<Vec<_>>();
    let value = json!({ "devices": devices, "enabled": status.enabled, "claimed_by": status.claimed_by });
    shop.output.result(text, &value);
    Ok(())
}

fn device_text(device: &DeviceStatus) -> String {
    let state = device.state().as_str_name().trim_start_matches("SOURCE_STATE_").to_owned();
    let mut text = format!("{}  {state}  {} scans, {} refused\n", device.name, device.scans, device.refusals);
    if !device.suffix.is_empty() {
        text.push_str(&format!("    ends its codes with {}\n", device.suffix));
    }
    for said in [&device.remedy, &device.remark] {
        if !said.is_empty() {
            text.push_str(&format!("    {said}\n"));
        }
    }
    text
}

fn device_json(device: &DeviceStatus) -> Value {
    json!({
        "name": device.name,
        "source": device.source().as_str_name(),
        "state": device.state().as_str_name(),
        "remedy": device.remedy,
        "remark": device.remark,
        "suffix": device.suffix,
        "scans": device.scans,
        "refusals": device.refusals,
    })
}

async fn test(shop: &Shop) -> Result<(), Failure> {
    let mut client = shop.scanner();
    let mut events = client.watch_devices(WatchDevicesRequest {}).await?.into_inner();
    shop.output
        .progress("scan something; Ctrl-C ends. What is shown may be a payer's code: keep it to yourself");
    while let Some(message) = events.message().await? {
        let Some(event) = message.event else { continue };
        let (what, text, bytes) = match event {
            Event::Received(bytes) => ("received", shown(&bytes), Some(bytes)),
            Event::Framed(bytes) => ("one code", shown(&bytes), Some(bytes)),
            Event::Reply(bytes) => ("reply", shown(&bytes), Some(bytes)),
            Event::Scan(scan) => ("scan", verdict(&scan), None),
            Event::Refusal(refusal) => ("refused", reason(&refusal), None),
        };
        let hex = bytes.map(hex::encode);
        let value = json!({ "device": message.device, "what": what, "text": text, "hex": hex });
        shop.output.result(format!("{:9} {text}", format!("{what}:")), &value);
    }
    Ok(())
}

async fn image(shop: &Shop, file: &PathBuf) -> Result<(), Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let client = shop.scanner().max_encoding_message_size(usize::MAX);
    let request = DecodeImageRequest { picture: Some(Picture::File(bytes)), symbologies: Vec::new() };
    let scans = ask!(client.decode_image(request)).await?.scans;
    let text = match scans.is_empty() {
        true => "no code that can be read".to_owned(),
        false => scans.iter().map(|scan| format!("{}\n", verdict(scan))).collect(),
    };
    let value = scans.iter().map(scan_json).collect::<Vec<_>>();
    shop.output.result(text, &json!({ "scans": value }));
    Ok(())
}

async fn act(shop: &Shop, action: Action, device: String) -> Result<(), Failure> {
    let action = match action {
        Action::SetUp => DeviceAction::SetUp,
        Action::Enable => DeviceAction::Enable,
        Action::Disable => DeviceAction::Disable,
        Action::TriggerOn => DeviceAction::TriggerOn,
        Action::TriggerOff => DeviceAction::TriggerOff,
        Action::Beep => DeviceAction::Beep,
    };
    let client = shop.scanner();
    let request = CommandDeviceRequest { device, action: action.into() };
    let messages = ask!(client.command_device(request)).await?.messages;
    shop.output.result(
        format!("{messages} messages sent; `chit scanner test` shows the answers"),
        &json!({ "messages": messages }),
    );
    Ok(())
}

/// Text as it is, everything else by its name or number.
fn shown(bytes: &[u8]) -> String {
    const NAMES: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO",
        "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS",
        "RS", "US",
    ];
    let character = |c: char| match NAMES.get(c as usize) {
        Some(name) => format!("<{name}>"),
        None => c.to_string(),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().map(character).collect(),
        Err(_) => bytes
            .iter()
            .map(|byte| if byte.is_ascii() { character(char::from(*byte)) } else { format!("<{byte:02X}>") })
            .collect(),
    }
}

fn verdict(scan: &Scan) -> String {
    let symbol = scan.symbol.clone().unwrap_or_default();
    let what = match symbol.kind() {
        SymbolKind::Goods => "goods",
        SymbolKind::InStore => "a number of the shop's own",
        SymbolKind::PayerCode => "a payer code, if its signature is right",
        SymbolKind::EmvConsumer => "an EMV consumer's code",
        SymbolKind::EmvMerchant => "an EMV merchant's code",
        SymbolKind::Wallet => "a wallet's payer code",
        SymbolKind::Text => "text",
        SymbolKind::Binary | SymbolKind::Unspecified => "bytes",
    };
    let symbology = symbol.symbology().as_str_name().trim_start_matches("SYMBOLOGY_");
    let mut text =
        format!("{what} ({symbology}, {}, {} %): {}", scan.engine, scan.confidence, shown(&scan.data));
    if !symbol.gtins.is_empty() {
        text.push_str(&format!("; GTIN {}", symbol.gtins.join(" or ")));
    }
    if !symbol.add_on.is_empty() {
        text.push_str(&format!("; add-on {}", symbol.add_on));
    }
    for element in &symbol.elements {
        text.push_str(&format!("; ({}) {}", element.identifier, element.value));
    }
    text
}

fn reason(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.reason, refusal.remedy)
}

fn scan_json(scan: &Scan) -> Value {
    let symbol = scan.symbol.clone().unwrap_or_default();
    json!({
        "text": String::from_utf8_lossy(&scan.data),
        "kind": symbol.kind().as_str_name(),
        "symbology": symbol.symbology().as_str_name(),
        "gtins": symbol.gtins,
        "add_on": symbol.add_on,
        "engine": scan.engine,
        "confidence": scan.confidence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_broken_text_are_shown_by_name() {
        assert_eq!(shown(b"]d2\x1d0106\r\n"), "]d2<GS>0106<CR><LF>");
        assert_eq!(shown("牛奶\t".as_bytes()), "牛奶<TAB>");
        assert_eq!(shown(b"690\xb1\x8d"), "690<B1><8D>");
    }

    #[test]
    fn a_verdict_says_what_a_code_is_and_how_that_is_known() {
        use chit_proto::scanner::v1::{Symbol, Symbology};
        let symbol = Symbol {
            kind: SymbolKind::Goods.into(),
            symbology: Symbology::Ean13.into(),
            gtins: vec!["06901234567892".into()],
            ..Symbol::default()
        };
        let scan = Scan {
            data: b"6901234567892".to_vec(),
            engine: "linear".into(),
            confidence: 60,
            symbol: Some(symbol),
            ..Scan::default()
        };
        assert_eq!(verdict(&scan), "goods (EAN_13, linear, 60 %): 6901234567892; GTIN 06901234567892");
    }
}
