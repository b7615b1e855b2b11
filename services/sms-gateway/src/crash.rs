//! Deaths at chosen moments, for tests; nothing of it is in a release build.
//! `CHIT_SMS_CRASH=before-commit:17` kills the process by SIGKILL when it passes that point for the 17th time.

/// Here the process may be told to die.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var("CHIT_SMS_CRASH").ok()?;
        let (name, count) = wanted.split_once(':')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let Some((wanted, count)) = WANTED.as_ref() else { return };
    if wanted == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        // The signal may take a moment; nothing of what follows must happen.
        std::thread::park();
    }
}

#[cfg(not(debug_assertions))]
pub fn point(_: &str) {}
