//! Exposure and focus, set again at every opening: a camera forgets them when it loses its power.

use v4l::Device;
use v4l::control::{Control, Value};

use super::args::{Args, Setting};

/// linux/v4l2-controls.h, V4L2_CID_CAMERA_CLASS_BASE + 1, 2, 10, 12.
const EXPOSURE_AUTO: u32 = 0x009a_0901;
const EXPOSURE_ABSOLUTE: u32 = 0x009a_0902;
const FOCUS_ABSOLUTE: u32 = 0x009a_090a;
const FOCUS_AUTO: u32 = 0x009a_090c;
/// Values of EXPOSURE_AUTO that UVC cameras know: by hand, and aperture priority.
const EXPOSURE_MANUAL: i64 = 1;
const EXPOSURE_APERTURE_PRIORITY: i64 = 3;

/// A camera without such a control films all the same; stderr says so.
pub fn apply(device: &Device, args: &Args) {
    let wanted = match args.exposure {
        None => Vec::new(),
        Some(Setting::Auto) => vec![(EXPOSURE_AUTO, Value::Integer(EXPOSURE_APERTURE_PRIORITY))],
        Some(Setting::Fixed(value)) => {
            vec![(EXPOSURE_AUTO, Value::Integer(EXPOSURE_MANUAL)), (EXPOSURE_ABSOLUTE, Value::Integer(value))]
        }
    };
    let focus = match args.focus {
        None => Vec::new(),
        Some(Setting::Auto) => vec![(FOCUS_AUTO, Value::Boolean(true))],
        Some(Setting::Fixed(value)) => {
            vec![(FOCUS_AUTO, Value::Boolean(false)), (FOCUS_ABSOLUTE, Value::Integer(value))]
        }
    };
    for (id, value) in wanted.into_iter().chain(focus) {
        if let Err(error) = device.set_control(Control { id, value }) {
            eprintln!("cam-worker: control {id:#010x} is not set: {error}");
        }
    }
}
