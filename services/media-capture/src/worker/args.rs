use std::path::PathBuf;

#[derive(Debug, PartialEq, Eq)]
pub struct Args {
    pub device: Option<PathBuf>,
    pub width: u32,
    pub height: u32,
    pub fps: u32,
}

impl Args {
    pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self { device: None, width: 640, height: 480, fps: 15 };
        while let Some(arg) = args.next() {
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            let number = || value.parse().map_err(|_| format!("{arg} needs a number"));
            match &*arg {
                "--device" => parsed.device = Some(value.clone().into()),
                "--width" => parsed.width = number()?,
                "--height" => parsed.height = number()?,
                "--fps" => parsed.fps = number()?,
                _ => return Err(format!("unknown argument {arg}")),
            }
        }
        Ok(parsed)
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
        assert_eq!(parse(&[]).unwrap(), Args { device: None, width: 640, height: 480, fps: 15 });
        let told = parse(&["--device", "/dev/v4l/by-id/x", "--fps", "30"]).unwrap();
        assert_eq!((told.device, told.fps), (Some("/dev/v4l/by-id/x".into()), 30));
        assert!(parse(&["--fps", "many"]).unwrap_err().contains("number"));
        assert!(parse(&["--loud", "1"]).unwrap_err().contains("--loud"));
    }
}
