//! What filming costs, and what it costs under load. Writes target/bench/media.json.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::media_capture::v1::TakeSnapshotRequest;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::film::Pace;
use super::process::{Spinners, cpu, rss_mb};
use super::rig::{Format, Rig, new_id, program};
use super::{copies, film, sound};

const VGA: Format = Format { width: 640, height: 480, fps: 15 };
const HD: Format = Format { width: 1280, height: 720, fps: 30 };
/// Bits a second of the service's default, which x264 gets, too.
const KBPS: u32 = 600;
const RAW_SECONDS: u32 = 6;
const SNAPSHOTS: usize = 100;
const STARTS: usize = 20;
/// Two minutes, as the promise says.
const DRIFT: Duration = Duration::from_secs(120);
const CLIP: Duration = Duration::from_secs(30);

pub async fn run(rounds: usize, seconds: u64) -> anyhow::Result<()> {
    let mut figures = BTreeMap::new();
    let mut ratios = BTreeMap::new();
    for (name, format) in [("480p15", VGA), ("720p30", HD)] {
        let (mut shares, mut beside, mut beside_as_fast) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let cost = recording(format, seconds, "").await?;
            shares.push(cost.share);
            beside.push(cost.share / cost.x264_share);
            beside_as_fast.push(cost.share / cost.x264_share_as_fast);
            keep_most(&mut figures, "rss_mb", cost.rss_mb);
            keep_most(&mut figures, "dropped_share", cost.dropped_share);
        }
        println!(
            "{name}: {shares:.3?} of a processor, {beside:.2?} times x264 ultrafast at a camera's pace, {beside_as_fast:.2?} \
             out of a file"
        );
        figures.insert(format!("cpu_share_{name}"), median(&shares));
        ratios.insert(format!("cpu_{name}_vs_x264"), spread(&beside));
        ratios.insert(format!("cpu_{name}_vs_x264_out_of_a_file"), spread(&beside_as_fast));
    }
    let busy = snapshots_busy().await?;
    println!("snapshots while busy: {:.1} %, p95 {:.0} ms", busy.0 * 100.0, busy.1);
    figures.insert("snapshots_ok_share_busy".into(), busy.0);
    figures.insert("snapshot_p95_ms_busy".into(), busy.1);
    let (start_p95, seal_ms) = starts_and_seals().await?;
    println!("start p95 {start_p95:.0} ms, stop to sealed of a clip of 30 s {seal_ms:.0} ms");
    figures.insert("start_ack_p95_ms".into(), start_p95);
    figures.insert("seal_30s_ms".into(), seal_ms);
    let heard = sound_cost(seconds).await?;
    println!("sound: {:.3} of a processor more", heard);
    figures.insert("cpu_share_sound".into(), heard);
    let drift = [drift(-200.0).await?, drift(200.0).await?].into_iter().fold(0.0, f64::max);
    println!("drift over {} s at -200 and +200 ppm: {drift:.1} ms", DRIFT.as_secs());
    figures.insert("av_drift_ms".into(), drift);
    let rig = Rig::start(VGA, "").await?;
    let read = copies::read_from_a_copy(&rig, 4).await?;
    println!("code read in {} pictures of the originals, {} of the copy", read.original, read.redacted);
    anyhow::ensure!(read.original > 0, "the reader reads nothing at all");
    figures.insert("payer_code_read_from_redacted_export".into(), f64::from(read.redacted));
    report(rounds, &ratios, &figures)
}

struct Cost {
    /// Of one processor, the camera's end not counted.
    share: f64,
    x264_share: f64,
    x264_share_as_fast: f64,
    rss_mb: f64,
    dropped_share: f64,
}

async fn recording(format: Format, seconds: u64, keys: &str) -> anyhow::Result<Cost> {
    let rig = Rig::start(format, keys).await?;
    sleep(Duration::from_secs(3)).await;
    let sale = new_id();
    rig.start_recording(&sale).await?;
    rig.photo(&sale).await?;
    rig.goods(&sale).await?;
    let (before, began) = (cpu(rig.pid()?)?, Instant::now());
    sleep(Duration::from_secs(seconds)).await;
    let share = (cpu(rig.pid()?)? - before).as_secs_f64() / began.elapsed().as_secs_f64();
    rig.seal(&sale).await?;
    let manifest = rig.manifest(&sale).await?;
    let track = manifest.files.iter().find_map(|file| file.video.as_ref()).context("no film")?;
    let all = f64::from(track.frame_count + track.dropped_frames);
    let dropped_share = f64::from(track.dropped_frames) / all;
    let rss_mb = rss_mb(rig.pid()?)?;
    let raw = film::raw_frames(format, RAW_SECONDS, rig.scratch())?;
    let x264 =
        |pace| anyhow::Ok(film::x264(&raw, format, KBPS, pace)?.as_secs_f64() / f64::from(RAW_SECONDS));
    let (x264_share, x264_share_as_fast) = (x264(Pace::Live)?, x264(Pace::AsFast)?);
    Ok(Cost { share, x264_share, x264_share_as_fast, rss_mb, dropped_share })
}

