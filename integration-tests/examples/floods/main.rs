//! Floods from outside against a shop that goes on selling: what the cashier waits for each call, unloaded and under each of them.
//! `floods ROUNDS` measures and writes target/bench/floods.json; `floods flood KIND …` is the far side, a process of its own.

#![allow(clippy::unwrap_used, reason = "it ends by panicking, as the tests do whose helpers it borrows")]
#![allow(dead_code, reason = "the tests use the rest of those helpers")]

mod cashier;
mod far_side;
#[path = "../../tests/shop/open_shop.rs"]
mod open_shop;
mod page;
mod report;

use cashier::Cashier;
use far_side::{Flood, KINDS};
use report::Cells;

const ROUNDS: usize = 5;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("flood", rest)) = args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return far_side::run(rest).await;
    }
    let rounds = args.first().map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let cashier = Cashier::open().await;
    cashier.sell(&mut Vec::new()).await;
    let mut cells = Cells::default();
    for round in 1..=rounds {
        cells.add("unloaded", measured(&cashier).await);
        for kind in KINDS {
            let flood = Flood::start(kind, &cashier).await;
            let times = measured(&cashier).await;
            cells.tried(kind, flood.stop().await);
            cells.add(kind, times);
        }
        eprintln!("round {round} of {rounds}");
    }
    let good = cells.report(rounds);
    cashier.close();
    std::process::exit(i32::from(!good));
}

/// Milliseconds of each call.
async fn measured(cashier: &Cashier) -> Vec<f64> {
    let mut times = Vec::new();
    cashier.sell(&mut times).await;
    times
}
