//! A process and its service manager (systemd, or what stands for it): the listener that it hands over, and what it is told
//! in return: ready, stopping, alive.

mod door;
pub mod inherited;
mod manager;
mod pulse;

pub use door::{Door, door};
pub use manager::{ready, stopping};
pub use pulse::{Pulse, feed};
