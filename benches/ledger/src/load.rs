//! Closed-loop load: so many clients, each asking again as soon as it is answered.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Accounts of the uniform load.
pub const ACCOUNTS: u64 = 10_000;

/// What one measurement saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Transfers a second.
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// A transfer to make: its id and its two accounts.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub id: u128,
    pub debit: u64,
    pub credit: u64,
}

/// Makes jobs: ids never repeat and rise with time, as ULIDs do.
#[derive(Clone)]
pub struct Jobs {
    next: Arc<AtomicU64>,
    /// All credit one account: every sale of a shop does.
    hot: bool,
}

impl Jobs {
    pub fn new(next: &Arc<AtomicU64>, hot: bool) -> Self {
        Self { next: Arc::clone(next), hot }
    }

    pub fn take(&self, count: usize) -> Vec<Job> {
        let first = self.next.fetch_add(count as u64, Ordering::Relaxed);
        (first..first + count as u64).map(|n| self.job(n)).collect()
    }

    fn job(&self, n: u64) -> Job {
        // 48 bits of milliseconds (2026) above the counter, as a ULID has them.
        let id = (0x0199_0000_0000_u128 << 80) | u128::from(n);
        let spread = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let debit = 1 + spread % (ACCOUNTS - 1);
        let other = 1 + (spread / ACCOUNTS) % (ACCOUNTS - 1);
        let credit = if self.hot || other == debit { 0 } else { other };
        Job { id, debit, credit }
    }
}

/// Runs `clients` callers for `time`; each call makes `batch` transfers.
pub async fn run<F, Fut>(clients: usize, batch: usize, time: Duration, jobs: Jobs, call: F) -> Seen
where
    F: Fn(usize, Vec<Job>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let call = Arc::new(call);
    let over = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let callers: Vec<_> = (0..clients)
        .map(|client| {
            let (call, over, jobs) = (Arc::clone(&call), Arc::clone(&over), jobs.clone());
            tokio::spawn(async move {
                let mut took_us = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let begin = Instant::now();
                    call(client, jobs.take(batch)).await;
                    took_us.push(begin.elapsed().as_micros() as u32);
                }
                took_us
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    over.store(true, Ordering::Relaxed);
    let mut took_us = Vec::new();
    for caller in callers {
        took_us.extend(caller.await.expect("a caller failed"));
    }
    let seconds = start.elapsed().as_secs_f64();
    took_us.sort_unstable();
    Seen {
        rate: took_us.len() as f64 * batch as f64 / seconds,
        p50_ms: quantile(&took_us, 0.50) / 1e3,
        p99_ms: quantile(&took_us, 0.99) / 1e3,
    }
}

/// Of sorted values.
pub fn quantile(sorted: &[u32], q: f64) -> f64 {
    match sorted.len() {
        0 => 0.0,
        len => f64::from(sorted[((len as f64 * q) as usize).min(len - 1)]),
    }
}
