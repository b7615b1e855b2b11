//! The house's chit.toml.

use anyhow::bail;
use toml::{Table, Value};

use super::{Options, Place, program, simulators};

/// Goods that the demo's handheld scans: GTIN, name, price in fen.
pub const GOODS: [(&str, &str, i64); 4] = [
    ("6901234567892", "农夫山泉 550ml", 200),
    ("6920000012343", "康师傅红烧牛肉面", 450),
    ("6911111111117", "鲜鸡蛋 10枚", 1280),
    ("4006381333931", "Stabilo 荧光笔", 590),
];

pub fn text(
    place: &Place,
    options: &Options,
    printer_addr: &str,
    till_port: Option<u16>,
) -> anyhow::Result<String> {
    let mut all = Table::new();
    all.insert("chit".into(), shared(place, options).into());
    all.insert("printer".into(), printer(printer_addr).into());
    all.insert("scanner".into(), pair("port", path(&simulators::handheld_link(place))).into());
    all.insert("sms-gateway".into(), modem(place).into());
    all.insert("media-capture".into(), media(place)?.into());
    all.insert("checkout".into(), checkout().into());
    if let Some(port) = till_port {
        all.insert("till".into(), pair("listen", format!("127.0.0.1:{port}").into()).into());
    }
    for (section, settings) in &options.settings {
        let (Some(own), Some(settings)) =
            (all.entry(section).or_insert_with(|| Table::new().into()).as_table_mut(), settings.as_table())
        else {
            bail!("[{section}] is not a table")
        };
        own.extend(settings.clone());
    }
    let text = toml::to_string(&all)?;
    Ok(format!("# Written at each start of this house; changes are lost.\n{text}"))
}

pub fn shared(place: &Place, options: &Options) -> Table {
    let root = place.root();
    let mut chit = Table::new();
    chit.insert("sandbox".into(), true.into());
    chit.insert("run_dir".into(), path(place.run_dir()));
    chit.insert("state_dir".into(), path(&root.join("state")));
    chit.insert("keys_dir".into(), path(&root.join("keys")));
    chit.insert("time_zone".into(), "Asia/Shanghai".into());
    if let Some(endpoint) = &options.otlp_endpoint {
        chit.insert("otlp_endpoint".into(), endpoint.as_str().into());
    }
    chit
}

pub fn modem(place: &Place) -> Table {
    pair("port", path(&simulators::modem_link(place)))
}

fn printer(addr: &str) -> Table {
    let mut printer = pair("address", addr.into());
    // The owner's consent that DESIGN.md asks for: this network is a loopback.
    printer.insert("code_card_over_network".into(), true.into());
    printer
}

fn media(place: &Place) -> anyhow::Result<Table> {
    let worker = path(&program("sim-camera")?);
    let state = path(&simulators::camera_state(place));
    let worker = vec![worker, "--state".into(), state, "--papers".into(), path(&place.papers())];
    let mut media = pair("worker", Value::Array(worker));
    media.insert("shop_name".into(), "惠民便利小店".into());
    media.insert("till".into(), "01".into());
    // The simulated printer draws its paper after it has said that it is printed.
    media.insert("paper_wait_ms".into(), 1_500.into());
    Ok(media)
}

fn checkout() -> Table {
    let catalogue = GOODS.iter().map(|(gtin, description, price)| {
        let mut item = pair("gtin", (*gtin).into());
        item.insert("description".into(), (*description).into());
        item.insert("unit_price_minor".into(), (*price).into());
        Value::Table(item)
    });
    let mut checkout = pair("catalogue", Value::Array(catalogue.collect()));
    checkout.insert("header_lines".into(), Value::Array(vec!["人民路 1 号  1 People's Road".into()]));
    checkout.insert("sms_sender".into(), "+8613900000001".into());
    checkout
}

fn pair(key: &str, value: Value) -> Table {
    let mut table = Table::new();
    table.insert(key.to_owned(), value);
    table
}

fn path(path: &std::path::Path) -> Value {
    path.to_string_lossy().into_owned().into()
}
