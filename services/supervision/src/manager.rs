//! What the service manager is told (sd_notify(3)).

use sd_notify::NotifyState;

/// Calls are taken from now on.
pub fn ready() {
    notify(NotifyState::Ready);
}

/// The watchdog waits no longer.
pub fn stopping() {
    notify(NotifyState::Stopping);
}

pub fn alive() {
    notify(NotifyState::Watchdog);
}

/// Without a service manager there is no listener, which is fine.
fn notify(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot tell the service manager");
    }
}
