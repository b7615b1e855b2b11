//! `chit pki`: the shop's own certificate authority, for other POS software that calls checkout over TCP. Its key never
//! leaves this machine; there is no revocation list: to lock a client out, make a new CA and issue the others again.

use std::fs::{self, DirBuilder};
use std::net::IpAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chit_runtime::Shared;
use chit_runtime::tls::{CLIENT_URI, ROLE_URI};
use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::key_files;
use crate::failure::Failure;
use crate::output::Output;

const FOLDER: &str = "pki";
const CLIENTS: &str = "clients";
const CA_DAYS: u32 = 3_650;
/// What browsers accept at most for a server (CA/Browser Forum ballot SC-031): a good measure for clients too.
const DAYS_DEFAULT: u32 = 398;
const NAME_CHARS_MAX: usize = 64;

#[derive(Subcommand, Debug)]
pub enum PkiCommand {
    /// Make the shop's CA and checkout's server certificate; keeps what is there.
    Init {
        /// Another name or address under which clients call this machine; may be given several times.
        #[arg(long, value_name = "NAME|IP")]
        san: Vec<String>,
        /// Days for which the server certificate is valid.
        #[arg(long, default_value_t = DAYS_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=i64::from(CA_DAYS)))]
        days: u32,
        /// Make a new server certificate although there is one; restart checkout afterwards.
        #[arg(long)]
        renew: bool,
    },
    /// Make a key and a certificate for one client.
    Issue {
        /// Who calls, e.g. till-2: letters, digits, - and _.
        name: String,
        /// What it may do.
        #[arg(long)]
        role: Role,
        /// Where the files go [default: pki/clients in the keys folder].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Days for which the certificate is valid.
        #[arg(long, default_value_t = DAYS_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=i64::from(CA_DAYS)))]
        days: u32,
        /// Replace the files of this name.
        #[arg(long)]
        renew: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Sells.
    Pos,
    /// Reads sales, events and reports.
    Viewer,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Pos => "pos",
            Self::Viewer => "viewer",
        }
    }
}

/// By the machine's clock, which TLS uses, not the business clock.
fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

pub fn run(shared: &Shared, command: PkiCommand, output: Output) -> Result<(), Failure> {
    let today = today();
    match command {
        PkiCommand::Init { san, days, renew } => {
            let made = prepare(shared, &san, days, renew, today)?;
            let folder = shared.keys_dir.join(FOLDER);
            let what = if made.is_empty() { "nothing new was needed".to_owned() } else { made.join(", ") };
            let text = format!(
                "{}: {what}\nnow set tcp_listen in [checkout], restart checkout, then: chit pki issue NAME --role pos",
                folder.display()
            );
            let file = |name: &str| folder.join(name).display().to_string();
            output.result(text, &json!({ "made": made, "ca": file("ca.pem"), "cert": file("server.pem") }));
        }
        PkiCommand::Issue { name, role, out, days, renew } => {
            let out = out.unwrap_or_else(|| shared.keys_dir.join(FOLDER).join(CLIENTS));
            issue(shared, &name, role, &out, days, renew, today)?;
            let file = |ending: &str| out.join(format!("{name}.{ending}")).display().to_string();
            let ca = out.join("ca.pem").display().to_string();
            let text = format!(
                "{name} ({}) for {days} days: give it {}, {} and {ca}, the key by a safe way",
                role.name(),
                file("pem"),
                file("key")
            );
            let value = json!({ "role": role.name(), "ca": ca, "cert": file("pem"), "key": file("key"), "days": days });
            output.result(text, &value);
        }
    }
    Ok(())
}

/// Returns the names of the files that it made.
fn prepare(
    shared: &Shared,
    san: &[String],
    days: u32,
    renew: bool,
    today: Date,
) -> anyhow::Result<Vec<&'static str>> {
    let dir = shared.keys_dir.join(FOLDER);
    make(&dir)?;
    let mut made = Vec::new();
    if !dir.join("ca.key").exists() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let cert = authority(&key, today)?.self_signed(&key)?;
        // The key last: only a whole CA counts.
        key_files::write(&dir, "ca.pem", cert.pem().as_bytes(), true)?;
        key_files::write(&dir, "ca.key", key.serialize_pem().as_bytes(), false)?;
        made.extend(["ca.pem", "ca.key"]);
    }
    if renew || !made.is_empty() || !dir.join("server.key").exists() {
        let (cert, key) = signed(&ca(shared, today)?, server(san, days, today)?)?;
        key_files::write(&dir, "server.pem", cert.as_bytes(), true)?;
        key_files::write(&dir, "server.key", key.as_bytes(), true)?;
        made.extend(["server.pem", "server.key"]);
    }
    Ok(made)
}

fn issue(
    shared: &Shared,
    name: &str,
    role: Role,
    out: &Path,
    days: u32,
    renew: bool,
    today: Date,
) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(plain) || name == "ca" {
        let message = format!(
            "{name:?} is no client's name: use 1 to {NAME_CHARS_MAX} letters, digits, - and _, not \"ca\""
        );
        return Err(Failure::usage(message));
    }
    if out.join(format!("{name}.key")).exists() && !renew {
        let message = format!("{name} has a key in {}; --renew replaces it", out.display());
        return Err(Failure::refused("CLIENT_EXISTS", message));
    }
    let mut params = leaf(name, ExtendedKeyUsagePurpose::ClientAuth, days, today)?;
    for uri in [format!("{ROLE_URI}{}", role.name()), format!("{CLIENT_URI}{name}")] {
        params.subject_alt_names.push(SanType::URI(uri.as_str().try_into().context("role")?));
    }
    let (cert, key) = signed(&ca(shared, today)?, params)?;
    make(out)?;
    let ca = fs::read(shared.keys_dir.join(FOLDER).join("ca.pem")).context("ca.pem")?;
    key_files::write(out, "ca.pem", &ca, true)?;
    key_files::write(out, &format!("{name}.pem"), cert.as_bytes(), true)?;
    key_files::write(out, &format!("{name}.key"), key.as_bytes(), true)?;
    Ok(())
}

