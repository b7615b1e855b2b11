//! How long a paper takes from the call to the last byte in the kernel, beside the durable commits made in between.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chit_proto::printer::v1::{
    Document, JobEventKind, JobState, PreviewFormat, PrinterCondition, RenderPreviewRequest, WatchJobRequest,
    WatchStatusRequest,
};
use serde_json::{Map, Value, json};

use super::papers;
use super::report::{self, quantile, round, spread};
use super::service::Service;
use super::sink::Sink;

/// Papers before the measured ones.
const WARM_UP: u64 = 20;
/// Commits of one job: submitted, sending, sent, printed. The first two come before the last byte.
const COMMITS_OF_A_JOB: usize = 4;
const COMMITS_BEFORE_LAST_BYTE: usize = 2;
const FAULTS: u64 = 200;
/// Rows of white that the preview has around the paper.
const PREVIEW_MARGIN: u64 = 48;
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/emupos/bin/python");
/// receiptio always calls port 9100; any address of 127.0.0.0/8 is this machine.
const RECEIPTIO_HOST: &str = "127.0.0.9";
const RECEIPTIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/receiptio/node_modules");
const RECEIPTIO_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/printer_proof/receiptio_receipt.js");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/printer_proof/escpos_receipt.py");

struct Timed {
    /// Call to last byte, less the commits in between; milliseconds.
    overhead_ms: Vec<f64>,
    whole_ms: Vec<f64>,
    /// Call to PRINTED, as the watcher hears it.
    printed_ms: Vec<f64>,
    commits_ms: Vec<f64>,
    byte_count: u64,
}

pub async fn run(program: &Path, rounds: u64) -> anyhow::Result<()> {
    let (mut ratios, mut figures) = (Map::new(), Map::new());
    let text = timed(program, rounds, "chinese = \"gbk\"", &papers::english("20261124-000183")).await?;
    tell(&mut figures, "text", &text);
    let raster = timed(program, rounds, "chinese = \"raster\"", &papers::chinese("20261124-000183")).await?;
    tell(&mut figures, "raster", &raster);
    let faults = fault_to_status(program).await?;
    figures.insert("fault_to_status_p99_ms".into(), round(quantile(&faults, 0.99)).into());
    figures.insert("fault_to_status_p50_ms".into(), round(quantile(&faults, 0.5)).into());
    ratios.insert("raster_bytes_vs_naive".into(), bytes_vs_naive(program).await?);
    beside_others(rounds, &text, &mut ratios, &mut figures).await?;
    figures.insert("build".into(), if is_release(program) { "release" } else { "debug" }.into());
    let load = std::fs::read_to_string("/proc/loadavg")?;
    figures.insert("load_average".into(), load.split(' ').next().unwrap_or_default().into());
    figures.insert("scheduling".into(), scheduling()?.into());
    println!("{}", serde_json::to_string_pretty(&json!({ "ratios": ratios, "figures": figures }))?);
    report::merge(Some(rounds), &ratios, &figures)
}

/// Under "fifo" (`chrt -f`) other programs of this machine do not take part in what is measured.
fn scheduling() -> anyhow::Result<&'static str> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // proc(5): the policy is field 41; field 2 is in parentheses and may hold blanks.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    Ok(if after_name.split(' ').nth(38) == Some("1") { "fifo" } else { "other" })
}

/// The same receipt, by other programs, to the same kind of sink.
async fn beside_others(
    rounds: u64,
    text: &Timed,
    ratios: &mut Map<String, Value>,
    figures: &mut Map<String, Value>,
) -> anyhow::Result<()> {
    match python(rounds).await? {
        Some(theirs) => {
            let median = quantile(&theirs, 0.5);
            let of_theirs: Vec<f64> = text.whole_ms.iter().map(|ours| ours / median).collect();
            ratios.insert("time_vs_python_escpos".into(), spread(&of_theirs));
            let own: Vec<f64> = text.overhead_ms.iter().map(|ours| ours / median).collect();
            ratios.insert("time_without_commits_vs_python_escpos".into(), spread(&own));
            figures.insert("python_escpos_p50_ms".into(), round(median).into());
        }
        None => skipped("python-escpos"),
    }
    match receiptio(rounds).await? {
        Some(theirs) => {
            // Both of them until the printer has said that all is on paper.
            let median = quantile(&theirs, 0.5);
            let of_theirs: Vec<f64> = text.printed_ms.iter().map(|ours| ours / median).collect();
            ratios.insert("time_to_printed_vs_receiptio".into(), spread(&of_theirs));
            figures.insert("receiptio_p50_ms".into(), round(median).into());
        }
        None => skipped("receiptio"),
    }
    Ok(())
}

