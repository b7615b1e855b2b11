//! A process and its service manager (systemd, or what stands for it): the listener that it hands over, and what it is told
//! in return: ready, stopping, alive.

pub mod inherited;
mod pulse;

use sd_notify::NotifyState;

pub use pulse::{Pulse, feed};

/// Calls are taken from now on.
pub fn ready() {
    notify(NotifyState::Ready);
}

/// The watchdog waits no longer.
pub fn stopping() {
    notify(NotifyState::Stopping);
}

/// Without a service manager there is no listener, which is fine.
fn notify(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot tell the service manager");
    }
}
