//! The manifest of a sealed evidence bundle, as a third party verifies it: from bytes, a signature and a key that they
//! have from somewhere else. Pure: whoever calls reads the files and hashes them.

mod manifest {
    #![allow(missing_docs, clippy::all)]
    include!(concat!(env!("OUT_DIR"), "/chit.media_capture.v1.rs"));
}

mod check;
mod fault;

use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

pub use fault::Fault;
pub use manifest::{FileEntry, Gap, Manifest, SealedFile, SoundTrack, VideoTrack};

pub const MANIFEST_FILE: &str = "manifest.binpb";
pub const SIGNATURE_FILE: &str = "manifest.sig";
/// Versions that this crate knows.
pub const VERSIONS: std::ops::RangeInclusive<u32> = 1..=2;
/// A manifest lists a handful of files; a larger one is none.
pub const MANIFEST_LEN_MAX: usize = 1 << 20;
pub const FILES_MAX: usize = 64;

/// A manifest whose signature holds and whose statements fit each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub manifest: Manifest,
    /// What the ledger witnesses.
    pub sha256: [u8; 32],
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

/// `trusted` comes from outside the bundle: whoever changed one could have signed it anew with a key of their own.
pub fn verify(bytes: &[u8], signature: &[u8], trusted: &[u8; 32]) -> Result<Verified, Fault> {
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
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
    if manifest.device_public_key != trusted {
        return Err(Fault::OtherKey);
    }
    let key = VerifyingKey::from_bytes(trusted).map_err(|_| Fault::NoKey)?;
    let signature = Signature::from_slice(signature).map_err(|_| Fault::NoSignature)?;
    let signed = signed_bytes(manifest.version, &sha256);
    key.verify_strict(&signed, &signature).map_err(|_| Fault::Signature)?;
    check::all(&manifest)?;
    Ok(Verified { manifest, sha256 })
}

impl Verified {
    /// A bundle that proves one sale proves nothing of another.
    pub fn is_of(&self, sale_id: &str) -> Result<(), Fault> {
        let found = &self.manifest.sale_id;
        if found == sale_id {
            return Ok(());
        }
        Err(Fault::OtherSale { found: found.clone(), wanted: sale_id.to_owned() })
    }

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

#[cfg(test)]
mod tests;
