//! Camera, encoder, files and sound: what the domain must not know.

pub mod camera;
pub mod clip_writer;
pub mod encoder;
pub mod engine;
pub mod jpeg;
pub mod mux;
pub mod sound;
pub mod time;
