//! One `chit.toml` for the whole installation: `[chit]` for what all share, a section per service.

use crate::neighbour::Users;
use crate::peer;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const SECTIONS: [&str; 9] =
    ["chit", "scanner", "printer", "media-capture", "sms-gateway", "ledger", "checkout", "issuer", "till"];
/// A socket path may have 108 bytes (unix(7)); this leaves room for the longest service name.
const RUN_DIR_LEN_MAX: usize = 60;
/// Further apart than this, two names are not a typing slip of each other.
const SUGGESTION_DISTANCE_MAX: usize = 4;
const SANDBOX_MARKER: &str = "SANDBOX";
const REAL_MARKER: &str = "REAL";

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0}")]
    Usage(String),
    #[error(
        "cannot read {path}: --config FILE names another; /usr/share/doc/chit/examples/chit.toml is a whole one to copy"
    )]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}")]
    Syntax { path: PathBuf, message: String },
    #[error("unknown section [{name}]{suggestion}")]
    UnknownSection { name: String, suggestion: String },
    #[error("unknown key `{key}` in [{section}]{suggestion}")]
    UnknownKey { key: String, section: String, suggestion: String },
    #[error("[{section}]: {message}")]
    Value { section: String, message: String },
    #[error("key {name} is not in {place}; `chit init` makes it")]
    KeyMissing { name: String, place: PathBuf, source: std::io::Error },
    #[error("cannot read {path}; `chit pki init` makes it")]
    Certificate { path: PathBuf, source: std::io::Error },
    #[error("the certificate, its key or the clients' CA cannot be used; `chit pki init` makes all three")]
    Tls(#[source] tokio_rustls::rustls::Error),
    #[error("the clients' CA cannot be used; `chit pki init` makes one")]
    ClientCa(#[source] tokio_rustls::rustls::server::VerifierBuilderError),
    #[error("{dir} holds {holds} data and this is a {wanted} configuration; give it another state_dir")]
    OtherWorld { dir: PathBuf, holds: &'static str, wanted: &'static str },
    #[error("cannot mark {dir} as {wanted}; `chit init` prepares it")]
    Unmarked { dir: PathBuf, wanted: &'static str, source: std::io::Error },
}

/// `[chit]`. Relative paths count from the folder of the config file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shared {
    pub run_dir: PathBuf,
    pub state_dir: PathBuf,
    pub keys_dir: PathBuf,
    pub sandbox: bool,
    pub otlp_endpoint: Option<String>,
    /// IANA name of the shop's time zone.
    pub time_zone: String,
    /// Filter of tracing-subscriber, e.g. `info,chit_ledger=debug`.
    pub log: String,
    /// Users besides this one and root that may call; by number or name in the file.
    #[serde(deserialize_with = "peer::uids")]
    pub allow_uids: Vec<u32>,
    pub users: Users,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            run_dir: "/run/chit".into(),
            state_dir: "/var/lib/chit".into(),
            keys_dir: "/etc/chit/keys".into(),
            sandbox: false,
            otlp_endpoint: None,
            time_zone: "Asia/Shanghai".into(),
            log: "info".into(),
            allow_uids: Vec::new(),
            users: Users::default(),
        }
    }
}

impl Shared {
    pub fn sandbox_in(dir: &Path) -> Self {
        let (run_dir, state_dir, keys_dir) = (dir.join("run"), dir.join("state"), dir.join("keys"));
        Self { run_dir, state_dir, keys_dir, sandbox: true, ..Self::default() }
    }

    /// The service's own folder. If it cannot be made, opening a file in it says why.
    pub fn state_of(&self, service: &str) -> PathBuf {
        let dir = self.state_dir.join(service);
        if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir) {
            tracing::error!(dir = %dir.display(), %error, "cannot create the state folder");
        }
        dir
    }

    pub fn socket_of(&self, service: &str) -> PathBuf {
        self.run_dir.join(format!("{service}.sock"))
    }

    /// A secret, from the service manager (systemd's LoadCredential=) or from `keys_dir`.
    pub fn key(&self, name: &str) -> Result<Vec<u8>, ConfigError> {
        let given = std::env::var_os("CREDENTIALS_DIRECTORY").map(|dir| Path::new(&dir).join(name));
        let file = given.filter(|file| file.exists()).unwrap_or_else(|| self.keys_dir.join(name));
        fs::read(&file).map_err(|source| {
            let place = file.parent().unwrap_or(&self.keys_dir).to_owned();
            ConfigError::KeyMissing { name: name.to_owned(), place, source }
        })
    }
}

/// A service's section of the file.
pub trait Section: DeserializeOwned {
    /// What its types cannot say: bounds, files that it names. Asked at each start, and by `chit doctor` of every service.
    fn check(&self, shared: &Shared) -> anyhow::Result<()>;
}

