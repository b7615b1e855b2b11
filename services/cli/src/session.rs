//! Who is signed in at this terminal: the token of `chit sign-in`, kept in a file of this user's for this configuration.
//! `$CHIT_SESSION` goes before it, for scripts.

use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chit_runtime::session::Token;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

const VARIABLE: &str = "CHIT_SESSION";

/// Sessions are memory of a working day, so they lie where a reboot or a sign-out of the user clears them, if there is such
/// a place.
fn folder() -> Option<PathBuf> {
    let dir = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    dir("XDG_RUNTIME_DIR")
        .or_else(|| dir("XDG_STATE_HOME"))
        .or_else(|| Some(dir("HOME")?.join(".local/state")))
        .map(|dir| dir.join("chit"))
}

/// One for each shop of this machine.
fn file(config: &Path) -> Option<PathBuf> {
    let config = config.canonicalize().unwrap_or_else(|_missing| config.to_owned());
    let name = hex::encode(&Sha256::digest(config.as_os_str().as_encoded_bytes())[..8]);
    Some(folder()?.join(format!("session-{name}")))
}

pub fn current(config: &Path) -> Result<Option<Token>, Failure> {
    let text = match std::env::var(VARIABLE) {
        Ok(text) => Some(text),
        Err(_unset) => file(config).and_then(|file| fs::read_to_string(file).ok()),
    };
    let Some(text) = text else { return Ok(None) };
    let token = Token::new(text.trim());
    token
        .map(Some)
        .map_err(|_no_token| Failure::usage(format!("${VARIABLE} or the session's file holds no token")))
}

/// 0600 from the first moment. Returns where it is.
pub fn keep(config: &Path, token: &str) -> anyhow::Result<PathBuf> {
    let file = file(config).context("there is no home folder for the session; set XDG_STATE_HOME")?;
    let dir = file.parent().context("the session's file has a folder")?;
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(|| dir.display().to_string())?;
    let mut draft = tempfile::NamedTempFile::new_in(dir)?;
    draft.write_all(token.as_bytes())?;
    draft.persist(&file)?;
    Ok(file)
}

pub fn forget(config: &Path) {
    if let Some(file) = file(config) {
        // Nothing there is what was wanted.
        let _gone = fs::remove_file(file);
    }
}
