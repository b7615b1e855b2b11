//! Files that a command writes and that name people: new ones only, for their owner alone.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::failure::Failure;

const FILE_MODE: u32 = 0o600;

/// Nothing is overwritten.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let unwritten =
        |error: std::io::Error| Failure::usage(format!("cannot write {}: {error}", path.display()));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).map_err(unwritten)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(unwritten)
}