/// Reads the file, `[chit]` and the service's section. A missing section means its defaults.
///
/// ```
/// use std::fs;
///
/// #[derive(serde::Deserialize, Debug)]
/// #[serde(default, deny_unknown_fields)]
/// struct Settings {
///     copies_max: u32,
/// }
///
/// impl Default for Settings {
///     fn default() -> Self {
///         Self { copies_max: 3 }
///     }
/// }
///
/// # fn main() -> anyhow::Result<()> {
/// # let dir = tempfile::tempdir()?;
/// let file = dir.path().join("chit.toml");
/// fs::write(&file, "[chit]\nrun_dir = \"run\"\n[printer]\ncopies_max = 5")?;
/// let (settings, shared) = chit_runtime::load::<Settings>(&file, "printer")?;
/// assert_eq!(settings.copies_max, 5);
/// assert_eq!(shared.run_dir, dir.path().join("run"), "relative folders count from the file's own");
///
/// fs::write(&file, "[printer]\ncopies_maks = 5")?;
/// let refused = chit_runtime::load::<Settings>(&file, "printer").unwrap_err();
/// assert_eq!(refused.to_string(), "unknown key `copies_maks` in [printer], did you mean `copies_max`?");
/// # Ok(())
/// # }
/// ```
pub fn load<T: DeserializeOwned>(path: &Path, section: &str) -> Result<(T, Shared), ConfigError> {
    let read = |source| ConfigError::Read { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(read)?;
    let folder = std::path::absolute(path).map_err(read)?.parent().map(Path::to_owned).unwrap_or_default();
    let mut file: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        ConfigError::Syntax { path: path.to_owned(), message: format!("line {line}: {}", error.message()) }
    })?;
    if let Some(name) = file.keys().find(|name| !SECTIONS.contains(&name.as_str())) {
        let suggestion = nearest(name, SECTIONS.into_iter(), |near| format!(", did you mean [{near}]?"));
        return Err(ConfigError::UnknownSection { name: name.clone(), suggestion });
    }
    let mut shared: Shared = section_of(&mut file, "chit")?;
    for dir in [&mut shared.run_dir, &mut shared.state_dir, &mut shared.keys_dir] {
        *dir = folder.join(&*dir);
    }
    check(&shared).map_err(|message| ConfigError::Value { section: "chit".to_owned(), message })?;
    Ok((section_of(&mut file, section)?, shared))
}

fn check(shared: &Shared) -> Result<(), String> {
    let run_dir_len = shared.run_dir.as_os_str().len();
    if run_dir_len > RUN_DIR_LEN_MAX {
        return Err(format!(
            "run_dir has {run_dir_len} bytes, at most {RUN_DIR_LEN_MAX} leave room for a socket"
        ));
    }
    if jiff::tz::TimeZone::get(&shared.time_zone).is_err() {
        return Err(format!("time_zone {:?} is not an IANA name such as Asia/Shanghai", shared.time_zone));
    }
    tracing_subscriber::EnvFilter::try_new(&shared.log).map_err(|error| format!("log: {error}"))?;
    Ok(())
}

fn section_of<T: DeserializeOwned>(file: &mut toml::Table, section: &str) -> Result<T, ConfigError> {
    let value = file.remove(section).unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
    value.try_into().map_err(|error: toml::de::Error| explain(section, error.message()))
}

/// serde names the known fields in its message only: "unknown field `a`, expected one of `b`, `c`".
fn explain(section: &str, message: &str) -> ConfigError {
    let mut names = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), names.next()) {
        (true, Some(key)) => ConfigError::UnknownKey {
            key: key.to_owned(),
            section: section.to_owned(),
            suggestion: nearest(key, names, |near| format!(", did you mean `{near}`?")),
        },
        _ => ConfigError::Value { section: section.to_owned(), message: message.replace('\n', " ") },
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>, say: impl Fn(&str) -> String) -> String {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= SUGGESTION_DISTANCE_MAX)
        .map_or_else(String::new, |(_, near)| say(near))
}

/// A sandbox never opens real data, nor the reverse: the first one to come writes whose the folder is.
pub fn claim_state(shared: &Shared) -> Result<(), ConfigError> {
    let name = |sandbox| if sandbox { SANDBOX_MARKER } else { REAL_MARKER };
    let (dir, wanted, other) = (&shared.state_dir, name(shared.sandbox), name(!shared.sandbox));
    if dir.join(other).exists() {
        return Err(ConfigError::OtherWorld { dir: dir.clone(), holds: other, wanted });
    }
    if dir.join(wanted).exists() {
        return Ok(());
    }
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(dir.join(wanted), ""))
        .map_err(|source| ConfigError::Unmarked { dir: dir.clone(), wanted, source })
}