fn make(dir: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot make {}", dir.display()))
}

fn ca(shared: &Shared, today: Date) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let file = shared.keys_dir.join(FOLDER).join("ca.key");
    let pem = fs::read_to_string(&file)
        .with_context(|| format!("cannot read {}; `chit pki init` makes it", file.display()))?;
    let key = KeyPair::from_pem(&pem).with_context(|| format!("{} is damaged", file.display()))?;
    let params = authority(&key, today)?;
    Ok(Issuer::new(params, key))
}

/// An issuer is known by its name and its key, so the name is made of the key.
fn authority(key: &KeyPair, today: Date) -> anyhow::Result<CertificateParams> {
    let id = hex::encode(&Sha256::digest(key.public_key_raw())[..4]);
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Chit shop {id}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, CA_DAYS, today)?;
    Ok(params)
}

fn server(san: &[String], days: u32, today: Date) -> anyhow::Result<CertificateParams> {
    let mut params = leaf("chit-checkout", ExtendedKeyUsagePurpose::ServerAuth, days, today)?;
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut names = vec!["localhost", "127.0.0.1"];
    names.extend(Some(hostname.trim()).filter(|name| !name.is_empty() && *name != "localhost"));
    names.extend(san.iter().map(String::as_str));
    for name in names {
        let name = match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_dns) => SanType::DnsName(name.try_into().with_context(|| format!("--san {name:?}"))?),
        };
        params.subject_alt_names.push(name);
    }
    Ok(params)
}

fn leaf(
    name: &str,
    usage: ExtendedKeyUsagePurpose,
    days: u32,
    today: Date,
) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, days, today)?;
    Ok(params)
}

/// From yesterday on, because clocks of other machines differ.
fn valid(params: &mut CertificateParams, days: u32, today: Date) -> anyhow::Result<()> {
    let day = |by: i64| -> anyhow::Result<_> {
        let date = today.checked_add(by.days())?;
        Ok(rcgen::date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        ))
    };
    params.not_before = day(-1)?;
    params.not_after = day(i64::from(days))?;
    Ok(())
}

/// Certificate and key, PEM.
fn signed(ca: &Issuer<'_, KeyPair>, params: CertificateParams) -> anyhow::Result<(String, String)> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    Ok((params.signed_by(&key, ca)?.pem(), key.serialize_pem()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn shop() -> (tempfile::TempDir, Shared) {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        (dir, shared)
    }

    #[test]
    fn a_second_init_changes_nothing_and_renew_keeps_the_ca() {
        let (_dir, shared) = shop();
        let read = |name: &str| fs::read(shared.keys_dir.join(FOLDER).join(name)).unwrap();
        let today = today();
        let made = prepare(&shared, &[], DAYS_DEFAULT, false, today).unwrap();
        assert_eq!(made, ["ca.pem", "ca.key", "server.pem", "server.key"]);
        let before = (read("ca.key"), read("server.pem"));
        assert!(prepare(&shared, &[], DAYS_DEFAULT, false, today).unwrap().is_empty());
        assert_eq!((read("ca.key"), read("server.pem")), before);
        prepare(&shared, &["10.0.0.7".to_owned()], 30, true, today).unwrap();
        assert_eq!(read("ca.key"), before.0);
        assert_ne!(read("server.pem"), before.1);
    }

    #[test]
    fn only_the_owner_can_read_the_keys() {
        let (dir, shared) = shop();
        let today = today();
        prepare(&shared, &[], DAYS_DEFAULT, false, today).unwrap();
        let out = dir.path().join("out");
        issue(&shared, "till-2", Role::Pos, &out, 30, false, today).unwrap();
        for key in [
            shared.keys_dir.join("pki/ca.key"),
            shared.keys_dir.join("pki/server.key"),
            out.join("till-2.key"),
        ] {
            assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600, "{}", key.display());
        }
    }

    #[test]
    fn a_client_is_issued_once_and_its_name_is_checked() {
        let (dir, shared) = shop();
        let today = today();
        let out = dir.path().join("out");
        let early = issue(&shared, "till-2", Role::Pos, &out, 30, false, today).unwrap_err();
        assert!(early.message.contains("chit pki init"), "{early:?}");
        prepare(&shared, &[], DAYS_DEFAULT, false, today).unwrap();
        issue(&shared, "till-2", Role::Pos, &out, 30, false, today).unwrap();
        let again = issue(&shared, "till-2", Role::Viewer, &out, 30, false, today).unwrap_err();
        assert_eq!(again.reason, "CLIENT_EXISTS");
        issue(&shared, "till-2", Role::Viewer, &out, 30, true, today).unwrap();
        for name in ["", "../up", "ca", "a b"] {
            assert_eq!(issue(&shared, name, Role::Pos, &out, 30, false, today).unwrap_err().exit_code(), 64);
        }
    }
}
