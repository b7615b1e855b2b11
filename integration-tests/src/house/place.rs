//! The folders of a house. Sockets live where their paths stay short.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use tempfile::TempDir;

/// chit.toml refuses a longer run_dir, because a socket path has 108 bytes at most (unix(7)).
const RUN_DIR_LEN_MAX: usize = 60;

#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
    run_dir: PathBuf,
    /// Removed with the last clone.
    _temporary: Option<Arc<TempDir>>,
    /// One house at a time in a folder that is kept.
    _lock: Option<Arc<File>>,
}

impl Place {
    /// A folder of its own that goes away with the house.
    pub fn temporary() -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("chit-").tempdir_in("/tmp")?;
        let root = dir.path().to_owned();
        Ok(Self { run_dir: root.join("run"), root, _temporary: Some(Arc::new(dir)), _lock: None })
    }

    /// A folder that is kept and used again, by one house at a time.
    pub fn kept(root: &Path) -> anyhow::Result<Self> {
        let root = std::path::absolute(root)?;
        make(&root)?;
        let lock = File::create(root.join("lock"))?;
        lock.try_lock().with_context(|| format!("{} is in use by another demo", root.display()))?;
        let near = root.join("run");
        let run_dir = if near.as_os_str().len() <= RUN_DIR_LEN_MAX { near } else { far(&root)? };
        Ok(Self { root, run_dir, _temporary: None, _lock: Some(Arc::new(lock)) })
    }

    /// Of somebody else in the same house.
    pub fn inside(&self, name: &str) -> Self {
        Self { root: self.root.join(name), run_dir: self.run_dir.join(name), ..self.clone() }
    }

    pub fn prepare(&self) -> anyhow::Result<()> {
        for dir in [self.root.clone(), self.run_dir.clone(), self.logs(), self.papers()] {
            make(&dir)?;
        }
        Ok(())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    pub fn config(&self) -> PathBuf {
        self.root.join("chit.toml")
    }

    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    pub fn log_of(&self, program: &str) -> PathBuf {
        self.logs().join(format!("{program}.log"))
    }

    /// What the printer's simulator has printed.
    pub fn papers(&self) -> PathBuf {
        self.root.join("papers")
    }

    /// What other programs get: certificates, and the code of a payer who answers by themselves.
    pub fn clients(&self) -> PathBuf {
        self.root.join("clients")
    }

    pub fn log_file(&self, program: &str) -> anyhow::Result<File> {
        let path = self.log_of(program);
        let file = File::options().create(true).append(true).open(&path);
        file.with_context(|| format!("log {}", path.display()))
    }
}

/// A short folder for this user and this root, outside a checkout whose path is long.
fn far(root: &Path) -> anyhow::Result<PathBuf> {
    let uid = rustix::process::getuid().as_raw();
    let dir = PathBuf::from(format!("/tmp/chit-{uid}-{:08x}", fnv1a(root.as_os_str().as_encoded_bytes())));
    make(&dir)?;
    Ok(dir)
}

/// FNV-1a, 32 bits: two checkouts of one user need different folders, nothing more.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Private: the house holds keys, PINs and papers.
fn make(dir: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(0o700)))
        .with_context(|| format!("folder {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_checkout_path_moves_the_sockets_to_a_short_folder() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a-folder-with-a-name-of-some-length/and-another-one-inside/.chit-demo");
        let place = Place::kept(&deep).unwrap();
        assert!(place.run_dir().as_os_str().len() <= RUN_DIR_LEN_MAX);
        assert_eq!(place.run_dir(), far(place.root()).unwrap(), "the same folder each time");
        fs::remove_dir(place.run_dir()).unwrap();
    }

    #[test]
    fn two_houses_do_not_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let first = Place::kept(dir.path()).unwrap();
        let refused = Place::kept(dir.path()).unwrap_err();
        assert!(refused.to_string().contains("in use by another demo"), "{refused}");
        drop(first);
        Place::kept(dir.path()).unwrap();
    }
}
