//! The real sound card: what the microphone hears on stdout (the sound pipe), or stdin through the speaker.

use std::process::ExitCode;

fn main() -> ExitCode {
    chit_media_capture::listener::main(std::env::args().skip(1))
}
