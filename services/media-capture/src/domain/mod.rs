//! What a recording is and how its bytes are laid out. Pure: no files, clocks, threads or gRPC.

pub mod annexb;
pub mod clip;
pub mod fmp4;
pub mod frame_pipe;
pub mod i420;
pub mod ids;
pub mod manifest;
pub mod preroll;
pub mod recording;
