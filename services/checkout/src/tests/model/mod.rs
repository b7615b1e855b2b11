//! A shop under random steps, compared with what must hold whatever happens. A failure prints its seed and the steps that
//! led to it. `CHIT_MODEL_STEPS` and `CHIT_MODEL_SEED` ask for a longer or another run (`just model`).

mod acts;
mod books;
mod checks;
mod exits;

use std::collections::{BTreeSet, HashMap};

use super::fixture::Till;
use crate::collection::Step;
use crate::values::ids::{ChallengeId, SaleId};
use books::Books;

/// Steps of a usual run.
const STEPS: usize = 1_000;
/// A new shop after so many steps: its history stays small, so looking at all of it stays fast.
const STEPS_A_SHOP: usize = 250;
/// So many lead to every state.
const STEPS_TO_REACH_ALL: usize = 20_000;
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
    steps: Steps,
    books: Books,
    sales: Vec<SaleId>,
    /// Which challenge each row of each card was asked by (I4).
    rows: HashMap<([u8; 16], u8), ChallengeId>,
    reached: BTreeSet<Step>,
}

impl World {
    async fn open(seed: u64) -> Self {
        Self {
            till: Till::open().await,
            chance: Chance(seed),
            steps: Steps { seed, taken: Vec::new() },
            books: Books::default(),
            sales: Vec::new(),
            rows: HashMap::new(),
            reached: BTreeSet::new(),
        }
    }
}

fn asked_for<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

#[tokio::test]
async fn whatever_happens_in_a_shop_money_rows_and_indexes_agree() {
    let steps = asked_for("CHIT_MODEL_STEPS").unwrap_or(STEPS);
    let first = asked_for("CHIT_MODEL_SEED").unwrap_or(SEED);
    let shops = steps.div_ceil(STEPS_A_SHOP);
    let mut reached = BTreeSet::new();
    for (seed, shop) in (first..).zip(0..shops) {
        let steps = (steps - shop * STEPS_A_SHOP).min(STEPS_A_SHOP);
        let mut world = World::open(seed).await;
        for _ in 0..steps {
            world = world.step().await;
            let wrong = world.wrong().await;
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
        reached.append(&mut world.reached);
    }
    if steps >= STEPS_TO_REACH_ALL {
        // No rail of today returns anything, and no shop here lives until a record expires.
        let missing =
            |step: &Step| !reached.contains(step) && !matches!(step, Step::Returned | Step::Expired);
        let missing: Vec<Step> = Step::ALL.into_iter().filter(missing).collect();
        assert_eq!(missing, [], "the steps never lead there");
    }
}
