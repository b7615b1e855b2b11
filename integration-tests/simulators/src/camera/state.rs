//! The state file: read by workers, edited by `--serve` and, after a loss that happens once, by the worker.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scene {
    /// PNG shown on the phone that is held into the picture.
    pub png: Option<PathBuf>,
    /// No such device: a worker that starts exits with 3, one that runs with 5.
    pub absent: bool,
    /// Another program has the device: a worker that starts exits with 4.
    pub busy: bool,
    /// The device sends nothing more, without an error.
    pub stall: bool,
    /// Share of frames that are captured and lost.
    pub drop_percent: u32,
    pub lose_after_frames: Option<Loss>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    pub frames: u64,
    /// The next worker runs without it.
    pub once: bool,
}

/// A file's identity: each edit is a rename, so each version has an inode of its own while it is in use.
type Version = (u64, i64, i64);

pub struct SceneFile {
    path: PathBuf,
    seen: Option<Version>,
}

impl SceneFile {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: None }
    }

    /// The scene if it is another than at the last call; no file is the empty scene.
    pub fn changed(&mut self) -> anyhow::Result<Option<Scene>> {
        let version = match fs::metadata(&self.path) {
            Ok(metadata) => (metadata.ino(), metadata.mtime(), metadata.mtime_nsec()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => (0, 0, 0),
            Err(e) => return Err(e).with_context(|| format!("state file {}", self.path.display())),
        };
        if self.seen == Some(version) {
            return Ok(None);
        }
        self.seen = Some(version);
        read(&self.path).map(Some)
    }
}

fn read(path: &Path) -> anyhow::Result<Scene> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| format!("state file {}", path.display())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Scene::default()),
        Err(e) => Err(e).with_context(|| format!("state file {}", path.display())),
    }
}

/// Changes the file under a lock, by rename; returns the new scene.
pub fn edit(path: &Path, change: impl FnOnce(&mut Scene)) -> anyhow::Result<Scene> {
    let lock = File::create(beside(path, "lock"))?;
    lock.lock()?;
    let mut scene = read(path)?;
    change(&mut scene);
    let fresh = beside(path, "new");
    fs::write(&fresh, serde_json::to_vec_pretty(&scene)?)?;
    fs::rename(&fresh, path)?;
    Ok(scene)
}

/// FILE.suffix
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}"));
    name.into()
}