fn skipped(what: &str) {
    eprintln!("\x1b[31mSKIPPED: {what} does not run here; ./deploy/setup installs it\x1b[0m");
}

async fn receiptio(rounds: u64) -> anyhow::Result<Option<Vec<f64>>> {
    let Ok(_sink) = Sink::start_at(&format!("{RECEIPTIO_HOST}:9100")).await else { return Ok(None) };
    let mut node = tokio::process::Command::new("node");
    node.args([RECEIPTIO_SCRIPT, RECEIPTIO, RECEIPTIO_HOST, &rounds.to_string(), papers::QR]);
    milliseconds(node).await
}

/// One number a line.
async fn milliseconds(mut program: tokio::process::Command) -> anyhow::Result<Option<Vec<f64>>> {
    let Ok(output) = program.output().await else { return Ok(None) };
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return Ok(None);
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(Some(lines.lines().map(str::parse).collect::<Result<_, _>>()?))
}

fn is_release(program: &Path) -> bool {
    program.parent().is_some_and(|folder| folder.ends_with("release"))
}

fn tell(figures: &mut Map<String, Value>, name: &str, timed: &Timed) {
    let mut put = |what: &str, value: f64| {
        figures.insert(format!("{name}_{what}"), round(value).into());
    };
    put("overhead_p99_ms", quantile(&timed.overhead_ms, 0.99));
    put("overhead_p50_ms", quantile(&timed.overhead_ms, 0.5));
    put("call_to_last_byte_p99_ms", quantile(&timed.whole_ms, 0.99));
    put("commits_p99_ms", quantile(&timed.commits_ms, 0.99));
    put("commits_before_last_byte", COMMITS_BEFORE_LAST_BYTE as f64);
    put("bytes", timed.byte_count as f64);
}

async fn house(program: &Path, keys: &str) -> anyhow::Result<(tempfile::TempDir, Sink, Service)> {
    // The journal lies where the shop's would: on the disk, not in memory.
    let dir = tempfile::Builder::new().prefix("chit-bench-").tempdir_in("/var/tmp")?;
    let sink = Sink::start().await?;
    // A printer that is known draws the symbol itself, as the peers assume of theirs; elsewhere Chit sends it as a picture.
    let keys = format!("address = \"{}\"\nprofile = \"epson-tm-80\"\n{keys}", sink.address);
    let service = Service::start(program, dir.path(), &keys, "warn,chit_printer::journal=debug")?;
    service.until_status(|status| status.condition() == PrinterCondition::Ready).await?;
    Ok((dir, sink, service))
}

async fn timed(program: &Path, rounds: u64, keys: &str, document: &Document) -> anyhow::Result<Timed> {
    let (_dir, _sink, service) = house(program, keys).await?;
    let (mut whole_ms, mut printed_ms, mut byte_count) = (Vec::new(), Vec::new(), 0);
    for _ in 0..WARM_UP + rounds {
        let job_id = ulid::Ulid::generate().to_string();
        let began = monotonic_ns();
        service.submit(&job_id, document).await?;
        let (last_byte, bytes) = last_byte(&service, &job_id).await?;
        whole_ms.push((last_byte.saturating_sub(began)) as f64 / 1e6);
        printed_ms.push((monotonic_ns() - began) as f64 / 1e6);
        byte_count = bytes;
    }
    let commits = commits(&service.log())?;
    ensure!(commits.len() == whole_ms.len(), "{} jobs left {} traces", whole_ms.len(), commits.len());
    let measured = WARM_UP as usize..;
    let (whole_ms, commits_ms) = (whole_ms[measured.clone()].to_vec(), commits[measured.clone()].to_vec());
    let printed_ms = printed_ms[measured].to_vec();
    let overhead_ms = whole_ms.iter().zip(&commits_ms).map(|(whole, commits)| whole - commits).collect();
    Ok(Timed { overhead_ms, whole_ms, printed_ms, commits_ms, byte_count })
}

