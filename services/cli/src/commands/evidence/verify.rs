//! `chit evidence verify`: offline, from the bytes as stored (proto/formats/evidence).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use chit_evidence::{Expected, MANIFEST_FILE, MANIFEST_LEN_MAX, SIGNATURE_FILE, Verified};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::output::Output;

const PIECE_LEN: usize = 64 << 10;
/// What an export puts beside the files of the bundle.
const COMPANIONS: [&str; 2] = ["README.txt", "film-key.age"];
const COPY_PREFIX: &str = "redacted-";

pub fn run(
    folder: &Path,
    public_key: Option<&str>,
    without_film: bool,
    output: Output,
) -> Result<(), Failure> {
    let trusted = public_key.map(parse_key).transpose()?;
    let verdict = verify(folder, trusted.as_ref(), without_film)?;
    output.result(text_of(&verdict), &value_of(&verdict));
    if verdict.faults.is_empty() {
        return Ok(());
    }
    let names = verdict.faults.iter().map(|fault| fault.file.as_str()).collect::<Vec<_>>().join(", ");
    Err(Failure::other(
        "EVIDENCE_TAMPERED",
        format!("not as it was sealed: {names}; ask for the shop's own copy"),
    ))
}

fn text_of(verdict: &Verdict) -> String {
    let manifest = &verdict.verified.manifest;
    let mut text = format!(
        "sale {}, recording {}{}\nmanifest {} (version {})\nsigned by key {} (id {})\n",
        manifest.sale_id,
        manifest.recording_id,
        if manifest.receipt_no.is_empty() {
            String::new()
        } else {
            format!(", receipt {}", manifest.receipt_no)
        },
        hex::encode(verdict.verified.sha256),
        manifest.version,
        hex::encode(&manifest.device_public_key),
        key_id(manifest.device_public_key.as_slice()),
    );
    for file in &verdict.files {
        let sealed = if file.expected.sealed { ", sealed" } else { "" };
        let word = match file.found {
            Found::Whole => "ok ",
            Found::Away => "-- ",
            Found::Bad => "BAD",
        };
        text.push_str(&format!(
            "{word}  {} ({} bytes{sealed})\n",
            file.expected.name, file.expected.size_bytes
        ));
    }
    for fault in &verdict.faults {
        text.push_str(&format!("BAD  {}: {}\n", fault.file, fault.what));
    }
    for name in &verdict.companions {
        text.push_str(&format!("..   {name}: not part of the sealed bundle, not checked\n"));
    }
    if manifest.partial {
        text.push_str(&format!("PARTIAL: {}\n", manifest.partial_reasons.join(", ")));
    }
    if !verdict.verified.key_is_trusted {
        text.push_str("the key is the bundle's own word: whoever changed the bundle could have signed it anew. Compare the id with media-device in the shop's key_ids.toml, or give --public-key\n");
    }
    text
}

fn value_of(verdict: &Verdict) -> serde_json::Value {
    let manifest = &verdict.verified.manifest;
    json!({
        "ok": verdict.faults.is_empty(),
        "version": manifest.version,
        "sale_id": manifest.sale_id,
        "recording_id": manifest.recording_id,
        "receipt_no": manifest.receipt_no,
        "manifest_sha256": hex::encode(verdict.verified.sha256),
        "device_public_key": hex::encode(&manifest.device_public_key),
        "device_key_id": key_id(&manifest.device_public_key),
        "public_key_compared": verdict.verified.key_is_trusted,
        "partial": manifest.partial,
        "partial_reasons": manifest.partial_reasons,
        "files": manifest.files.iter().map(|file| &file.name).collect::<Vec<_>>(),
        "film_away": verdict.files.iter().any(|file| matches!(file.found, Found::Away)),
        "not_checked": verdict.companions,
        "faults": verdict.faults.iter().map(|f| json!({"file": f.file, "what": f.what})).collect::<Vec<_>>(),
    })
}

fn key_id(key: &[u8]) -> String {
    hex::encode(&Sha256::digest(key)[..8])
}

