//! PINs of a shop's and an issuer's people. Time and randomness are arguments.

mod check;
mod draw;
mod error;
mod lockout;

pub use check::{PinChecker, Turn, hash_pin};
pub use draw::pin_of;
pub use error::PinError;
pub use lockout::PinLockout;
