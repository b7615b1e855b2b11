//! Which paper lies before the camera: the newest receipt of the simulated printer, for as long as a payer takes to
//! pick it up. A code card is handed over face down and never lies there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const LOOK_EVERY: Duration = Duration::from_millis(100);
const LIES_FOR: Duration = Duration::from_secs(20);
/// What stands on a receipt and on no other paper.
const RECEIPT: &str = "ORIGINAL";

pub struct Papers {
    folder: PathBuf,
    looked: Option<Instant>,
    lying: Option<PathBuf>,
}

impl Papers {
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), looked: None, lying: None }
    }

    /// What lies there now, if that is another than at the last call.
    pub fn changed(&mut self) -> Option<Option<PathBuf>> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return None;
        }
        self.looked = Some(Instant::now());
        let lying = newest_receipt(&self.folder);
        if lying == self.lying {
            return None;
        }
        self.lying.clone_from(&lying);
        Some(lying)
    }
}

fn newest_receipt(folder: &Path) -> Option<PathBuf> {
    let pictures = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let fresh = pictures.filter(|path| path.extension().is_some_and(|ext| ext == "png")).filter(|path| {
        let age = fs::metadata(path)
            .and_then(|meta| meta.modified())
            .map(|at| SystemTime::now().duration_since(at));
        age.is_ok_and(|age| age.is_ok_and(|age| age < LIES_FOR))
    });
    let newest = fresh.max()?;
    let text = fs::read_to_string(newest.with_extension("txt")).ok()?;
    text.contains(RECEIPT).then_some(newest)
}
