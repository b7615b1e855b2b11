//! A serial 2D handheld: it writes what it read, framed as such devices frame it, and nothing else.
//!
//! Control: `{"cmd":"scan", …}` with one of `data` (text), `hex` (raw bytes), `garbage` (count; `seed`
//! optional); with `data` also `suffix` (default `"\r"`) and `aim` (symbology identifier put in front, such
//! as `"]Q1"`); with any of them `split` (sizes of the first pieces) and `pause_ms` between pieces
//! (default 5). `{"cmd":"unplug"}`, `{"cmd":"replug"}`.
//! Events: `opened`, `closed`, `wrote` (hex), `heard` (hex: bytes the host sent), `unplugged`, `replugged`.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::{self, Events};
use crate::hex;
use crate::pty::{Port, Wire};

#[derive(clap::Parser)]
pub struct Options {
    /// The symlink drivers open.
    #[arg(long)]
    link: PathBuf,
    /// The control socket to create.
    #[arg(long)]
    control: PathBuf,
}

/// Serves until stdin closes.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let events = Events::default();
    let mut scanner = Scanner { link: options.link.clone(), port: None, events: events.clone() };
    scanner.plug()?;
    control::serve(&options.control, events, move |request| match scanner.obey(request) {
        Ok(answer) => answer,
        Err(e) => control::error(format_args!("{e:#}")),
    })?;
    control::exit_when_stdin_closes();
    loop {
        thread::park();
    }
}

struct Scanner {
    link: PathBuf,
    port: Option<Port>,
    events: Events,
}

#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Scan(Scan),
    Unplug,
    Replug,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    data: Option<String>,
    hex: Option<String>,
    garbage: Option<usize>,
    #[serde(default)]
    seed: u64,
    suffix: Option<String>,
    #[serde(default)]
    aim: String,
    #[serde(default)]
    split: Vec<usize>,
    pause_ms: Option<u64>,
}

impl Scanner {
    fn plug(&mut self) -> anyhow::Result<()> {
        let events = self.events.clone();
        self.port = Some(Port::plug(&self.link, move |wire| match wire {
            Wire::Opened => events.push("opened", Value::Null),
            Wire::Closed => events.push("closed", Value::Null),
            Wire::Bytes(bytes) => events.push("heard", json!({ "hex": hex::upper(&bytes) })),
        })?);
        Ok(())
    }

    fn obey(&mut self, request: &Value) -> anyhow::Result<Value> {
        match Order::deserialize(request)? {
            Order::Scan(scan) => return self.scan(&scan),
            Order::Unplug => {
                self.port.take().context("already unplugged")?.unplug()?;
                self.events.push("unplugged", Value::Null);
            }
            Order::Replug => {
                anyhow::ensure!(self.port.is_none(), "still plugged in");
                self.plug()?;
                self.events.push("replugged", Value::Null);
            }
        }
        Ok(control::ok())
    }

    fn scan(&self, scan: &Scan) -> anyhow::Result<Value> {
        let port = self.port.as_ref().context("unplugged: nothing can be scanned")?;
        let bytes = scan.bytes()?;
        let pause = Duration::from_millis(scan.pause_ms.unwrap_or(5));
        let mut left = bytes.as_slice();
        for size in &scan.split {
            let (piece, rest) = left.split_at((*size).min(left.len()));
            port.write(piece);
            port.pause(pause);
            left = rest;
        }
        port.write(left);
        self.events.push("wrote", json!({ "hex": hex::upper(&bytes) }));
        Ok(json!({ "ok": true, "bytes": bytes.len() }))
    }
}

impl Scan {
    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        match (&self.data, &self.hex, self.garbage) {
            (Some(data), None, None) => {
                let suffix = self.suffix.as_deref().unwrap_or("\r");
                Ok([&self.aim, data.as_str(), suffix].concat().into_bytes())
            }
            (None, Some(digits), None) => hex::bytes(digits).context("hex: not pairs of hex digits"),
            (None, None, Some(count)) => Ok(garbage(count, self.seed)),
            _ => anyhow::bail!("scan wants exactly one of data, hex, garbage"),
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same noise everywhere.
fn garbage(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u8
    };
    (0..count).map(|_| next()).collect()
}
