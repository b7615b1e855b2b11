//! Figures as `docs/benchmarks.md` takes them: one JSON file an area, in target/bench.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// Median, least and greatest of a ratio over rounds.
pub fn spread(values: &[f64]) -> Value {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.first(), sorted.last()) {
        (Some(min), Some(max)) => {
            json!({ "median": round(sorted[sorted.len() / 2]), "min": round(*min), "max": round(*max) })
        }
        _ => Value::Null,
    }
}

/// The value below which `share` of all lie.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
}

pub fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench/printer.json"))
}

/// Lays new figures over those of earlier runs: bench and kill run share the file.
pub fn merge(
    rounds: Option<u64>,
    ratios: &Map<String, Value>,
    figures: &Map<String, Value>,
) -> anyhow::Result<()> {
    let path = path();
    let mut all: Value = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)?,
        Err(_) => json!({ "area": "printer", "rounds": 0, "ratios": {}, "figures": {} }),
    };
    all["date"] = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string().into();
    all["cpu"] = cpu().into();
    if let Some(rounds) = rounds {
        all["rounds"] = rounds.into();
    }
    for (name, value) in ratios {
        all["ratios"][name] = value.clone();
    }
    for (name, value) in figures {
        all["figures"][name] = value.clone();
    }
    std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
    std::fs::write(&path, serde_json::to_string_pretty(&all)? + "\n")?;
    println!("{}", path.display());
    Ok(())
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{} x {cores}", model.trim_start_matches([' ', '\t', ':']))
}
