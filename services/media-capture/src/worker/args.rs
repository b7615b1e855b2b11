use std::path::PathBuf;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    pub device: Option<PathBuf>,
    pub serial: Option<String>,
    pub width: u32,
    pub height: u32,
    pub fps: u32,
    pub exposure: Option<Setting>,
    pub focus: Option<Setting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Auto,
    /// In the driver's unit: exposure in 100 µs, focus as the camera counts.
    Fixed(i64),
}

impl Args {
    pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self { width: 640, height: 480, fps: 15, ..Self::default() };
        while let Some(arg) = args.next() {
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            let number = || value.parse().map_err(|_| format!("{arg} needs a number"));
            match &*arg {
                "--device" => parsed.device = Some(value.clone().into()),
                "--serial" => parsed.serial = Some(value.clone()),
                "--width" => parsed.width = number()?,
                "--height" => parsed.height = number()?,
                "--fps" => parsed.fps = number()?,
                "--exposure" => parsed.exposure = Some(setting(&arg, &value)?),
                "--focus" => parsed.focus = Some(setting(&arg, &value)?),
                _ => return Err(format!("unknown argument {arg}")),
            }
        }
        Ok(parsed)
    }
}

fn setting(arg: &str, value: &str) -> Result<Setting, String> {
    match value {
        "auto" => Ok(Setting::Auto),
        value => value.parse().map(Setting::Fixed).map_err(|_| format!("{arg} needs `auto` or a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, String> {
        Args::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_worker_films_640_by_480_at_15_unless_told_otherwise() {
        assert_eq!(parse(&[]).unwrap(), Args { width: 640, height: 480, fps: 15, ..Args::default() });
        let told = parse(&["--device", "/dev/v4l/by-id/x", "--fps", "30"]).unwrap();
        assert_eq!((told.device, told.fps), (Some("/dev/v4l/by-id/x".into()), 30));
        let told = parse(&["--serial", "A1", "--exposure", "auto", "--focus", "120"]).unwrap();
        assert_eq!(told.serial.as_deref(), Some("A1"));
        assert_eq!((told.exposure, told.focus), (Some(Setting::Auto), Some(Setting::Fixed(120))));
        assert!(parse(&["--fps", "many"]).unwrap_err().contains("number"));
        assert!(parse(&["--focus", "near"]).unwrap_err().contains("auto"));
        assert!(parse(&["--loud", "1"]).unwrap_err().contains("--loud"));
    }
}
