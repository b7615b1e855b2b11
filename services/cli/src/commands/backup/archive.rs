//! The backup's file: an age file (age-encryption.org/v1) around a tar archive, so that `age -d -i KEY FILE | tar x` opens it
//! without Chit. First `chit-backup.json`, then the files, last their sums, as `sha256sum -c` reads them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use age::x25519::{Identity, Recipient};
use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub const FORMAT: &str = "chit-backup/1";
const ABOUT: &str = "chit-backup.json";
const SUMS: &str = "SHA256SUMS";
const ABOUT_LEN_MAX: u64 = 64 << 10;
/// 100 bytes a file, of as many files as a state folder may have.
const SUMS_LEN_MAX: u64 = 1 << 30;
const PIECE: usize = 64 << 10;

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub format: String,
    pub chit_version: String,
    /// Business time of the moment.
    #[serde(with = "super::time_text")]
    pub taken_at: Timestamp,
    pub sandbox: bool,
}

/// Name in the archive → SHA-256, in hexadecimal digits.
type Sums = BTreeMap<String, String>;

pub struct Writer<W: Write> {
    tar: tar::Builder<age::stream::StreamWriter<W>>,
    sums: Sums,
    pub bytes: u64,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W, to: &[&Recipient], about: &About) -> anyhow::Result<Self> {
        let to = to.iter().map(|recipient| *recipient as &dyn age::Recipient);
        let sealed = age::Encryptor::with_recipients(to)?.wrap_output(out)?;
        let mut writer = Self { tar: tar::Builder::new(sealed), sums: Sums::new(), bytes: 0 };
        let text = serde_json::to_vec_pretty(about)?;
        writer.entry(ABOUT, 0o600, text.len() as u64, &text[..])?;
        Ok(writer)
    }

    pub fn folder(&mut self, name: &str, mode: u32) -> anyhow::Result<()> {
        let mut header = header(mode, 0);
        header.set_entry_type(tar::EntryType::Directory);
        Ok(self.tar.append_data(&mut header, format!("{name}/"), std::io::empty())?)
    }

    pub fn file(&mut self, name: &str, mode: u32, file: &Path) -> anyhow::Result<()> {
        let place = || format!("cannot read {}", file.display());
        let opened = File::open(file).with_context(place)?;
        let len = opened.metadata().with_context(place)?.len();
        self.entry(name, mode, len, opened)
    }

    fn entry(&mut self, name: &str, mode: u32, len: u64, bytes: impl Read) -> anyhow::Result<()> {
        let mut hashed = Hashed { inner: bytes, hash: Sha256::new() };
        let mut header = header(mode, len);
        self.tar.append_data(&mut header, name, &mut hashed).with_context(|| name.to_owned())?;
        self.sums.insert(name.to_owned(), hex::encode(hashed.hash.finalize()));
        self.bytes += len;
        Ok(())
    }

    /// Returns how many files are in it.
    pub fn finish(mut self) -> anyhow::Result<(W, usize)> {
        let text: String = self.sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        let mut header = header(0o600, text.len() as u64);
        self.tar.append_data(&mut header, SUMS, text.as_bytes())?;
        Ok((self.tar.into_inner()?.finish()?, self.sums.len()))
    }
}

/// Owners are those of the services' users on the machine that restores.
fn header(mode: u32, len: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_size(len);
    header.set_mtime(0);
    header
}

/// One file or folder of the archive.
pub struct Entry<'a> {
    pub path: PathBuf,
    pub mode: u32,
    pub is_folder: bool,
    pub bytes: &'a mut dyn Read,
}

/// Hands out every entry, then compares the sums. Whoever keeps what was handed out keeps it only if this returns Ok.
pub fn read(
    file: &Path,
    identity: &Identity,
    mut each: impl FnMut(&About, &mut Entry) -> anyhow::Result<()>,
) -> anyhow::Result<(About, usize)> {
    let place = || format!("cannot read {}", file.display());
    let opened = BufReader::with_capacity(PIECE, File::open(file).with_context(place)?);
    let sealed = age::Decryptor::new(opened).with_context(|| format!("{}: no age file", file.display()))?;
    let plain = sealed.decrypt(std::iter::once(identity as &dyn age::Identity));
    let plain = plain.with_context(|| format!("{}: another key opens it", file.display()))?;
    let mut tar = tar::Archive::new(plain);
    let mut entries = tar.entries().with_context(place)?;
    let about = about(entries.next().context("the archive is empty")?.with_context(place)?)?;
    let mut sums = Sums::from([about.1]);
    let about = about.0;
    for entry in entries {
        let mut entry = entry.with_context(place)?;
        let path = inside(&entry.path().with_context(place)?)?;
        let name = path.to_str().context("a name is not UTF-8")?.to_owned();
        if name == SUMS {
            return compare(&mut entry, &sums).map(|files| (about, files));
        }
        let is_folder = entry.header().entry_type().is_dir();
        ensure!(is_folder || entry.header().entry_type().is_file(), "{name} is neither file nor folder");
        let mode = entry.header().mode().with_context(place)? & 0o777;
        let mut hashed = Hashed { inner: &mut entry, hash: Sha256::new() };
        each(&about, &mut Entry { path, mode, is_folder, bytes: &mut hashed })?;
        std::io::copy(&mut hashed, &mut std::io::sink()).with_context(place)?;
        if !is_folder {
            let sum = hex::encode(hashed.hash.finalize());
            ensure!(sums.insert(name.clone(), sum).is_none(), "{name} is in it twice");
        }
    }
    bail!("{} is cut off: it has no {SUMS}", file.display())
}

