//! `EnableScanner` and `DisableScanner`.

use super::Api;
use crate::domain::profile::Command;

pub fn handle(api: &Api, enabled: bool) {
    api.scans.enable(enabled);
    let command = if enabled { Command::Enable } else { Command::Disable };
    for device in api.sources.devices() {
        if let Some(commands) = &device.commands {
            // Scans are refused here anyway: a device that cannot hear it, or is not there, changes nothing.
            let _ = commands.try_send(command);
        }
    }
}
