//! The checks of the virtual lab: Chit's device programs on the kernel's real drivers, whose far ends this program holds.
//! It runs inside the machine that `deploy/lab/run` boots, as root, and loads and unloads drivers as it likes.

mod bridge;
mod camera;
mod camera_worker;
mod gadget;
mod hid;
mod modem;
mod printer;
mod report;
mod running;
mod scanner;
mod sound;
mod vivid;

use std::process::ExitCode;

use report::Report;

/// Set by deploy/lab/run; on any other machine this program would unload drivers that are in use.
const MARK: &str = "chit-lab";

#[tokio::main]
async fn main() -> ExitCode {
    let cmdline = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    if !cmdline.split_whitespace().any(|word| word == MARK) {
        eprintln!("this is not the virtual lab; start it with deploy/lab/run");
        return ExitCode::from(64);
    }
    let wanted = std::env::args().nth(1);
    let wants = |area: &str| wanted.as_deref().is_none_or(|wanted| wanted == area);
    let mut report = Report::default();
    if wants("camera") {
        camera_worker::check(&mut report).await;
        camera::check(&mut report).await;
    }
    if wants("printer") {
        printer::check(&mut report).await;
    }
    if wants("modem") {
        modem::check(&mut report).await;
    }
    if wants("scanner") {
        scanner::check(&mut report).await;
        hid::check(&mut report).await;
    }
    if wants("sound") {
        sound::check(&mut report).await;
    }
    report.end()
}
