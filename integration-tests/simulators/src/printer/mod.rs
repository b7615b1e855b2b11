//! `sim-printer`: an 80 mm receipt printer on TCP, from the ESC/POS stream to dots on paper.

mod bitmap;
mod canvas;
mod codepage;
mod command;
mod engine;
mod faults;
mod flash;
mod functions;
mod glyphs;
mod inbox;
mod knobs;
mod link;
mod paper;
mod parser;
mod realtime;
mod state;
mod status;
mod style;
mod symbols;
mod typesetter;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context as _;
use serde_json::json;

use crate::control::{self, Events};

#[derive(Debug, Clone, clap::Parser)]
#[command(name = "sim-printer", about = "An 80 mm ESC/POS printer on TCP that prints into files")]
pub struct Options {
    /// Where it listens, as port 9100 of a real one; port 0 takes a free one, see {"cmd":"addr"}
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Control socket to create
    #[arg(long)]
    pub control: PathBuf,
    /// Folder for paper-NNNN.{escpos,txt,png}
    #[arg(long)]
    pub out: PathBuf,
    /// Character generator: a TrueType font with Chinese
    #[arg(long, default_value = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")]
    pub font: PathBuf,
}

/// What the threads share.
struct Printer {
    state: Mutex<state::State>,
    changed: Condvar,
    events: Events,
    address: SocketAddr,
    out: PathBuf,
}

/// Runs until stdin closes.
pub fn run(options: &Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.out).with_context(|| format!("folder {}", options.out.display()))?;
    let glyphs = glyphs::Glyphs::load(&options.font)?;
    let listener =
        TcpListener::bind(options.listen).with_context(|| format!("listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    let events = Events::default();
    let papers_before = paper::last_number(&options.out)?;
    let printer = Arc::new(Printer {
        state: Mutex::new(state::State::new(events.clone(), glyphs, listener, papers_before)),
        changed: Condvar::new(),
        events: events.clone(),
        address,
        out: options.out.clone(),
    });
    let (accepting, handling) = (printer.clone(), printer.clone());
    thread::spawn(move || link::serve(&accepting));
    control::serve(&options.control, events, move |request| knobs::handle(&handling, request))
        .with_context(|| format!("control socket {}", options.control.display()))?;
    control::exit_when_stdin_closes();
    engine::run(&printer);
    Ok(())
}

impl Printer {
    fn lock(&self) -> MutexGuard<'_, state::State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the files of a paper and reports it; a fence after the cut is answered only then.
    fn publish(&self, finished: &paper::Finished) -> Option<paper::PaperFiles> {
        match finished.write(&self.out) {
            Ok(files) => {
                self.lock().papers.push(files.clone());
                self.events.push("paper", json!(files));
                Some(files)
            }
            Err(e) => {
                self.events.push("paper_lost", json!({ "n": finished.number, "error": format!("{e:#}") }));
                None
            }
        }
    }
}
