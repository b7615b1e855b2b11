//! What a recording is and how its bytes are laid out. Pure: no files, clocks, threads or gRPC.

pub mod agree;
pub mod annexb;
pub mod budget;
pub mod caption;
pub mod clip;
pub mod custody;
pub mod drift;
pub mod fmp4;
pub mod frame_pipe;
pub mod i420;
pub mod ids;
pub mod inspect;
pub mod mask;
pub mod mjpeg;
pub mod preroll;
pub mod recording;
pub mod retention;
pub mod sound_log;
pub mod sound_pipe;
pub mod speech;
