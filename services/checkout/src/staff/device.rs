//! Callers without a person: the till's process, a timer, a display. Each kind has its list of calls (`api/access.rs`).

use jiff::Timestamp;

/// The numbers are the interface's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeviceKind {
    Till = 1,
    Timer = 2,
    Display = 3,
}

impl DeviceKind {
    pub const ALL: [Self; 3] = [Self::Till, Self::Timer, Self::Display];
}

/// Paired devices of a shop.
pub const DEVICES_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 32;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    pub name: String,
    pub kind: DeviceKind,
    pub paired_at: Timestamp,
    pub paired_by: String,
}

pub fn is_device_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
