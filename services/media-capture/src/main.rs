fn main() -> std::process::ExitCode {
    chit_runtime::main("media-capture", chit_media_capture::run)
}
