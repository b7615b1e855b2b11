//! The till's page in figures, with all services running: target/bench/till.json.

use std::fs;
use std::path::Path;

use chit_integration_tests::printer_proof::report::{quantile, round};
use serde_json::{Value, json};

use crate::cashier::{begin_by_keys, fill_basket_by_keys, sign_in_by_keys, stage};
use crate::driver::Page;
use crate::shop::Shop;

const LOADS: usize = 20;
const KEYS: usize = 60;
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench/till.json");

/// From the key's own time stamp to the task after the frame that shows what the server pushed.
const STOPWATCH: &str = "
    window.times = [];
    let pressed = 0;
    const answer = () => document.querySelector('#same-person')?.dataset.answer;
    let last = answer();
    addEventListener('keydown', (event) => { pressed = event.timeStamp; }, true);
    new MutationObserver(() => {
        if (!pressed || answer() === last) return;
        const began = pressed;
        [pressed, last] = [0, answer()];
        requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => times.push(performance.now() - began);
            after.port2.postMessage(0);
        });
    }).observe(document.body, { childList: true, subtree: true });";

pub async fn run() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    let (paints, kb) = loads(page, &shop.till_url).await;
    let repaints = repaints(&shop).await;
    let rss_mb = rss_mb(shop.house.keeper("till").pid().unwrap());
    let figures = json!({
        "first_paint_ms": round(quantile(&paints, 0.5)),
        "first_paint_max_ms": round(quantile(&paints, 1.0)),
        "page_kb": round(kb),
        "repaint_p50_ms": round(quantile(&repaints, 0.5)),
        "repaint_p95_ms": round(quantile(&repaints, 0.95)),
        "rss_mb": round(rss_mb),
        "build": if cfg!(debug_assertions) { "dev" } else { "release" },
    });
    write(&figures);
}

/// First contentful paint and bytes on the wire, each time with an empty cache.
async fn loads(page: &Page, url: &str) -> (Vec<f64>, f64) {
    let mut paints = Vec::new();
    let mut kb = 0.0;
    for _ in 0..LOADS {
        page.cdp("Network.clearBrowserCache", json!({})).await;
        page.goto(url).await;
        page.until("performance.getEntriesByName('first-contentful-paint').length").await;
        let paint =
            page.eval("return performance.getEntriesByName('first-contentful-paint')[0].startTime").await;
        paints.push(paint.as_f64().unwrap());
        let bytes = page
            .eval(
                "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]\
                 .reduce((sum, entry) => sum + entry.transferSize, 0)",
            )
            .await;
        kb = bytes.as_f64().unwrap() / 1024.0;
    }
    (paints, kb)
}

/// The cashier answers yes and no in turn; each answer is stored by checkout before it is shown.
async fn repaints(shop: &Shop) -> Vec<f64> {
    let page = &shop.page;
    shop.at_desk().await;
    page.click("#scan-code").await;
    shop.at_till().await;
    stage(page, "PAYER_OK").await;
    page.eval(STOPWATCH).await;
    for at in 0..KEYS {
        page.type_text(if at % 2 == 0 { "y" } else { "n" }).await;
        page.until(&format!("times.length === {}", at + 1)).await;
    }
    let times = page.eval("return times").await;
    times.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

fn rss_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

fn write(figures: &Value) {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let all = json!({
        "area": "till",
        "date": jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        "cpu": model.trim_start_matches([' ', '\t', ':']),
        "rounds": KEYS,
        "ratios": {},
        "figures": figures,
    });
    fs::create_dir_all(Path::new(FILE).parent().unwrap()).unwrap();
    fs::write(FILE, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
    println!("{}", serde_json::to_string_pretty(&all).unwrap());
}
