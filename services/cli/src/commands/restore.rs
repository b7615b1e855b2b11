//! `chit restore`: a backup on an empty machine. Nothing is in its place before all of it was read and is right.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::x25519::Identity;
use anyhow::{Context as _, ensure};
use chit_runtime::{Shared, peer};
use serde_json::json;
use zeroize::Zeroizing;

use super::backup::archive::{self, About, Entry};
use super::backup::{UNPACKING_PREFIX, first_store, lock, sweep};
use super::key_files::Owner;
use super::{key_files, process, recovery};
use crate::failure::Failure;
use crate::output::Output;

/// Checkout and an issuer read it at their next start: each card skips the rows that may have been asked since.
const RESTORED: &str = "restored";
const HAVE_CARDS: [&str; 2] = ["checkout", "issuer"];
/// A recovery key has 74 characters.
const IDENTITY_LEN_MAX: u64 = 4096;

#[derive(clap::Args, Debug)]
pub struct RestoreArgs {
    /// A file that `chit backup` wrote.
    file: PathBuf,
    /// File with the recovery key that `chit init` showed; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    recovery_key: PathBuf,
    /// Leave this machine's chit.toml as it is, for a drill with other devices.
    #[arg(long)]
    keep_config: bool,
}

pub fn run(shared: &Shared, config: &Path, args: &RestoreArgs, output: Output) -> Result<(), Failure> {
    must_be_empty(shared, config)?;
    let identity = identity(&args.recovery_key)?;
    let _one_at_a_time = lock(&shared.state_dir)?;
    sweep(&shared.state_dir)?;
    let staging = tempfile::Builder::new().prefix(UNPACKING_PREFIX).tempdir_in(&shared.state_dir);
    let staging =
        staging.with_context(|| format!("cannot write into {}: use sudo", shared.state_dir.display()))?;
    let mut modes = Vec::new();
    let (about, files) = archive::read(&args.file, &identity, |about, entry| {
        is_of_this_world(about, shared)?;
        unpack(staging.path(), entry, &mut modes)
    })?;
    keys(&staging.path().join("keys"), &identity)?;
    note_time(&staging.path().join("state"), &about)?;
    // Folders get their modes last: a sealed bundle's takes no file.
    for (folder, mode) in modes.iter().rev() {
        fs::set_permissions(folder, Permissions::from_mode(*mode)).context("modes")?;
    }
    place(&staging.path().join("state"), shared)?;
    let config_is = settings(&staging.path().join("config"), config, args.keep_config)?;
    // Last: without staff.toml, or the note of an issuer's keys, no unit starts.
    put_keys(&staging.path().join("keys"), &shared.keys_dir)?;
    let taken_at = about.taken_at;
    let text = format!(
        "restored {files} files of {taken_at:.0}; every code card skips the rows that may have been asked since\n{config_is}\n\
         next: `sudo systemctl start chit.target`, `sudo chit doctor`; compare the last receipt with the paper roll:\n\
         what was sold after {taken_at:.0} is not known to this shop"
    );
    let value = json!({ "files": files, "taken_at": taken_at.to_string(), "config": config_is });
    output.result(text, &value);
    Ok(())
}

fn must_be_empty(shared: &Shared, config: &Path) -> Result<(), Failure> {
    for service in process::SERVICES {
        if process::of(Path::new(&format!("chit-{service}")), config).is_some() {
            let message = format!("chit-{service} runs: stop the shop first, `systemctl stop chit.target`");
            return Err(Failure::refused("SHOP_RUNS", message));
        }
    }
    if let Some(file) = first_store(&shared.state_dir)? {
        let message = format!("{} is there: move {} away first", file.display(), shared.state_dir.display());
        return Err(Failure::refused("STATE_NOT_EMPTY", message));
    }
    let made = Owner::ALL.into_iter().flat_map(Owner::key_files).chain(["staff.toml".to_owned()]);
    let mut made = made.map(|name| shared.keys_dir.join(name));
    if let Some(key) = made.find(|key| key.exists()) {
        let message = format!("{} is there: move {} away first", key.display(), shared.keys_dir.display());
        return Err(Failure::refused("KEYS_NOT_EMPTY", message));
    }
    Ok(())
}

fn identity(file: &Path) -> Result<Identity, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().take(IDENTITY_LEN_MAX).read_to_string(&mut text),
        false => File::open(file).and_then(|file| file.take(IDENTITY_LEN_MAX).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::usage(format!("--recovery-key {}: {error}", file.display())))?;
    // age-keygen's files have comments.
    let key = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let key = key.and_then(|key| Identity::from_str(key).ok());
    key.ok_or_else(|| Failure::usage("--recovery-key: it is one line that begins with AGE-SECRET-KEY-1"))
}

fn is_of_this_world(about: &About, shared: &Shared) -> anyhow::Result<()> {
    let world = |sandbox| if sandbox { "a practice shop" } else { "a real shop" };
    ensure!(
        about.sandbox == shared.sandbox,
        "this is a backup of {}, and chit.toml is one of {}: set `sandbox` in [chit] and use another state_dir",
        world(about.sandbox),
        world(shared.sandbox)
    );
    Ok(())
}

