//! The network side: one client at a time, the next one waits in the backlog.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Printer;
use super::state::{Link, State};

/// A client that does not take its answers for this long is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

pub fn serve(printer: &Arc<Printer>) {
    for id in 1.. {
        let stream = accept(printer);
        // An error here is the client's end of the link, which ends the conversation in any case.
        let _ = converse(printer, stream, id);
        let mut state = printer.lock();
        state.link = None;
        state.asb_selection = 0;
        state.events.push("disconnected", json!({ "link": id }));
    }
}

fn accept(printer: &Printer) -> TcpStream {
    loop {
        let mut state = printer.lock();
        let Some(listener) = state.listener.as_ref().and_then(|listener| listener.try_clone().ok()) else {
            drop(printer.changed.wait(state));
            continue;
        };
        state.accepting = true;
        drop(state);
        let accepted = listener.accept();
        drop(listener);
        let mut state = printer.lock();
        state.accepting = false;
        printer.changed.notify_all();
        match accepted {
            Ok((stream, _)) if state.listener.is_some() => return stream,
            _ => {}
        }
    }
}

fn converse(printer: &Printer, mut stream: TcpStream, id: u64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    let (replies, outgoing) = channel();
    let writer = stream.try_clone()?;
    thread::spawn(move || write_replies(writer, &outgoing));
    {
        let mut state = printer.lock();
        state.link = Some(Link { id, replies });
        state.asb_selection = 0;
        state.events.push("connected", json!({ "link": id }));
    }
    let mut bytes = [0; 1024];
    loop {
        // Nothing leaves TCP before there is room for it.
        if stream.peek(&mut bytes[..1])? == 0 {
            return Ok(());
        }
        let room = wait_for_room(printer).min(bytes.len());
        let taken = stream.read(&mut bytes[..room])?;
        let mut state = printer.lock();
        state.receive(&bytes[..taken], id);
        printer.changed.notify_all();
        if state.faults.cut_link_after_bytes == Some(0) {
            state.faults.cut_link_after_bytes = None;
            state.events.push("link_cut", json!({ "link": id }));
            // A reset, as when the cable is pulled and the printer's stack forgets the connection.
            rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
            state.link = None;
            return Ok(());
        }
    }
}

fn wait_for_room(printer: &Printer) -> usize {
    let state = printer
        .changed
        .wait_while(printer.lock(), |state| state.faults.never_reads || state.inbox.room() == 0)
        .unwrap_or_else(PoisonError::into_inner);
    let until_cut = state.faults.cut_link_after_bytes.map_or(usize::MAX, |left| left as usize);
    state.inbox.room().min(until_cut.max(1))
}

impl State {
    fn receive(&mut self, bytes: &[u8], link: u64) {
        for &byte in bytes {
            if let Some(command) = self.inbox.push(byte, link) {
                self.act_at_once(command, link);
            }
        }
        if let Some(left) = &mut self.faults.cut_link_after_bytes {
            *left = left.saturating_sub(bytes.len() as u64);
        }
    }
}

fn write_replies(mut stream: TcpStream, outgoing: &Receiver<(Instant, Vec<u8>)>) {
    while let Ok((due, bytes)) = outgoing.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}
