//! A story told once for each moment at which its disk may end.

use crate::{Dice, Power, SimulatedDisk};

/// What a new process finds.
pub struct Found {
    pub disk: SimulatedDisk,
    /// For a failed test: how it ended.
    pub how: String,
}

/// Tells `story` on a disk of its own that `prepare` made ready, whole first and then once for each of at most `moments_max`
/// moments at which the power goes, spread over all its writes and syncs. `check` gets what the story says was acknowledged,
/// and what a new process finds: after the kill that goes with it, and after the power cut itself.
pub fn at_every_moment<T>(
    moments_max: u64,
    prepare: impl Fn(&SimulatedDisk),
    story: impl Fn(&SimulatedDisk) -> T,
    check: impl Fn(&Found, &T),
) {
    let power = Power::default();
    let disk = SimulatedDisk::new(&power);
    prepare(&disk);
    let before = power.spent();
    story(&disk);
    let whole = power.spent() - before;
    assert!(whole > 1, "the story writes nothing");
    let moments = moments_max.min(whole);
    for at in 0..moments {
        let moment = at * whole / moments;
        let power = Power::default();
        let disk = SimulatedDisk::new(&power);
        prepare(&disk);
        power.goes_after(moment);
        let acknowledged = story(&disk);
        let mut dice = Dice::new(moment);
        let healthy = Power::default();
        let images = [
            ("the process was killed", disk.after_kill(&healthy)),
            ("the power was lost", disk.after_power_loss(&mut dice, &healthy)),
        ];
        for (what, disk) in images {
            check(&Found { disk, how: format!("{what} after {moment} of {whole} writes") }, &acknowledged);
        }
    }
}
