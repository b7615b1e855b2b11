//! How long a scan takes from the serial line to a client's stream, over what the line and a call take alone; and what the service
//! costs while nothing happens; and whether codes keep apart. `scan-latency SCANS` prints a table and adds to target/bench/scanner.json.

mod framing;

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{GetStatusRequest, SourceState, WatchScansRequest};
use chit_runtime::Context;
use chit_scanner::Config;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use serialport::{SerialPort as _, TTYPort};

const IDLE: Duration = Duration::from_secs(5);
const SESSIONS: u64 = 100_000;
const SEED: u64 = 20_261_130;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let scans: usize = std::env::args().nth(1).map_or(Ok(500), |word| word.parse())?;
    let dir = tempfile::tempdir()?;
    let link = dir.path().join("handheld");
    let (mut device, line) = TTYPort::pair()?;
    symlink(line.name().context("a pseudo terminal has a name")?, &link)?;
    let ctx = Context::sandbox_in("scanner", dir.path());
    let config = Config { port: Some(link), camera: false, ..Config::default() };
    let service = tokio::spawn(chit_scanner::run(ctx.clone(), config));
    let mut client = ScannerServiceClient::new(chit_runtime::channel(&ctx.shared, "scanner"));
    loop {
        let status = client.get_status(GetStatusRequest {}).await.map(tonic::Response::into_inner);
        if status.is_ok_and(|status| status.serial() == SourceState::Ready) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let request = WatchScansRequest { epoch: String::new(), after_seq: 0 };
    let mut stream = client.watch_scans(request).await?.into_inner();
    stream.message().await?;

    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..scans {
        let begun = Instant::now();
        client.get_status(GetStatusRequest {}).await?;
        bare.push(begun.elapsed());
        let begun = Instant::now();
        device.write_all(b"6901234567892\r")?;
        while !matches!(stream.message().await?.and_then(|message| message.event), Some(Event::Scan(_))) {}
        whole.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let before = cpu();
    tokio::time::sleep(IDLE).await;
    let idle_percent = 100.0 * (cpu() - before).as_secs_f64() / IDLE.as_secs_f64();
    ctx.shutdown.trigger();
    service.await??;

    let ms = |times: &mut Vec<Duration>, share: usize| {
        times.sort();
        times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3
    };
    let (merged_or_split, codes) = framing::merged_or_split(SESSIONS, SEED);
    println!("{SESSIONS} sessions, {codes} codes, {merged_or_split} merged or split");
    let figures = json!({
        "merged_or_split": merged_or_split,
        "call_p50_ms": rounded(ms(&mut bare, 50)),
        "serial_p50_ms": rounded(ms(&mut whole, 50)),
        "serial_p99_ms": rounded(ms(&mut whole, 99)),
        "serial_overhead_p99_ms": rounded(ms(&mut whole, 99) - ms(&mut bare, 50)),
        "idle_percent": rounded(idle_percent),
    });
    println!("{scans} scans: {figures:#}");
    add(Path::new("target/bench/scanner.json"), figures)
}

/// Processor time of this process: the service, and a client that sleeps.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn add(path: &Path, figures: Value) -> anyhow::Result<()> {
    let known = std::fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
    let mut report: Value = serde_json::from_str(&known)?;
    for (key, default) in [("ratios", json!({})), ("figures", json!({}))] {
        if report[key].is_null() {
            report[key] = default;
        }
    }
    if report["area"].is_null() {
        (report["area"], report["rounds"]) = (json!("scanner"), json!(1));
        report["date"] = json!(jiff::Timestamp::now().to_string()[..10]);
        report["cpu"] = json!("see conformance-qr");
    }
    if let (Some(known), Value::Object(new)) = (report["figures"].as_object_mut(), figures) {
        known.extend(new);
    }
    std::fs::create_dir_all(path.parent().context("a folder")?)?;
    Ok(std::fs::write(path, format!("{report:#}\n"))?)
}
