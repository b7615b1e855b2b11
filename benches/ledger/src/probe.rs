//! What the disk gives: 4 KiB over an allocated file, and a sync, again and again.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::load::{Seen, quantile};

const BLOCK: usize = 4096;
const BLOCKS: u64 = 1024;

pub fn run(folder: &Path, time: Duration) -> anyhow::Result<Seen> {
    let path = folder.join("probe");
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
    let block = vec![0x5a; BLOCK];
    if file.metadata()?.len() < BLOCKS * BLOCK as u64 {
        for n in 0..BLOCKS {
            file.write_all_at(&block, n * BLOCK as u64)?;
        }
        file.sync_all()?;
    }
    let (start, mut took_us, mut n) = (Instant::now(), Vec::new(), 0);
    while start.elapsed() < time {
        let begin = Instant::now();
        file.write_all_at(&block, (n % BLOCKS) * BLOCK as u64)?;
        file.sync_data()?;
        took_us.push(begin.elapsed().as_micros() as u32);
        n += 1;
    }
    let rate = n as f64 / start.elapsed().as_secs_f64();
    took_us.sort_unstable();
    Ok(Seen { rate, p50_ms: quantile(&took_us, 0.50) / 1e3, p99_ms: quantile(&took_us, 0.99) / 1e3 })
}
