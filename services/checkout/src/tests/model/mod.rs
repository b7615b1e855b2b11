//! A shop under random steps, compared with what must hold whatever happens. A failure prints its seed and the steps that
//! led to it. `CHIT_MODEL_STEPS` and `CHIT_MODEL_SEED` ask for a longer or another run (`just model`).

mod acts;
mod bank;
pub mod books;
mod checks;
mod exits;
mod far_sides;
mod money;
mod reached;
mod temper;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fixture::Till;
use crate::values::ids::{ChallengeId, SaleId};
use bank::Bank;
use books::Books;
use money::Told;
use reached::Reached;
use temper::Temper;

/// Steps of a run by hand; `deploy/test.sh` asks for 100,000, which lead to every state.
const STEPS: usize = 2_000;
/// A new shop after so many steps: its history stays small, so looking at all of it stays fast.
const STEPS_A_SHOP: usize = 200;
/// All is looked at after so many steps, and at the end of a shop.
const LOOK_AT_ALL_EVERY: usize = 25;
/// Fewer steps may miss a state.
const STEPS_TO_REACH_ALL: usize = 50_000;
const SEED: u64 = 20_261_130;

/// SplitMix64: the same numbers for the same seed on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| all[self.below(all.len())])
    }
}

/// What was done so far; told when a step itself panics.
struct Steps {
    seed: u64,
    taken: Vec<String>,
}

impl Drop for Steps {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, steps {:#?}", self.seed, self.taken);
        }
    }
}

/// The shop, and what its surroundings know of it.
struct World {
    till: Till,
    chance: Chance,
    temper: Temper,
    /// None: its payers have accounts in the house.
    bank: Option<Bank>,
    steps: Steps,
    books: Books,
    told: Told,
    sales: Vec<SaleId>,
    /// Which challenge each row of each card was asked by (I4).
    rows: HashMap<([u8; 16], u8), ChallengeId>,
    reached: Reached,
}

impl World {
    async fn open(seed: u64) -> Self {
        // Each temper with and without a bank.
        let bank = (seed / Temper::KINDS).is_multiple_of(2).then(Bank::new);
        let till = match &bank {
            Some(bank) => bank.shop().await,
            None => Till::open().await,
        };
        Self {
            till,
            bank,
            chance: Chance(seed),
            temper: Temper::of(seed),
            steps: Steps { seed, taken: Vec::new() },
            books: Books::default(),
            told: Told::default(),
            sales: Vec::new(),
            rows: HashMap::new(),
            reached: Reached::default(),
        }
    }

    /// One shop from its opening; what it has been.
    async fn live(seed: u64, steps: usize) -> Reached {
        let mut world = Self::open(seed).await;
        for step in 1..=steps {
            world = world.step().await;
            let wrong = world.wrong(step % LOOK_AT_ALL_EVERY == 0 || step == steps).await;
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
        world.reached
    }
}

fn asked_for<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

#[test]
fn whatever_happens_in_a_shop_money_rows_and_indexes_agree_and_nothing_is_a_dead_end() {
    let steps = asked_for("CHIT_MODEL_STEPS").unwrap_or(STEPS);
    let first: u64 = asked_for("CHIT_MODEL_SEED").unwrap_or(SEED);
    let shops: Vec<(u64, usize)> = (first..)
        .zip((0..steps).step_by(STEPS_A_SHOP))
        .map(|(seed, done)| (seed, (steps - done).min(STEPS_A_SHOP)))
        .collect();
    let (next, reached) = (AtomicUsize::new(0), Mutex::new(Reached::default()));
    // A shop a core: none knows of another.
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                while let Some((seed, steps)) = shops.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let lived = runtime.block_on(World::live(*seed, *steps));
                    reached.lock().unwrap().join(lived);
                }
            });
        }
    });
    if steps >= STEPS_TO_REACH_ALL {
        assert_eq!(
            reached.into_inner().unwrap().missing(),
            Vec::<String>::new(),
            "the steps never lead there"
        );
    }
}