fn about(mut entry: impl Read) -> anyhow::Result<(About, (String, String))> {
    let mut text = Vec::new();
    (&mut entry).take(ABOUT_LEN_MAX).read_to_end(&mut text)?;
    let about: About = serde_json::from_slice(&text).context("not what `chit backup` writes")?;
    ensure!(about.format == FORMAT, "format {:?}: a newer Chit wrote it", about.format);
    Ok((about, (ABOUT.to_owned(), hex::encode(Sha256::digest(&text)))))
}

fn compare(entry: &mut impl Read, found: &Sums) -> anyhow::Result<usize> {
    let mut text = String::new();
    entry.take(SUMS_LEN_MAX).read_to_string(&mut text)?;
    let listed = text.lines().filter_map(|line| line.split_once("  "));
    let listed: Sums = listed.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect();
    let differs = |name: &&String| listed.get(*name) != found.get(*name);
    if let Some(name) = listed.keys().chain(found.keys()).find(differs) {
        bail!("{name} is not what was backed up");
    }
    Ok(found.len())
}

/// A name leads nowhere else.
fn inside(path: &Path) -> anyhow::Result<PathBuf> {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(plain, "{} leads out of the archive", path.display());
    Ok(path.components().collect())
}

struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let len = self.inner.read(out)?;
        self.hash.update(&out[..len]);
        Ok(len)
    }
}

pub fn buffered(file: File) -> BufWriter<File> {
    BufWriter::with_capacity(PIECE, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn about() -> About {
        let taken_at = "2026-11-30T19:00:00Z".parse().unwrap();
        About { format: FORMAT.into(), chit_version: "0.1.0".into(), taken_at, sandbox: true }
    }

    fn sealed(dir: &Path, to: &Identity, name: &str) -> anyhow::Result<PathBuf> {
        let (plain, file) = (dir.join("plain"), dir.join("sealed"));
        fs::write(&plain, [7; 100_000])?;
        let mut writer = Writer::new(buffered(File::create(&file)?), &[&to.to_public()], &about())?;
        writer.folder("state/ledger", 0o700)?;
        writer.file(name, 0o600, &plain)?;
        writer.finish()?.0.flush()?;
        Ok(file)
    }

    fn names(file: &Path, identity: &Identity) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        read(file, identity, |_, entry| {
            names.push(entry.path.display().to_string());
            Ok(())
        })?;
        Ok(names)
    }

    #[test]
    fn what_was_written_is_read_with_the_right_key_only() {
        let (dir, identity) = (tempfile::tempdir().unwrap(), Identity::generate());
        let deep = format!("state/media-capture/evidence/{}/{}", "s".repeat(90), "n".repeat(90));
        let file = sealed(dir.path(), &identity, &deep).unwrap();
        assert_eq!(names(&file, &identity).unwrap(), ["state/ledger".to_owned(), deep]);
        let refused = names(&file, &Identity::generate()).unwrap_err().to_string();
        assert!(refused.contains("another key opens it"), "{refused}");
    }

    #[test]
    fn one_byte_changed_or_the_end_cut_off_is_noticed() {
        let (dir, identity) = (tempfile::tempdir().unwrap(), Identity::generate());
        let file = sealed(dir.path(), &identity, "state/ledger/journal").unwrap();
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() - 70_000]).unwrap();
        assert!(names(&file, &identity).is_err());
        let mut changed = bytes.clone();
        changed[50_000] ^= 1;
        fs::write(&file, changed).unwrap();
        assert!(names(&file, &identity).is_err());
        fs::write(&file, bytes).unwrap();
        assert!(names(&file, &identity).is_ok());
    }

    #[test]
    fn no_name_leads_out_of_the_archive() {
        for name in ["../passwd", "/etc/passwd", "state/../../x"] {
            assert!(inside(Path::new(name)).is_err(), "{name}");
        }
        assert_eq!(inside(Path::new("state/ledger/")).unwrap(), Path::new("state/ledger"));
    }
}