fn unpack(staging: &Path, entry: &mut Entry, modes: &mut Vec<(PathBuf, u32)>) -> anyhow::Result<()> {
    let known = ["state", "config", "keys"].iter().any(|room| entry.path.starts_with(room));
    ensure!(known, "{} has no place in a backup", entry.path.display());
    let to = staging.join(&entry.path);
    let place = || format!("cannot write {}", to.display());
    let parent = if entry.is_folder { Some(&*to) } else { to.parent() };
    DirBuilder::new().recursive(true).mode(0o700).create(parent.unwrap_or(staging)).with_context(place)?;
    if entry.is_folder {
        modes.push((to, entry.mode));
        return Ok(());
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&to).with_context(place)?;
    std::io::copy(entry.bytes, &mut file).with_context(place)?;
    file.set_permissions(Permissions::from_mode(entry.mode)).with_context(place)?;
    file.sync_all().with_context(place)
}

/// The keys come out of their own wrap.
fn keys(folder: &Path, identity: &Identity) -> Result<(), Failure> {
    let opened = recovery::open(folder, identity)?;
    for name in key_files::key_files(folder) {
        let Some((_, key)) = opened.iter().find(|(known, _)| *known == name) else {
            let message =
                format!("the backup has no {name}: a newer Chit needs it; run `chit init` afterwards");
            return Err(Failure::other("KEY_MISSING", message));
        };
        key_files::write(folder, &name, key, false)?;
    }
    Ok(())
}

/// A backup of a shop that was itself restored and had not started yet keeps the older time.
fn note_time(state: &Path, about: &About) -> anyhow::Result<()> {
    for folder in HAVE_CARDS.map(|service| state.join(service)).iter().filter(|folder| folder.exists()) {
        let note = folder.join(RESTORED);
        if note.exists() {
            continue;
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(&note);
        let mut file = file.context(RESTORED)?;
        file.write_all(about.taken_at.to_string().as_bytes()).context(RESTORED)?;
        file.sync_all().context(RESTORED)?;
    }
    Ok(())
}

/// Into the state folder, each service's to its own user.
fn place(from: &Path, shared: &Shared) -> anyhow::Result<()> {
    let root = peer::own_uid() == peer::ROOT;
    for entry in fs::read_dir(from).context("the backup has no state")? {
        let entry = entry?;
        let name = entry.file_name();
        let to = shared.state_dir.join(&name);
        let owner = name.to_str().and_then(|name| peer::find_user(&format!("chit-{name}")));
        if let Some(uid) = owner.filter(|_| root && entry.path().is_dir()) {
            own(&entry.path(), uid)?;
        }
        if to.is_dir() {
            fs::remove_dir_all(&to).with_context(|| to.display().to_string())?;
        }
        fs::rename(entry.path(), &to)
            .with_context(|| format!("cannot put {} into its place", to.display()))?;
    }
    File::open(&shared.state_dir).and_then(|folder| folder.sync_all()).context("state_dir")
}

/// systemd-sysusers gives a user a group of the same number or none of ours; the unit's folders are its user's own, 0700.
fn own(path: &Path, uid: u32) -> anyhow::Result<()> {
    std::os::unix::fs::lchown(path, Some(uid), None).with_context(|| path.display().to_string())?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            own(&entry?.path(), uid)?;
        }
    }
    Ok(())
}

/// What was done with the configuration, for the person who reads it.
fn settings(from: &Path, config: &Path, keep: bool) -> anyhow::Result<String> {
    if keep {
        return Ok(format!("{} stays as it is", config.display()));
    }
    let folder = config.parent().unwrap_or(Path::new("."));
    let restored = from.join("chit.toml");
    if places(config) != places(&restored) {
        let beside = config.with_extension("toml.restored");
        fs::copy(&restored, &beside).with_context(|| beside.display().to_string())?;
        let (config, beside) = (config.display(), beside.display());
        return Ok(format!(
            "the backup's chit.toml names other folders than {config}: it is {beside}, compare them"
        ));
    }
    let same = fs::read(config).ok() == fs::read(&restored).ok();
    if !same {
        let before = config.with_extension("toml.before-restore");
        fs::rename(config, &before).with_context(|| before.display().to_string())?;
    }
    copy_tree(from, folder)?;
    Ok(match same {
        true => format!("{} is the backup's", config.display()),
        false => format!("{0} is the backup's; the one before is {0}.before-restore", config.display()),
    })
}

/// Where a configuration has its folders; the services would look for this state elsewhere.
fn places(config: &Path) -> Option<[Option<String>; 3]> {
    let file: toml::Table = fs::read_to_string(config).ok()?.parse().ok()?;
    let place = |key: &str| Some(file.get("chit")?.get(key)?.as_str()?.to_owned());
    Some(["run_dir", "state_dir", "keys_dir"].map(place))
}

fn put_keys(from: &Path, keys_dir: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(keys_dir).context("keys_dir")?;
    fs::set_permissions(keys_dir, Permissions::from_mode(0o700)).context("keys_dir")?;
    copy_tree(from, keys_dir)
}

/// Another file system, perhaps. What the units look for last.
fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(from)?.flatten().map(|entry| entry.path()).collect();
    entries.sort_by_key(|path| path.ends_with("staff.toml") || path.ends_with(Owner::Issuer.ids_file()));
    for path in entries {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&target)?;
            copy_tree(&path, &target)?;
        } else {
            fs::copy(&path, &target).with_context(|| format!("cannot write {}", target.display()))?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}
