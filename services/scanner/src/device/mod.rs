//! The readers: a handheld on a serial line, and media-capture's camera with a QR decoder behind it.

pub mod camera;
pub mod decoder;
pub mod frame;
pub mod handheld;
mod qr;
