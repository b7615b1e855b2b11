//! What checkout tells payers of how long their pictures are kept is what media-capture does.

use std::path::Path;

use super::{Check, Level, setting};

const DEFAULT: &str = "cn";
const SECTIONS: [&str; 2] = ["checkout", "media-capture"];

pub fn check(config: &Path) -> Check {
    let [told, kept] =
        SECTIONS.map(|section| setting(config, section, "retention").unwrap_or_else(|| DEFAULT.to_owned()));
    if told == kept {
        return Check::ok("retention", kept);
    }
    let found = format!("{told} in [checkout], {kept} in [media-capture]");
    let step = "set `retention` in both to the same: receipts and consents promise what the one says, the other does it";
    Check::new(Level::Fail, "retention", found, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_is_what_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("chit.toml");
        for (text, level) in [
            ("", Level::Ok),
            ("[checkout]\nretention = \"eu\"\n[media-capture]\nretention = \"eu\"\n", Level::Ok),
            ("[media-capture]\nretention = \"eu\"\n", Level::Fail),
            ("[checkout]\nretention = \"eu\"\n", Level::Fail),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(check(&file).level, level, "{text}");
        }
    }
}
