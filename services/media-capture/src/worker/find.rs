//! Which /dev/video* is meant: a path, a serial number, or the first that captures.

use std::fs;
use std::path::{Path, PathBuf};

use v4l::Device;
use v4l::video::Capture;

use super::args::Args;
use super::error::{WorkerError, at_open};

const CLASS: &str = "/sys/class/video4linux";
/// From the node of a UVC camera to the USB device that has the serial: interface, then device.
const PARENTS_MAX: usize = 3;

pub fn camera(args: &Args) -> Result<PathBuf, WorkerError> {
    match (&args.device, &args.serial) {
        (Some(path), _) => path.canonicalize().map_err(|error| at_open(path, &error)),
        (None, Some(serial)) => with_serial(Path::new(CLASS), serial, captures)
            .ok_or_else(|| WorkerError::Absent(format!("none has the serial {serial}"))),
        (None, None) => first_camera(),
    }
}

/// Metadata nodes of UVC cameras look the same by name but cannot capture.
fn captures(path: &Path) -> bool {
    Device::with_path(path).is_ok_and(|device| {
        device
            .query_caps()
            .is_ok_and(|caps| caps.capabilities.contains(v4l::capability::Flags::VIDEO_CAPTURE))
            && device.enum_formats().is_ok_and(|formats| !formats.is_empty())
    })
}

fn first_camera() -> Result<PathBuf, WorkerError> {
    let mut nodes: Vec<(usize, PathBuf)> =
        v4l::context::enum_devices().iter().map(|node| (node.index(), node.path().to_owned())).collect();
    nodes.sort();
    let found = nodes.into_iter().map(|(_, path)| path).find(|path| captures(path));
    found.ok_or_else(|| WorkerError::Absent("no /dev/video* can capture".into()))
}

/// The node whose device, or a device above it, has this serial in sysfs.
fn with_serial(class: &Path, serial: &str, fits: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(class).ok()?.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let has_serial = |name: &std::ffi::OsString| {
        let device = class.join(name).join("device").canonicalize();
        device.is_ok_and(|device| {
            let above = device.ancestors().take(PARENTS_MAX);
            above
                .into_iter()
                .any(|at| fs::read_to_string(at.join("serial")).is_ok_and(|found| found.trim() == serial))
        })
    };
    let mut nodes = names.into_iter().filter(has_serial).map(|name| Path::new("/dev").join(name));
    nodes.find(|node| fits(node))
}

pub fn index_of(path: &Path) -> Result<u32, WorkerError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let number = name.strip_prefix("video").and_then(|number| number.parse().ok());
    number.ok_or_else(|| WorkerError::Absent(format!("{} is no /dev/video*", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_found_by_the_serial_of_its_usb_device() {
        let dir = tempfile::tempdir().unwrap();
        let class = dir.path().join("class");
        for (node, serial) in [("video0", "AAA"), ("video1", "AAA"), ("video2", "BBB")] {
            let usb = dir.path().join(format!("usb-{serial}"));
            fs::create_dir_all(usb.join(format!("1.0-{node}"))).unwrap();
            fs::write(usb.join("serial"), format!("{serial}\n")).unwrap();
            fs::create_dir_all(class.join(node)).unwrap();
            std::os::unix::fs::symlink(usb.join(format!("1.0-{node}")), class.join(node).join("device"))
                .unwrap();
        }
        let second = |path: &Path| !path.ends_with("video0");
        assert_eq!(with_serial(&class, "AAA", |_| true), Some("/dev/video0".into()));
        assert_eq!(
            with_serial(&class, "AAA", second),
            Some("/dev/video1".into()),
            "metadata nodes are passed"
        );
        assert_eq!(with_serial(&class, "BBB", |_| true), Some("/dev/video2".into()));
        assert_eq!(with_serial(&class, "CCC", |_| true), None);
    }
}
