//! The readers: handhelds on a serial line, as a USB keyboard and of the USB point-of-sale class, and media-capture's camera with
//! a decoder behind it.

pub mod camera;
pub mod decoder;
mod frame;
pub mod hid_pos;
pub mod image_file;
pub mod keyboard;
mod second_opinion;
pub mod serial;
