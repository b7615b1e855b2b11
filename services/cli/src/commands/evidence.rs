//! `chit evidence verify`: offline, from the bytes as stored (proto/chit/media_capture/v1/manifest.proto).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chit_proto::media_capture::v1::{FileEntry, Manifest};
use clap::Subcommand;
use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::output::Output;

const MANIFEST_FILE: &str = "manifest.binpb";
const SIGNATURE_FILE: &str = "manifest.sig";
const DOMAIN: &[u8] = b"chit/evidence-manifest/v1\0";
/// A manifest lists a handful of files; a larger one is none.
const MANIFEST_LEN_MAX: u64 = 1 << 20;
const PIECE_LEN: usize = 64 << 10;

#[derive(Subcommand, Debug)]
pub enum EvidenceCommand {
    /// Check every byte of a sealed bundle against its signed manifest.
    Verify {
        /// Folder of the bundle.
        folder: PathBuf,
        /// Ed25519 public key of the device, 64 hexadecimal digits. Without it only the bundle's own word is checked.
        #[arg(long, value_name = "HEX")]
        public_key: Option<String>,
    },
}

pub fn run(command: &EvidenceCommand, output: Output) -> Result<(), Failure> {
    let EvidenceCommand::Verify { folder, public_key } = command;
    let trusted = public_key.as_deref().map(parse_key).transpose()?;
    let verdict = verify(folder, trusted.as_ref())?;
    let manifest = &verdict.manifest;
    let key_id = hex::encode(&Sha256::digest(&manifest.device_public_key)[..8]);
    let mut text = format!(
        "sale {}, recording {}\nmanifest {}\nsigned by key {} (id {key_id})\n",
        manifest.sale_id,
        manifest.recording_id,
        hex::encode(verdict.manifest_sha256),
        hex::encode(&manifest.device_public_key),
    );
    for file in &manifest.files {
        let bad = verdict.faults.iter().any(|fault| fault.file == file.name);
        text.push_str(&format!(
            "{}  {} ({} bytes)\n",
            if bad { "BAD" } else { "ok " },
            file.name,
            file.size_bytes
        ));
    }
    for fault in &verdict.faults {
        text.push_str(&format!("BAD  {}: {}\n", fault.file, fault.what));
    }
    if manifest.partial {
        text.push_str(&format!("PARTIAL: {}\n", manifest.partial_reasons.join(", ")));
    }
    if trusted.is_none() {
        text.push_str("the key is the bundle's own word: compare its id with media-device in the shop's key_ids.toml, or give --public-key\n");
    }
    let value = json!({
        "ok": verdict.faults.is_empty(),
        "sale_id": manifest.sale_id,
        "recording_id": manifest.recording_id,
        "manifest_sha256": hex::encode(verdict.manifest_sha256),
        "device_public_key": hex::encode(&manifest.device_public_key),
        "device_key_id": key_id,
        "public_key_compared": trusted.is_some(),
        "partial": manifest.partial,
        "partial_reasons": manifest.partial_reasons,
        "files": manifest.files.iter().map(|file| &file.name).collect::<Vec<_>>(),
        "faults": verdict.faults.iter().map(|f| json!({"file": f.file, "what": f.what})).collect::<Vec<_>>(),
    });
    output.result(text, &value);
    if verdict.faults.is_empty() {
        return Ok(());
    }
    let names = verdict.faults.iter().map(|fault| fault.file.as_str()).collect::<Vec<_>>().join(", ");
    Err(Failure::other(
        "EVIDENCE_TAMPERED",
        format!("not as it was sealed: {names}; ask for the shop's own copy"),
    ))
}

fn parse_key(digits: &str) -> Result<VerifyingKey, Failure> {
    let wrong = || Failure::usage("--public-key is no Ed25519 public key of 64 hexadecimal digits");
    let bytes: [u8; 32] =
        hex::decode(digits.trim()).ok().and_then(|b| b.try_into().ok()).ok_or_else(wrong)?;
    VerifyingKey::from_bytes(&bytes).map_err(|_no_point| wrong())
}

struct Verdict {
    manifest: Manifest,
    manifest_sha256: [u8; 32],
    faults: Vec<Fault>,
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

/// A failure means that there is no bundle to speak of; everything else is a fault of one file.
fn verify(folder: &Path, trusted: Option<&VerifyingKey>) -> Result<Verdict, Failure> {
    let bytes = read_small(folder, MANIFEST_FILE)?;
    let signature = read_small(folder, SIGNATURE_FILE)?;
    let manifest = Manifest::decode(&bytes[..]).map_err(|error| {
        Failure::other(
            "EVIDENCE_TAMPERED",
            format!("{MANIFEST_FILE} is damaged ({error}); ask for the shop's own copy"),
        )
    })?;
    let manifest_sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let mut faults = Vec::new();
    faults.extend(signature_fault(&manifest, &manifest_sha256, &signature, trusted));
    let mut listed = BTreeSet::from([MANIFEST_FILE.to_owned(), SIGNATURE_FILE.to_owned()]);
    for entry in &manifest.files {
        if !is_plain_name(&entry.name) || !listed.insert(entry.name.clone()) {
            faults.push(Fault::new(
                MANIFEST_FILE,
                format!("lists {:?}, which is no single file of a bundle", entry.name),
            ));
        } else if let Some(what) = file_fault(folder, entry) {
            faults.push(Fault::new(&entry.name, what));
        }
    }
    for name in names(folder)? {
        if !listed.contains(&name) {
            faults.push(Fault::new(&name, "is not part of the sealed bundle"));
        }
    }
    Ok(Verdict { manifest, manifest_sha256, faults })
}

fn signature_fault(
    manifest: &Manifest,
    manifest_sha256: &[u8; 32],
    signature: &[u8],
    trusted: Option<&VerifyingKey>,
) -> Option<Fault> {
    let stated = <[u8; 32]>::try_from(&manifest.device_public_key[..]).ok();
    let stated = stated.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let Some(key) = trusted.or(stated.as_ref()) else {
        return Some(Fault::new(MANIFEST_FILE, "names no usable public key"));
    };
    let Ok(signature) = Signature::from_slice(signature) else {
        return Some(Fault::new(SIGNATURE_FILE, "is no Ed25519 signature of 64 bytes"));
    };
    let signed = [DOMAIN, manifest_sha256].concat();
    // The manifest, its signature or the key: which of them was changed is unknown.
    let both = format!("{MANIFEST_FILE} or {SIGNATURE_FILE}");
    let what = "the signature is not the device's over this manifest";
    key.verify_strict(&signed, &signature).err().map(|_mismatch| Fault::new(&both, what))
}

fn file_fault(folder: &Path, entry: &FileEntry) -> Option<String> {
    match size_and_hash(&folder.join(&entry.name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("is missing".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
        Ok((size, _)) if size != entry.size_bytes => {
            Some(format!("has {size} bytes, {} were sealed", entry.size_bytes))
        }
        Ok((_, hash)) if hash[..] != entry.sha256[..] => Some("was changed after it was sealed".to_owned()),
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
    let read = File::open(&path).and_then(|file| file.take(MANIFEST_LEN_MAX).read_to_end(&mut bytes));
    let message =
        |error| format!("cannot read {}: {error}; give the folder of a sealed bundle", path.display());
    read.map_err(|error| Failure::other("EVIDENCE_UNREADABLE", message(error)))?;
    Ok(bytes)
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name != "." && name != ".."
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
