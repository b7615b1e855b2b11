//! Reads grey pictures from stdin as the service does, for `just conformance-qr`: for each line `WIDTH HEIGHT` and its bytes one
//! line of JSON with what was read. `live` looks as at one frame of many, with one more way each time; `still` tries every way;
//! `second` asks the second opinion alone, `rqrr` is that library as it comes; `linear` reads the codes of goods.

use std::io::{self, BufRead, Read, Write};

use chit_scanner::domain::symbol::Symbology;
use chit_scanner::sight::{Engine, Plane, Sighting};
use chit_scanner::{Effort, Eye, Sources};
use serde_json::json;

fn main() -> io::Result<()> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let effort = match mode.as_str() {
        "live" => Effort::Frame,
        "still" | "linear" | "second" | "rqrr" => Effort::Still,
        _ => {
            eprintln!("usage: sight-frames live|still|linear|second|rqrr");
            std::process::exit(64);
        }
    };
    let wanted = match mode.as_str() {
        "linear" => chit_scanner::sight::linear::READABLE.to_vec(),
        _ => vec![Symbology::QrCode],
    };
    let worker = std::env::current_exe()?.with_file_name("../code-worker");
    let sources = std::sync::Arc::new(Sources::default());
    let mut eye = Eye::new(std::sync::Arc::clone(&sources), worker);
    let (mut input, mut out) = (io::stdin().lock(), io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let size: Vec<usize> = line.split_whitespace().take(2).filter_map(|word| word.parse().ok()).collect();
        let [width, height] = size[..] else { return Err(io::ErrorKind::InvalidData.into()) };
        let mut grey = vec![0; width * height];
        input.read_exact(&mut grey)?;
        line.clear();
        let plane = Plane::new(width, height, grey).ok_or(io::ErrorKind::InvalidData)?;
        let begun = Eye::cpu();
        let sightings = match mode.as_str() {
            "second" => eye.second(&plane),
            "rqrr" => plain_rqrr(&plane),
            _ => eye.look(&plane, effort, &wanted),
        };
        let cpu_ns = (Eye::cpu() - begun).as_nanos() as u64;
        let read: Vec<_> = sightings
            .iter()
            .map(|one| json!({ "text": String::from_utf8_lossy(&one.content), "engine": one.engine.name() }))
            .collect();
        writeln!(
            out,
            "{}",
            json!({ "cpu_ns": cpu_ns, "read": read, "restarts": sources.decoder_restarts() })
        )?;
    }
    Ok(())
}

fn plain_rqrr(plane: &Plane<'_>) -> Vec<Sighting> {
    let read = || {
        let pixel = |x: usize, y: usize| plane.grey[y * plane.width + x];
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(plane.width, plane.height, pixel);
        let codes = image.detect_grids().into_iter().filter_map(|grid| {
            let mut content = Vec::new();
            grid.decode_to(&mut content).ok().map(|_meta| content)
        });
        codes
            .map(|content| Sighting { content, symbology: Symbology::QrCode, engine: Engine::Rqrr })
            .collect()
    };
    // It panics on some photos.
    std::panic::catch_unwind(read).unwrap_or_default()
}
