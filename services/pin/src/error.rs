//! Why a PIN opens nothing.

use jiff::Timestamp;

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
