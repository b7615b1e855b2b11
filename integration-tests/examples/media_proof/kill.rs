//! SIGKILL at random moments: every clip plays to within a second of the kill, says PARTIAL, and nothing lies in
//! clear on the disk at any time.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::time::sleep;

use super::bench::write_report;
use super::film;
use super::rig::{Format, Rig, new_id};

const FORMAT: Format = Format { width: 320, height: 240, fps: 15 };
/// What a kill may cost, nanoseconds of film.
const LOSS_NS_MAX: u64 = 1_000_000_000;
/// From the first durable fragment on, milliseconds.
const LATEST_MS: u64 = 2_500;

pub async fn run(kills: u32) -> anyhow::Result<()> {
    let mut rig = Rig::start(FORMAT, "").await?;
    let mut random = u64::from(std::process::id());
    let mut dice = |sides: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % sides
    };
    let (mut unplayable, mut worst_ms, mut lost_more) = (0, 0, 0);
    for number in 1..=kills {
        let sale = new_id();
        rig.start_recording(&sale).await?;
        rig.photo(&sale).await?;
        rig.goods(&sale).await?;
        // Some kills hit the seal itself.
        let hits_the_seal = dice(4) == 0;
        // What is not durable yet was never promised; a busy disk takes its time.
        rig.until_fragment(&sale).await?;
        sleep(Duration::from_millis(dice(LATEST_MS))).await;
        if hits_the_seal {
            let sealing = rig.seal(&sale);
            let _ = tokio::time::timeout(Duration::from_millis(dice(60)), sealing).await;
        }
        let killed_ns = monotonic_ns();
        rig.kill()?;
        nothing_in_clear(&rig.shared.state_dir)?;
        rig.begin_service().await?;
        let (recording, _) = rig.seal(&sale).await?;
        nothing_in_clear(&rig.shared.state_dir)?;
        let manifest = rig.manifest(&sale).await?;
        let film = manifest.files.iter().find_map(|file| file.video.clone());
        let track =
            film.with_context(|| format!("no film in {manifest:?}; the service said:\n{}", rig.said()))?;
        if !hits_the_seal {
            ensure!(recording.partial_reasons == ["crash"], "{:?}", recording.partial_reasons);
            let lost_ns = killed_ns.saturating_sub(track.last_frame_monotonic_ns);
            worst_ms = worst_ms.max(lost_ns / 1_000_000);
            lost_more += u32::from(lost_ns > LOSS_NS_MAX);
        }
        let video = rig.scratch().join("killed.mp4");
        fs::write(&video, rig.read(&sale, "video.mp4").await?)?;
        if film::frames(&video).ok() != Some(track.frame_count) {
            unplayable += 1;
        }
        println!("{number}: {} frames, {:?}", track.frame_count, recording.partial_reasons);
    }
    println!("{kills} kills, {unplayable} unplayable, at most {worst_ms} ms lost");
    write_report(|report| {
        report["figures"]["kills"] = json!(kills);
        report["figures"]["clips_unplayable"] = json!(unplayable);
        report["figures"]["film_lost_ms_worst"] = json!(worst_ms);
        report["figures"]["clips_lost_more_than_1_s"] = json!(lost_more);
    })?;
    ensure!(unplayable == 0, "{unplayable} clips do not play");
    ensure!(lost_more == 0, "{lost_more} clips lost more than a second: is the disk busy?");
    Ok(())
}

/// No file of the store begins as, or holds, a photo or a film in clear.
fn nothing_in_clear(folder: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            nothing_in_clear(&path)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        let holds = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".redb") {
            continue;
        }
        ensure!(
            !holds(b"moofmfhd") && !holds(b"ftypi") && !holds(b"JFIF"),
            "{} lies in clear",
            path.display()
        );
        ensure!(!holds(b"AGE-SECRET-KEY"), "{} holds a key in clear", path.display());
    }
    Ok(())
}

fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
