//! The table, and target/bench/floods.json.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chit_integration_tests::printer_proof::report::{quantile, round};
use serde_json::{Map, Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench/floods.json");
const UNLOADED: &str = "unloaded";
/// What a flood may cost the cashier.
const RATIO_MAX: f64 = 2.0;

/// The times of each condition, a list a round.
#[derive(Default)]
pub struct Cells {
    times: BTreeMap<String, Vec<Vec<f64>>>,
    tried: BTreeMap<String, u64>,
}

impl Cells {
    pub fn add(&mut self, condition: &str, times: Vec<f64>) {
        self.times.entry(condition.to_owned()).or_default().push(times);
    }

    pub fn tried(&mut self, condition: &str, times: u64) {
        *self.tried.entry(condition.to_owned()).or_default() += times;
    }

    /// Whether the cashier's p99 is at most twice its unloaded value, over all rounds.
    pub fn report(&self, rounds: usize) -> bool {
        let (mut ratios, mut figures) = (Map::new(), Map::new());
        println!(
            "| flood | times it came | p50, ms | p99, ms | p99 to unloaded: median of the rounds | least | most |"
        );
        println!("|---|---|---|---|---|---|---|");
        let mut good = true;
        for (condition, cells) in &self.times {
            let (p50, p99) = (over_all(cells, 0.5), over_all(cells, 0.99));
            figures.insert(format!("{condition}_p50_ms"), round(p50).into());
            figures.insert(format!("{condition}_p99_ms"), round(p99).into());
            let mut row = format!(
                "| {condition} | {} | {p50:.1} | {p99:.1} |",
                self.tried.get(condition).unwrap_or(&0)
            );
            if condition != UNLOADED {
                let by_round: Vec<f64> = cells
                    .iter()
                    .zip(&self.times[UNLOADED])
                    .map(|(cell, unloaded)| quantile(cell, 0.99) / quantile(unloaded, 0.99))
                    .collect();
                let [median, min, max] = [0.5, 0.0, 1.0].map(|share| round(quantile(&by_round, share)));
                ratios.insert(condition.clone(), json!({ "median": median, "min": min, "max": max }));
                row.push_str(&format!(" {median:.2} | {min:.2} | {max:.2} |"));
                good &= p99 <= RATIO_MAX * over_all(&self.times[UNLOADED], 0.99);
            } else {
                row.push_str(" | | |");
            }
            println!("{row}");
        }
        figures.insert("calls_a_cell".into(), self.times[UNLOADED][0].len().into());
        figures.insert("within_twice".into(), good.into());
        write(rounds, &ratios.into(), &figures.into());
        good
    }
}

fn over_all(cells: &[Vec<f64>], share: f64) -> f64 {
    quantile(&cells.concat(), share)
}

fn write(rounds: usize, ratios: &Value, figures: &Value) {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let all = json!({
        "area": "floods",
        "date": jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        "cpu": model.trim_start_matches([' ', '\t', ':']),
        "rounds": rounds,
        "ratios": ratios,
        "figures": figures,
    });
    fs::create_dir_all(Path::new(FILE).parent().unwrap()).unwrap();
    fs::write(FILE, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
}
