//! The printer's control requests.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use super::Printer;
use crate::control;

pub fn handle(printer: &Arc<Printer>, request: &Value) -> Value {
    match request["cmd"].as_str() {
        Some("addr") => json!({ "addr": printer.address.to_string() }),
        Some("papers") => json!({ "papers": printer.lock().papers }),
        Some("status") => printer.lock().describe(),
        Some("tear") => tear(printer),
        Some("continue") => {
            let mut state = printer.lock();
            state.faults.stop_after_bytes = None;
            state.stop_announced = false;
            printer.changed.notify_all();
            control::ok()
        }
        Some("fault") => match set_fault(printer, request) {
            Ok(()) => control::ok(),
            Err(e) => control::error(format_args!("{e:#}")),
        },
        _ => control::error("cmd must be addr, papers, status, tear, continue, fault or watch"),
    }
}

fn tear(printer: &Printer) -> Value {
    let finished = printer.lock().finish_paper();
    let paper = finished.and_then(|finished| printer.publish(&finished));
    json!({ "ok": true, "paper": paper })
}

fn set_fault(printer: &Printer, request: &Value) -> anyhow::Result<()> {
    let name = request["name"].as_str().unwrap_or_default();
    let mut state = printer.lock();
    state.faults.set(name, &request["value"])?;
    state.events.push("fault", json!({ "name": name, "value": request["value"] }));
    if name == "stop_after_bytes" {
        state.stop_announced = false;
    }
    state.report_sensors();
    let refuse = state.faults.refuse_connections;
    drop(state);
    printer.changed.notify_all();
    if refuse { close_port(printer) } else { open_port(printer) }
}

/// Returns when the port really refuses.
fn close_port(printer: &Printer) -> anyhow::Result<()> {
    let mut state = printer.lock();
    if state.listener.take().is_none() {
        return Ok(());
    }
    if state.accepting {
        drop(state);
        // accept() cannot be interrupted, but it can be given a client.
        TcpStream::connect(printer.address)?;
        state = printer.lock();
    }
    let closed = printer.changed.wait_while(state, |state| state.accepting);
    drop(closed.unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

fn open_port(printer: &Printer) -> anyhow::Result<()> {
    let mut state = printer.lock();
    if state.listener.is_none() {
        state.listener = Some(TcpListener::bind(printer.address)?);
        printer.changed.notify_all();
    }
    Ok(())
}
