//! `target/bench/sms.json`: what was measured, for docs/benchmarks.md.

use serde_json::{Map, Value, json};
use std::path::PathBuf;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench/sms.json")
}

/// Adds to what other measurements of this area have written.
pub fn record(rounds: usize, ratios: Map<String, Value>, figures: Map<String, Value>) {
    let file = file();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let before = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let mut all =
        before.unwrap_or_else(|| json!({ "area": "sms", "rounds": 0, "ratios": {}, "figures": {} }));
    all["date"] = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string().into();
    all["cpu"] = cpu().into();
    if rounds > 0 {
        all["rounds"] = rounds.into();
    }
    for (section, values) in [("ratios", ratios), ("figures", figures)] {
        all[section].as_object_mut().unwrap().extend(values);
    }
    std::fs::write(&file, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
}

/// Median, smallest and largest.
pub fn spread(values: &[f64]) -> Value {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let round = |value: f64| (value * 100.0).round() / 100.0;
    json!({ "median": round(sorted[sorted.len() / 2]), "min": round(sorted[0]), "max": round(sorted[sorted.len() - 1]) })
}

fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let name = named.map_or("unknown", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores")
}
