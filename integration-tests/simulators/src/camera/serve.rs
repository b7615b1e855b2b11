//! The long-lived side: control requests edit the state file; what workers write to FILE.events is reported
//! to watchers.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::state::{self, Loss, Scene};
use crate::control::{self, Events};

/// How often the file is looked at for new lines; a frame takes 66 ms.
const TAIL_INTERVAL: Duration = Duration::from_millis(5);

pub fn run(socket: &Path, state: &Path) -> anyhow::Result<ExitCode> {
    // Writes the file if there is none, so that an unusable path shows now.
    state::edit(state, |_| {})?;
    let events = Events::default();
    let path = state::beside(state, "events");
    let file = File::create(&path).with_context(|| format!("events file {}", path.display()))?;
    drop(file);
    let lines = BufReader::new(File::open(&path)?);
    let handled = state.to_owned();
    control::serve(socket, events.clone(), move |request| {
        handle(&handled, request).unwrap_or_else(|e| control::error(format_args!("{e:#}")))
    })
    .with_context(|| format!("control socket {}", socket.display()))?;
    control::exit_when_stdin_closes();
    tail(lines, &events)
}

fn tail(mut lines: BufReader<File>, events: &Events) -> anyhow::Result<ExitCode> {
    let mut line = String::new();
    loop {
        // A line may come in pieces: what has no end yet stays in `line`.
        if lines.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            thread::sleep(TAIL_INTERVAL);
            continue;
        }
        if let Ok(Value::Object(mut fields)) = serde_json::from_str(&line)
            && let Some(Value::String(name)) = fields.remove("event")
        {
            // `seq` belongs to the event stream; a frame's own number is called `frame`.
            events.push(&name, Value::Object(fields));
        }
        line.clear();
    }
}

fn handle(path: &Path, request: &Value) -> anyhow::Result<Value> {
    let scene = match request["cmd"].as_str() {
        Some("hold") => {
            let png = match &request["png"] {
                Value::Null => None,
                Value::String(png) => Some(PathBuf::from(png)),
                _ => bail!("png must be a path or null"),
            };
            if let Some(png) = &png {
                File::open(png).with_context(|| format!("picture {}", png.display()))?;
            }
            state::edit(path, |scene| scene.png = png)?
        }
        Some("fault") => {
            let fault = fault(request)?;
            state::edit(path, fault)?
        }
        Some("status") => state::edit(path, |_| {})?,
        _ => bail!("cmd must be hold, fault, status or watch"),
    };
    Ok(json!({ "ok": true, "scene": scene }))
}

type Change = Box<dyn FnOnce(&mut Scene)>;

fn fault(request: &Value) -> anyhow::Result<Change> {
    let value = &request["value"];
    let switch = || value.as_bool().context("value must be true or false");
    let number = || value.as_u64().context("value must be a whole number");
    Ok(match request["name"].as_str() {
        Some("absent") => {
            let on = switch()?;
            Box::new(move |scene| scene.absent = on)
        }
        Some("busy") => {
            let on = switch()?;
            Box::new(move |scene| scene.busy = on)
        }
        Some("stall") => {
            let on = switch()?;
            Box::new(move |scene| scene.stall = on)
        }
        Some("drop_percent") => {
            let percent = u32::try_from(number()?.min(100))?;
            Box::new(move |scene| scene.drop_percent = percent)
        }
        Some("lose_after_frames") => {
            let once = request["once"].as_bool().unwrap_or(true);
            let loss = if value.is_null() { None } else { Some(Loss { frames: number()?, once }) };
            Box::new(move |scene| scene.lose_after_frames = loss)
        }
        name => bail!("no fault is called {name:?}"),
    })
}