/// 720p30 while twice as many programs as processors do nothing but run. Share that came, and p95.
async fn snapshots_busy() -> anyhow::Result<(f64, f64)> {
    let rig = Rig::start(HD, "").await?;
    let sale = new_id();
    rig.start_recording(&sale).await?;
    let _busy = Spinners::start()?;
    sleep(Duration::from_secs(1)).await;
    let (mut taken, mut times) = (0, Vec::new());
    for _ in 0..SNAPSHOTS {
        let asked = Instant::now();
        let answer = rig.client.clone().take_snapshot(TakeSnapshotRequest {}).await;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        match answer {
            Ok(_) => taken += 1,
            Err(status) => println!("  no snapshot: {}", status.message()),
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok((f64::from(taken) / SNAPSHOTS as f64, percentile(&times, 95)))
}

async fn starts_and_seals() -> anyhow::Result<(f64, f64)> {
    let rig = Rig::start(VGA, "").await?;
    sleep(Duration::from_secs(4)).await;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let sale = new_id();
        let asked = Instant::now();
        rig.start_recording(&sale).await?;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        rig.goods(&sale).await?;
        sleep(Duration::from_millis(300)).await;
        rig.seal(&sale).await?;
    }
    let sale = new_id();
    rig.start_recording(&sale).await?;
    rig.photo(&sale).await?;
    rig.goods(&sale).await?;
    sleep(CLIP).await;
    let (_, took) = rig.seal(&sale).await?;
    Ok((percentile(&times, 95), took.as_secs_f64() * 1e3))
}

fn microphone(ppm: f64) -> anyhow::Result<String> {
    let worker = program("sim-microphone")?;
    Ok(format!("sound = true\nsound_worker = [{worker:?}, \"--ppm\", \"{ppm}\"]"))
}

async fn sound_cost(seconds: u64) -> anyhow::Result<f64> {
    let silent = recording(VGA, seconds, "").await?;
    let heard = recording(VGA, seconds, &microphone(0.0)?).await?;
    Ok((heard.share - silent.share).max(0.0))
}

async fn drift(ppm: f64) -> anyhow::Result<f64> {
    let keys = format!("{}\nmax_ms = 200000", microphone(ppm)?);
    let rig = Rig::start(VGA, &keys).await?;
    sleep(Duration::from_secs(2)).await;
    let sale = new_id();
    rig.start_recording(&sale).await?;
    rig.goods(&sale).await?;
    sleep(DRIFT).await;
    rig.seal(&sale).await?;
    let manifest = rig.manifest(&sale).await?;
    let entry = manifest.files.iter().find(|file| file.sound.is_some()).context("no sound in the film")?;
    let video = rig.scratch().join("heard.mp4");
    std::fs::write(&video, rig.read(&sale, &entry.name).await?)?;
    sound::drift_ms(&video, entry.video.as_ref().context("no film")?)
}

fn keep_most(figures: &mut BTreeMap<String, f64>, name: &str, value: f64) {
    let most = figures.entry(name.to_owned()).or_insert(value);
    *most = most.max(value);
}

fn median(values: &[f64]) -> f64 {
    percentile(values, 50)
}

fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() * percent).div_ceil(100).saturating_sub(1)]
}

fn spread(values: &[f64]) -> serde_json::Value {
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    json!({
        "median": round(median(values)),
        "min": round(percentile(values, 0)),
        "max": round(percentile(values, 100)),
    })
}

/// Kills that an earlier `media_proof kill` counted stay in the report.
fn report(
    rounds: usize,
    ratios: &BTreeMap<String, serde_json::Value>,
    figures: &BTreeMap<String, f64>,
) -> anyhow::Result<()> {
    let rounded =
        figures.iter().map(|(name, value)| (name.clone(), json!((value * 1000.0).round() / 1000.0)));
    write_report(|report| {
        report["rounds"] = json!(rounds);
        report["ratios"] = json!(ratios);
        for (name, value) in rounded {
            report["figures"][name] = value;
        }
    })
}

/// Changes target/bench/media.json, or begins it.
pub fn write_report(change: impl FnOnce(&mut serde_json::Value)) -> anyhow::Result<()> {
    let path = std::path::Path::new("target/bench/media.json");
    std::fs::create_dir_all("target/bench")?;
    let known = std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let mut report = known.unwrap_or_else(|| json!({ "rounds": 0, "ratios": {}, "figures": {} }));
    report["area"] = json!("media");
    report["date"] = json!(jiff::Timestamp::now().strftime("%Y-%m-%d").to_string());
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    report["cpu"] = json!(cpu.trim_start_matches([' ', '\t', ':']));
    change(&mut report);
    std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?;
    println!("{}", path.display());
    Ok(())
}
