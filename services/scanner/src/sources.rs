//! How the readers are, as GetStatus tells it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[derive(Debug, Default)]
pub struct Sources {
    handheld_ready: AtomicBool,
    garbage_lines: AtomicU64,
    decoder_panics: AtomicU64,
}

impl Sources {
    pub fn set_handheld_ready(&self, ready: bool) {
        self.handheld_ready.store(ready, Ordering::Relaxed);
    }

    pub fn is_handheld_ready(&self) -> bool {
        self.handheld_ready.load(Ordering::Relaxed)
    }

    pub fn count_garbage(&self) {
        self.garbage_lines.fetch_add(1, Ordering::Relaxed);
    }

    pub fn garbage_lines(&self) -> u64 {
        self.garbage_lines.load(Ordering::Relaxed)
    }

    pub fn count_panic(&self) {
        self.decoder_panics.fetch_add(1, Ordering::Relaxed);
    }

    pub fn decoder_panics(&self) -> u64 {
        self.decoder_panics.load(Ordering::Relaxed)
    }
}
