//! Camera, encoder, files and sound: what the domain must not know.

pub mod burn;
pub mod camera;
pub mod captions;
pub mod clip_writer;
pub mod coded_sound;
pub mod encoder;
pub mod engine;
pub mod engine_queue;
pub mod eye;
pub mod jpeg;
pub mod microphone;
pub mod mux;
pub mod paper;
pub mod sound;
pub mod speaker;
pub mod time;
pub mod voice;
