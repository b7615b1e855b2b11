//! A finished paper and its three files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::typesetter::Paper;

pub struct Finished {
    pub number: u32,
    pub paper: Paper,
    pub raw: Vec<u8>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PaperFiles {
    pub n: u32,
    pub escpos: PathBuf,
    pub txt: PathBuf,
    pub png: PathBuf,
}

impl Finished {
    pub fn write(&self, folder: &Path) -> anyhow::Result<PaperFiles> {
        let named = |extension: &str| folder.join(format!("paper-{:04}.{extension}", self.number));
        let files =
            PaperFiles { n: self.number, escpos: named("escpos"), txt: named("txt"), png: named("png") };
        std::fs::write(&files.escpos, &self.raw)?;
        std::fs::write(
            &files.txt,
            self.paper.lines.iter().map(|line| format!("{line}\n")).collect::<String>(),
        )?;
        self.paper.canvas.write_png(&files.png)?;
        Ok(files)
    }
}

/// The highest paper number in `folder`, so that a restarted printer overwrites nothing.
pub fn last_number(folder: &Path) -> anyhow::Result<u32> {
    let mut last = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("folder {}", folder.display()))? {
        let name = entry?.file_name();
        let number =
            name.to_str().and_then(|name| name.strip_prefix("paper-")?.split_once('.')?.0.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}
