//! What a scan is and how bytes, keys and reports become one. Pure: no tokio, no tonic, no clock.

pub mod confirm;
pub mod debounce;
pub mod framer;
pub mod hid_pos;
pub mod interpret;
pub mod keymap;
pub mod profile;
pub mod refusal;
pub mod ring;
pub mod scan;
pub mod ssi;
pub mod symbol;
