//! The kernel's virtual camera: a real V4L2 driver with knobs for its faults.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use v4l::Device;
use v4l::control::{Control, Value};

pub const NODE: &str = "/dev/video0";

const DROPPED: &str = "Percentage of Dropped Buffers";
const DISCONNECT: &str = "Disconnect";

/// Frames that the driver loses, in percent; 100 is a camera that stands still.
pub fn drop_frames(percent: i64) -> anyhow::Result<()> {
    turn(DROPPED, percent)
}

/// The device is gone for everybody who has it open, and back when the last of them has closed it.
pub fn disconnect() -> anyhow::Result<()> {
    turn(DISCONNECT, 0)
}

fn turn(name: &str, value: i64) -> anyhow::Result<()> {
    let device = Device::with_path(NODE)?;
    let knobs = device.query_controls()?;
    let knob = knobs.iter().find(|knob| knob.name == name).with_context(|| format!("no knob {name:?}"))?;
    device.set_control(Control { id: knob.id, value: Value::Integer(value) }).with_context(|| name.to_owned())
}

pub fn unload(module: &str) -> anyhow::Result<()> {
    modprobe(&["-r", module])
}

/// As deploy/lab/init loads it.
pub fn load() -> anyhow::Result<()> {
    modprobe(&[
        "vivid",
        "n_devs=1",
        "node_types=0x1",
        "input_types=0x0",
        "num_inputs=1",
        "vid_cap_nr=0",
        "multiplanar=1",
    ])
}

fn modprobe(args: &[&str]) -> anyhow::Result<()> {
    let ended = Command::new("modprobe").args(args).output()?;
    ensure!(ended.status.success(), "modprobe {args:?}: {}", String::from_utf8_lossy(&ended.stderr).trim());
    Ok(())
}

pub fn is_there() -> bool {
    Path::new(NODE).exists()
}
