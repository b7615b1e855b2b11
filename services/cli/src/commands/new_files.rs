//! Files that a command writes and that name people: new ones only, for their owner alone.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::failure::Failure;

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

pub fn folder(path: &Path) -> Result<(), Failure> {
    DirBuilder::new().mode(FOLDER_MODE).create(path).map_err(|error| {
        Failure::usage(format!("cannot make {}: {error}; name a folder that does not exist", path.display()))
    })
}

/// Nothing is overwritten.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let unwritten =
        |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).map_err(unwritten)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(unwritten)
}
