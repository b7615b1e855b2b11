//! What stands beside the stores: configuration, the files that it names, and the keys folder. The keys themselves are in
//! `recovery.age` only, so that not even the opened backup has one in clear.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chit_runtime::Shared;

use super::archive::Writer;
use crate::commands::key_files;

/// Certificates, a logo, words: small things.
const FILES_MAX: usize = 200;
const FILE_LEN_MAX: u64 = 8 << 20;
const DEPTH_MAX: usize = 3;

pub fn add<W: Write>(writer: &mut Writer<W>, shared: &Shared, config: &Path) -> anyhow::Result<()> {
    let folder = std::path::absolute(config)?.parent().map(Path::to_owned).unwrap_or_default();
    writer.file("config/chit.toml", 0o644, config)?;
    for file in named(config, &folder)? {
        put(writer, "config", &folder, &file)?;
    }
    let keys = key_files::key_files(&shared.keys_dir);
    let mut files = Vec::new();
    below(&shared.keys_dir, 0, &mut files)?;
    ensure!(files.len() <= FILES_MAX, "{} has more than {FILES_MAX} files", shared.keys_dir.display());
    let is_key = |file: &Path| keys.iter().any(|key| file == shared.keys_dir.join(key));
    for file in files.iter().filter(|file| !is_key(file)) {
        put(writer, "keys", &shared.keys_dir, file)?;
    }
    Ok(())
}

fn put<W: Write>(writer: &mut Writer<W>, room: &str, folder: &Path, file: &Path) -> anyhow::Result<()> {
    let meta = fs::metadata(file).with_context(|| file.display().to_string())?;
    ensure!(meta.len() <= FILE_LEN_MAX, "{} is larger than {} MB", file.display(), FILE_LEN_MAX >> 20);
    let name = file.strip_prefix(folder)?.to_str().context("a file's name is not UTF-8")?;
    writer.file(&format!("{room}/{name}"), meta.mode() & 0o777, file)
}

/// Files below the configuration's folder that it names: words, a logo, a SIM's PIN.
fn named(config: &Path, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let text = fs::read_to_string(config).with_context(|| config.display().to_string())?;
    let mut texts = Vec::new();
    collect(&toml::Value::Table(text.parse()?), &mut texts);
    let mut files: Vec<PathBuf> = texts.iter().map(|text| folder.join(text)).collect();
    files.retain(|file| file.starts_with(folder) && file != config && is_plain_file(file));
    files.retain(|file| file.components().all(|part| part != std::path::Component::ParentDir));
    files.sort();
    files.dedup();
    Ok(files)
}

fn collect(value: &toml::Value, texts: &mut Vec<String>) {
    match value {
        toml::Value::String(text) => texts.push(text.clone()),
        toml::Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        toml::Value::Table(table) => table.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

/// No link that leads elsewhere.
fn is_plain_file(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok_and(|meta| meta.is_file())
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    ensure!(depth < DEPTH_MAX, "{} lies too deep", folder.display());
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, depth + 1, files)?;
        } else if is_plain_file(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_the_configuration_names_come_along_and_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("chit.toml");
        fs::write(&config, "[printer]\nlogo = \"logo.png\"\nwords = \"/etc/passwd\"\nfont = \"../up\"\n")
            .unwrap();
        for name in ["logo.png", "notes.txt"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        assert_eq!(named(&config, dir.path()).unwrap(), [dir.path().join("logo.png")]);
    }
}
