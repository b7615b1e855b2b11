//! The manifest of a sealed evidence bundle, as a third party verifies it: from bytes, a signature and a key that they
//! have from somewhere else. Pure: whoever calls reads the files and hashes them.

mod manifest {
    #![allow(missing_docs, clippy::all)]
    include!(concat!(env!("OUT_DIR"), "/chit.media_capture.v1.rs"));
}

use std::collections::BTreeSet;

use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use manifest::{FileEntry, Gap, Manifest, SealedFile, SoundTrack, VideoTrack};

pub const MANIFEST_FILE: &str = "manifest.binpb";
pub const SIGNATURE_FILE: &str = "manifest.sig";
/// Versions that this crate knows.
pub const VERSIONS: std::ops::RangeInclusive<u32> = 1..=2;
/// A manifest lists a handful of files; a larger one is none.
pub const MANIFEST_LEN_MAX: usize = 1 << 20;
pub const FILES_MAX: usize = 64;

/// Why a manifest is not what it says. Each names the file to look at.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Fault {
    #[error("manifest.binpb is damaged or larger than a manifest can be")]
    NoManifest,
    #[error("manifest.binpb has version {0}; this program knows 1 and 2")]
    Version(u32),
    #[error(
        "manifest.binpb was written in another way than a device writes it, or holds fields of a later version"
    )]
    NotCanonical,
    #[error("manifest.binpb names no usable public key")]
    NoKey,
    #[error("manifest.sig is no Ed25519 signature of 64 bytes")]
    NoSignature,
    #[error("manifest.binpb or manifest.sig: the signature is not the device's over this manifest")]
    Signature,
    #[error("manifest.binpb names another key than the one that is trusted")]
    OtherKey,
    #[error("manifest.binpb lists {0:?}, which is no single file of a bundle")]
    Name(String),
    #[error("manifest.binpb: {0}")]
    Inconsistent(&'static str),
}

/// A manifest whose signature holds and whose statements fit each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub manifest: Manifest,
    /// What the ledger witnesses.
    pub sha256: [u8; 32],
    /// True if the signature was checked with a key from outside the bundle.
    pub key_is_trusted: bool,
}

/// What a manifest says of a file in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name in the folder.
    pub name: String,
    pub size_bytes: u64,
    pub sha256: [u8; 32],
    /// True if it is encrypted.
    pub sealed: bool,
    /// True if it may be missing because its key was erased at the end of its term.
    pub film: bool,
}

/// The domain that a version's signatures are separated by.
pub fn signed_bytes(version: u32, manifest_sha256: &[u8; 32]) -> Vec<u8> {
    [format!("chit/evidence-manifest/v{version}\0").as_bytes(), manifest_sha256].concat()
}

/// Without a trusted key only the bundle's own word is checked: whoever changed it could have signed it anew.
pub fn verify(bytes: &[u8], signature: &[u8], trusted: Option<&[u8; 32]>) -> Result<Verified, Fault> {
    if bytes.len() > MANIFEST_LEN_MAX {
        return Err(Fault::NoManifest);
    }
    let manifest = Manifest::decode(bytes).map_err(|_| Fault::NoManifest)?;
    if !VERSIONS.contains(&manifest.version) {
        return Err(Fault::Version(manifest.version));
    }
    if manifest.encode_to_vec() != bytes {
        return Err(Fault::NotCanonical);
    }
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    let stated: [u8; 32] = manifest.device_public_key.as_slice().try_into().map_err(|_| Fault::NoKey)?;
    if trusted.is_some_and(|trusted| *trusted != stated) {
        return Err(Fault::OtherKey);
    }
    let key = VerifyingKey::from_bytes(&stated).map_err(|_| Fault::NoKey)?;
    let signature = Signature::from_slice(signature).map_err(|_| Fault::NoSignature)?;
    let signed = signed_bytes(manifest.version, &sha256);
    key.verify_strict(&signed, &signature).map_err(|_| Fault::Signature)?;
    check(&manifest)?;
    Ok(Verified { manifest, sha256, key_is_trusted: trusted.is_some() })
}

impl Verified {
    /// The files as a sealed folder holds them.
    pub fn stored(&self) -> Vec<Expected> {
        let stored = |entry: &FileEntry| match &entry.sealed {
            None => plain(entry),
            Some(sealed) => Expected {
                name: sealed.name.clone(),
                size_bytes: sealed.size_bytes,
                sha256: hash(&sealed.sha256),
                sealed: true,
                film: sealed.film,
            },
        };
        self.manifest.files.iter().map(stored).collect()
    }

    /// The files as an export of the originals holds them.
    pub fn plain(&self) -> Vec<Expected> {
        self.manifest.files.iter().map(plain).collect()
    }
}

fn plain(entry: &FileEntry) -> Expected {
    Expected {
        name: entry.name.clone(),
        size_bytes: entry.size_bytes,
        sha256: hash(&entry.sha256),
        sealed: false,
        film: entry.sealed.as_ref().is_some_and(|sealed| sealed.film),
    }
}

/// Lengths were checked before.
fn hash(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or_default()
}

fn check(manifest: &Manifest) -> Result<(), Fault> {
    if manifest.files.len() > FILES_MAX {
        return Err(Fault::Inconsistent("it lists more files than a bundle has"));
    }
    let mut names = BTreeSet::from([MANIFEST_FILE, SIGNATURE_FILE]);
    for entry in &manifest.files {
        let sealed = entry.sealed.as_ref();
        for name in std::iter::once(&entry.name).chain(sealed.map(|sealed| &sealed.name)) {
            if !is_plain_name(name) || !names.insert(name) {
                return Err(Fault::Name(name.clone()));
            }
        }
        let hashes = std::iter::once(&entry.sha256).chain(sealed.map(|sealed| &sealed.sha256));
        if !hashes.into_iter().all(|hash| hash.len() == 32) {
            return Err(Fault::Inconsistent("a hash has not 32 bytes"));
        }
        if (manifest.version == 1) != sealed.is_none() {
            return Err(Fault::Inconsistent("files are stored otherwise than its version says"));
        }
    }
    if manifest.partial == manifest.partial_reasons.is_empty() {
        return Err(Fault::Inconsistent("it is PARTIAL without a reason, or has reasons and is whole"));
    }
    if !matches!(manifest.previous_manifest_sha256.len(), 0 | 32) {
        return Err(Fault::Inconsistent("the hash of the manifest before has not 32 bytes"));
    }
    Ok(())
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain) && !name.starts_with('.')
}

#[cfg(test)]
mod tests;
