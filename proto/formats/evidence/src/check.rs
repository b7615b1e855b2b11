//! What a manifest says must fit together, whoever signed it.

use std::collections::BTreeSet;

use super::{FILES_MAX, FileEntry, MANIFEST_FILE, Manifest, SIGNATURE_FILE};
use crate::Fault;

/// Crockford's digits, as a ULID has them.
const ULID_DIGITS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID_LEN: usize = 26;
/// A machine's clock may be set right while a sale is open. Nobody gains by an hour.
const CLOCK_SLACK_US: i64 = 3_600_000_000;
/// What a bundle holds unless it is PARTIAL for this very reason; a video may be missing for any of several.
const MANDATORY: [(&str, Option<&str>); 3] =
    [("goods.bin", Some("goods_missing")), ("photo-1.jpg", Some("photo_1_missing")), ("video", None)];

pub fn all(manifest: &Manifest) -> Result<(), Fault> {
    ids(manifest)?;
    files(manifest)?;
    mandatory(manifest)?;
    times(manifest)?;
    if manifest.partial == manifest.partial_reasons.is_empty() {
        return Err(Fault::Inconsistent("it is PARTIAL without a reason, or has reasons and is whole"));
    }
    if !matches!(manifest.previous_manifest_sha256.len(), 0 | 32) {
        return Err(Fault::Inconsistent("the hash of the manifest before has not 32 bytes"));
    }
    Ok(())
}

fn ids(manifest: &Manifest) -> Result<(), Fault> {
    let ids = [(&manifest.sale_id, "sale"), (&manifest.recording_id, "recording")];
    match ids.into_iter().find(|(id, _)| ulid_ms(id).is_none()) {
        Some((id, what)) => Err(Fault::NoId(id.clone(), what)),
        None => Ok(()),
    }
}

fn files(manifest: &Manifest) -> Result<(), Fault> {
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
    if !manifest.files.is_sorted_by_key(|entry| &entry.name) {
        return Err(Fault::Order);
    }
    Ok(())
}

fn mandatory(manifest: &Manifest) -> Result<(), Fault> {
    let listed = |what: &str| match what {
        "video" => manifest.files.iter().any(|entry| entry.name.starts_with("video")),
        name => manifest.files.iter().any(|entry| entry.name == name),
    };
    let excused = |reason: Option<&str>| match reason {
        Some(reason) => manifest.partial_reasons.iter().any(|said| said == reason),
        None => manifest.partial,
    };
    match MANDATORY.into_iter().find(|(what, reason)| !listed(what) && !excused(*reason)) {
        Some((what, _)) => Err(Fault::Mandatory(what)),
        None => Ok(()),
    }
}

fn times(manifest: &Manifest) -> Result<(), Fault> {
    let latest = manifest.sealed_unix_us.saturating_add(CLOCK_SLACK_US);
    let begun = ulid_ms(&manifest.sale_id).and_then(|ms| i64::try_from(ms).ok()).unwrap_or_default();
    if begun.saturating_mul(1000) > latest {
        return Err(Fault::Backdated("its sale began"));
    }
    let late = |entry: &&FileEntry| {
        entry.taken_unix_us > latest
            || entry.video.as_ref().is_some_and(|video| video.first_frame_unix_us > latest)
    };
    match manifest.files.iter().find(late) {
        Some(_) => Err(Fault::Backdated("a picture in it was taken")),
        None => Ok(()),
    }
}

/// Milliseconds since the Unix epoch; `None` = no ULID in its canonical form.
fn ulid_ms(text: &str) -> Option<u64> {
    if text.len() != ULID_LEN || text.as_bytes()[0] > b'7' {
        return None;
    }
    let digit = |byte: u8| ULID_DIGITS.iter().position(|known| *known == byte);
    let digits: Option<Vec<_>> = text.bytes().map(digit).collect();
    Some(digits?[..10].iter().fold(0, |ms, digit| ms << 5 | *digit as u64))
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain) && !name.starts_with('.')
}