/// CLOCK_MONOTONIC, as the job's events carry it.
fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// When the job's last byte went into the kernel, and its size; returns when the job is printed.
async fn last_byte(service: &Service, job_id: &str) -> anyhow::Result<(u64, u64)> {
    let request = WatchJobRequest { job_id: job_id.into(), after_revision: 0 };
    let mut events = service.client.clone().watch_job(request).await?.into_inner();
    let mut found = None;
    while let Some(event) = events.message().await? {
        let event = event.event.context("an event")?;
        let (kind, monotonic_ns) = (event.kind(), event.monotonic_ns);
        let job = event.job.context("a job")?;
        if kind == JobEventKind::LastByte {
            found = Some((monotonic_ns, job.byte_count));
        }
        ensure!(job.state() != JobState::InDoubt, "a job is in doubt against the sink");
    }
    found.context("the job has no last byte")
}

/// For each job the milliseconds that its commits before the last byte took, from the service's log.
fn commits(log: &Path) -> anyhow::Result<Vec<f64>> {
    let text = std::fs::read_to_string(log)?;
    let mut all = Vec::new();
    for line in text.lines().filter(|line| line.contains("commit_us")) {
        let digits = line.split("commit_us").nth(1).unwrap_or_default();
        let digits: String =
            digits.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        all.push((line.contains("submit"), digits.parse::<f64>()? / 1000.0));
    }
    let mut jobs = Vec::new();
    for job in all.chunks(COMMITS_OF_A_JOB) {
        ensure!(job[0].0 && job.len() == COMMITS_OF_A_JOB, "a job made other commits than known: {job:?}");
        jobs.push(job[..COMMITS_BEFORE_LAST_BYTE].iter().map(|(_, ms)| ms).sum());
    }
    Ok(jobs)
}

/// From the printer's word to the watcher's ear, in milliseconds.
async fn fault_to_status(program: &Path) -> anyhow::Result<Vec<f64>> {
    let (_dir, sink, service) = house(program, "").await?;
    let mut statuses = service.client.clone().watch_status(WatchStatusRequest {}).await?.into_inner();
    let mut took = Vec::new();
    for n in 0..FAULTS {
        let wanted = if n % 2 == 0 { PrinterCondition::PaperOut } else { PrinterCondition::Ready };
        let began = Instant::now();
        sink.paper(n % 2 == 1).await?;
        loop {
            let next = tokio::time::timeout(Duration::from_secs(10), statuses.message()).await;
            let status = next??.context("the stream ended")?.status.unwrap_or_default();
            if status.condition() == wanted {
                break;
            }
        }
        took.push(began.elapsed().as_secs_f64() * 1e3);
        // The sink answers questions as a printer with paper: the next round must not end the fault first.
    }
    Ok(took)
}

/// Bytes sent, over those of the same paper as one picture from edge to edge.
async fn bytes_vs_naive(program: &Path) -> anyhow::Result<Value> {
    let mut ratios = Vec::new();
    for columns in [48u32, 32] {
        let keys = format!("chinese = \"raster\"\ncolumns = {columns}");
        let (_dir, _sink, service) = house(program, &keys).await?;
        let document = papers::chinese("20261124-000183");
        let job_id = ulid::Ulid::generate().to_string();
        service.submit(&job_id, &document).await?;
        let (_, bytes) = last_byte(&service, &job_id).await?;
        let request =
            RenderPreviewRequest { document: Some(document), format: PreviewFormat::Png.into(), columns };
        let png = service.client.clone().render_preview(request).await?.into_inner().png;
        let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info()?;
        let rows = u64::from(reader.info().height).saturating_sub(PREVIEW_MARGIN);
        let naive = rows * u64::from(columns * 12 / 8);
        println!("{columns} columns: {bytes} bytes, {naive} as one picture");
        ratios.push(bytes as f64 / naive as f64);
    }
    Ok(spread(&ratios))
}

/// python-escpos, the same receipt, the same sink; milliseconds. `None` where it is not installed.
async fn python(rounds: u64) -> anyhow::Result<Option<Vec<f64>>> {
    let sink = Sink::start().await?;
    let before = sink.taken();
    let mut python = tokio::process::Command::new(PYTHON);
    python.args([SCRIPT, &sink.address.port().to_string(), &rounds.to_string(), papers::QR]);
    let found = milliseconds(python).await?;
    println!("python-escpos: {} bytes a receipt", (sink.taken() - before) / rounds.max(1));
    Ok(found)
}
