//! Medians and ranges, for people and for `just bench-docs`.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

#[derive(Default)]
pub struct Report {
    ratios: Map<String, Value>,
    figures: Map<String, Value>,
}

impl Report {
    /// One value a round.
    pub fn ratio(&mut self, name: &str, rounds: &[f64]) {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else { return };
        let ratio = json!({ "median": round(median(rounds)), "min": round(*min), "max": round(*max) });
        self.ratios.insert(name.to_owned(), ratio);
    }

    pub fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), json!(round(value)));
    }

    /// Prints a table and writes the file.
    pub fn write(&self, area: &str, rounds: usize, out: &Path) -> anyhow::Result<()> {
        println!("\n| ratio within a round | median | range |\n|---|---|---|");
        for (name, ratio) in &self.ratios {
            println!("| `{name}` | {} | {} – {} |", ratio["median"], ratio["min"], ratio["max"]);
        }
        println!("\n| figure | value |\n|---|---|");
        for (name, value) in &self.figures {
            println!("| `{name}` | {value} |");
        }
        let report = json!({
            "area": area, "date": date(), "cpu": cpu(), "rounds": rounds,
            "ratios": self.ratios, "figures": self.figures,
        });
        write(out, &report)
    }
}

pub fn write(out: &Path, report: &Value) -> anyhow::Result<()> {
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(out, serde_json::to_string_pretty(report)? + "\n")?)
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        len => sorted[((len as f64 * q) as usize).min(len - 1)],
    }
}

pub fn date() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

pub fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", name.map_or("unknown CPU", |(_, name)| name))
}
