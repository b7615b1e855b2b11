//! PINs of a shop's and an issuer's people. Time and randomness are arguments.

mod check;
mod draw;
mod lockout;

pub use check::{PinChecker, hash_pin};
pub use draw::pin_of;
use jiff::Timestamp;
pub use lockout::PinLockout;

/// Why a PIN opens nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PinError {
    #[error("a PIN is 4 to 8 digits")]
    Form,
    #[error("wrong PIN; {left} tries left")]
    Wrong { left: u8 },
    #[error("too many wrong PINs; try again after {until}")]
    LockedOut { until: Timestamp },
    #[error("the stored PIN cannot be read; set it again")]
    Stored,
}