fn parse_key(digits: &str) -> Result<[u8; 32], Failure> {
    let wrong = || Failure::usage("--public-key is no Ed25519 public key of 64 hexadecimal digits");
    hex::decode(digits.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
}

struct Verdict {
    verified: Verified,
    files: Vec<Seen>,
    companions: Vec<String>,
    faults: Vec<Fault>,
}

struct Seen {
    expected: Expected,
    found: Found,
}

#[derive(Clone, Copy)]
enum Found {
    Whole,
    /// Not there, and that is accepted.
    Away,
    Bad,
}

struct Fault {
    file: String,
    what: String,
}

impl Fault {
    fn new(file: &str, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), what: what.into() }
    }
}

/// A failure means that there is no manifest to speak of; everything else is a fault of one file.
fn verify(folder: &Path, trusted: Option<&[u8; 32]>, without_film: bool) -> Result<Verdict, Failure> {
    let bytes = read_small(folder, MANIFEST_FILE)?;
    let signature = read_small(folder, SIGNATURE_FILE)?;
    let verified = chit_evidence::verify(&bytes, &signature, trusted).map_err(|fault| {
        Failure::other("EVIDENCE_TAMPERED", format!("{fault}; ask for the shop's own copy"))
    })?;
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::from([MANIFEST_FILE.to_owned(), SIGNATURE_FILE.to_owned()]);
    for (stored, plain) in verified.stored().into_iter().zip(verified.plain()) {
        known.extend([stored.name.clone(), plain.name.clone()]);
        // A bundle holds it sealed, an export plain; what is there is checked.
        let plain_there = folder.join(&plain.name).symlink_metadata().is_ok();
        let sealed_there = folder.join(&stored.name).symlink_metadata().is_ok();
        let expected = if plain_there && !sealed_there { plain } else { stored };
        let is_away = !plain_there && !sealed_there && expected.film && without_film;
        let fault = if is_away { None } else { file_fault(folder, &expected) };
        let found = match &fault {
            _ if is_away => Found::Away,
            None => Found::Whole,
            Some(_) => Found::Bad,
        };
        faults.extend(fault.map(|what| Fault::new(&expected.name, what)));
        files.push(Seen { expected, found });
    }
    let mut companions = Vec::new();
    for name in names(folder)?.difference(&known) {
        let copied = name.strip_prefix(COPY_PREFIX).is_some_and(|original| known.contains(original));
        if copied || COMPANIONS.contains(&name.as_str()) {
            companions.push(name.clone());
        } else {
            faults.push(Fault::new(name, "is not part of the sealed bundle"));
        }
    }
    Ok(Verdict { verified, files, companions, faults })
}

fn file_fault(folder: &Path, expected: &Expected) -> Option<String> {
    match size_and_hash(&folder.join(&expected.name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && expected.film => Some(
            "is missing; if the ledger says that it was erased, or this is a redacted copy, give --without-film"
                .to_owned(),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("is missing".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
        Ok((size, _)) if size != expected.size_bytes => {
            Some(format!("has {size} bytes, {} were sealed", expected.size_bytes))
        }
        Ok((_, hash)) if hash != expected.sha256 => Some("was changed after it was sealed".to_owned()),
        Ok(_) => None,
    }
}

fn size_and_hash(path: &Path) -> io::Result<(u64, [u8; 32])> {
    // A link would let the bundle answer for bytes that are not in it.
    if !path.symlink_metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let (mut file, mut hash, mut size) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; PIECE_LEN];
    loop {
        let len = file.read(&mut piece)?;
        if len == 0 {
            return Ok((size, hash.finalize().into()));
        }
        hash.update(&piece[..len]);
        size += len as u64;
    }
}

fn read_small(folder: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    let path = folder.join(name);
    let mut bytes = Vec::new();
    let read =
        File::open(&path).and_then(|file| file.take(MANIFEST_LEN_MAX as u64 + 1).read_to_end(&mut bytes));
    let message =
        |error| format!("cannot read {}: {error}; give the folder of a sealed bundle", path.display());
    read.map_err(|error| Failure::other("EVIDENCE_UNREADABLE", message(error)))?;
    Ok(bytes)
}

fn names(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let unreadable =
        |error| Failure::other("EVIDENCE_UNREADABLE", format!("cannot list {}: {error}", folder.display()));
    let entries = folder.read_dir().map_err(unreadable)?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(unreadable)
}

#[cfg(test)]
mod tests;
