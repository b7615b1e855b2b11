//! What a scan is and how bytes become one. Pure: no tokio, no tonic, no clock.

pub mod debounce;
pub mod framer;
pub mod ring;
pub mod scan;
