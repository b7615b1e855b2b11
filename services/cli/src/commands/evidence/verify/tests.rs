use super::*;
use chit_proto::media_capture::v1::{FileEntry, Manifest, SealedFile};
use ed25519_dalek::{Signer as _, SigningKey};
use prost::Message as _;
use std::fs;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn entry(name: &str, bytes: &[u8]) -> FileEntry {
    FileEntry {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::digest(bytes).to_vec(),
        ..FileEntry::default()
    }
}

/// A bundle made from the specification, not by media-capture's code.
fn bundle() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files =
        [("goods.bin", vec![1, 2, 3]), ("photo-1.jpg", vec![9; 1000]), ("video.mp4", vec![5; 200_000])];
    for (name, bytes) in &files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let manifest = Manifest {
        version: 1,
        sale_id: "01JDSALE000000000000000000".to_owned(),
        files: files.iter().map(|(name, bytes)| entry(name, bytes)).collect(),
        device_public_key: key().verifying_key().to_bytes().to_vec(),
        ..Manifest::default()
    };
    seal(dir.path(), &manifest);
    dir
}

fn seal(folder: &Path, manifest: &Manifest) {
    let bytes = manifest.encode_to_vec();
    let domain = format!("chit/evidence-manifest/v{}\0", manifest.version);
    let signed = [domain.as_bytes(), &Sha256::digest(&bytes)].concat();
    fs::write(folder.join(MANIFEST_FILE), &bytes).unwrap();
    fs::write(folder.join(SIGNATURE_FILE), key().sign(&signed).to_bytes()).unwrap();
}

/// The same bundle in version 2: sealed files, of which the goods are no film.
fn sealed_bundle() -> tempfile::TempDir {
    let dir = bundle();
    let mut files = Vec::new();
    for name in ["goods.bin", "photo-1.jpg", "video.mp4"] {
        let plain = fs::read(dir.path().join(name)).unwrap();
        fs::remove_file(dir.path().join(name)).unwrap();
        let (stored, sealed) = (format!("{name}.age"), [&plain[..], b"sealed"].concat());
        fs::write(dir.path().join(&stored), &sealed).unwrap();
        let (size_bytes, sha256) = (sealed.len() as u64, Sha256::digest(&sealed).to_vec());
        let sealed = SealedFile { name: stored, size_bytes, sha256, film: name != "goods.bin" };
        files.push(FileEntry { sealed: Some(sealed), ..entry(name, &plain) });
    }
    let device_public_key = key().verifying_key().to_bytes().to_vec();
    seal(dir.path(), &Manifest { version: 2, files, device_public_key, ..Manifest::default() });
    dir
}

fn check(folder: &Path) -> Result<(), Failure> {
    run(folder, None, false, Output::new(true))
}

#[test]
fn an_untouched_bundle_is_whole_with_and_without_the_shop_s_key() {
    let dir = bundle();
    check(dir.path()).unwrap();
    let public_key = hex::encode(key().verifying_key().to_bytes());
    run(dir.path(), Some(&public_key), false, Output::new(false)).unwrap();
}

#[test]
fn a_sealed_bundle_verifies_without_any_key_and_so_does_its_export() {
    let dir = sealed_bundle();
    check(dir.path()).unwrap();
    let export = bundle();
    for name in [MANIFEST_FILE, SIGNATURE_FILE] {
        fs::copy(dir.path().join(name), export.path().join(name)).unwrap();
    }
    fs::write(export.path().join("README.txt"), "an export").unwrap();
    check(export.path()).unwrap();
}

#[test]
fn film_that_is_gone_is_accepted_only_when_somebody_says_so_and_goods_never() {
    let dir = sealed_bundle();
    fs::remove_file(dir.path().join("video.mp4.age")).unwrap();
    fs::remove_file(dir.path().join("photo-1.jpg.age")).unwrap();
    fs::write(dir.path().join("redacted-video.mp4"), "a copy").unwrap();
    let failure = check(dir.path()).unwrap_err();
    assert!(failure.message.contains("video.mp4.age"), "{}", failure.message);
    run(dir.path(), None, true, Output::new(false)).unwrap();
    fs::remove_file(dir.path().join("goods.bin.age")).unwrap();
    let failure = run(dir.path(), None, true, Output::new(false)).unwrap_err();
    assert!(failure.message.contains("goods.bin.age"), "{}", failure.message);
}

#[test]
fn one_flipped_bit_in_any_file_is_found_and_the_file_is_named() {
    let dir = bundle();
    for name in super::names(dir.path()).unwrap() {
        let path = dir.path().join(&name);
        let whole = fs::read(&path).unwrap();
        let steps = (whole.len() / 50).max(1);
        for at in (0..whole.len()).step_by(steps).chain([whole.len() - 1]) {
            let mut tampered = whole.clone();
            tampered[at] ^= 1;
            fs::write(&path, &tampered).unwrap();
            let failure = check(dir.path()).expect_err(&format!("{name}, byte {at}"));
            assert_eq!(failure.exit_code(), 1);
            assert!(failure.message.contains(&name), "{name}, byte {at}: {}", failure.message);
        }
        fs::write(&path, &whole).unwrap();
    }
    check(dir.path()).unwrap();
}

#[test]
fn missing_shortened_linked_and_added_files_are_named() {
    type Tamper = fn(&Path);
    let tampers: [(&str, Tamper); 4] = [
        ("goods.bin", |folder| fs::remove_file(folder.join("goods.bin")).unwrap()),
        ("video.mp4", |folder| fs::write(folder.join("video.mp4"), [5; 199_999]).unwrap()),
        ("photo-1.jpg", |folder| {
            fs::rename(folder.join("photo-1.jpg"), folder.with_extension("away")).unwrap();
            std::os::unix::fs::symlink(folder.with_extension("away"), folder.join("photo-1.jpg")).unwrap();
        }),
        ("photo-9.jpg", |folder| fs::write(folder.join("photo-9.jpg"), [1]).unwrap()),
    ];
    for (name, tamper) in tampers {
        let dir = bundle();
        tamper(dir.path());
        let failure = check(dir.path()).unwrap_err();
        assert!(failure.message.contains(name), "{}", failure.message);
        let _ = fs::remove_file(dir.path().with_extension("away"));
    }
}

#[test]
fn a_bundle_signed_by_another_key_is_not_the_shop_s() {
    let dir = bundle();
    let public_key = hex::encode(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());
    let failure = run(dir.path(), Some(&public_key), false, Output::new(true)).unwrap_err();
    assert!(failure.message.contains("another key"), "{}", failure.message);
}

#[test]
fn a_manifest_cannot_point_outside_its_folder() {
    let dir = bundle();
    let manifest = Manifest {
        version: 1,
        files: vec![entry("../secret", b"x")],
        device_public_key: key().verifying_key().to_bytes().to_vec(),
        ..Manifest::default()
    };
    seal(dir.path(), &manifest);
    let failure = check(dir.path()).unwrap_err();
    assert!(failure.message.contains(MANIFEST_FILE), "{}", failure.message);
}

#[test]
fn what_is_no_bundle_and_what_is_no_key_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let failure = check(dir.path()).unwrap_err();
    assert!(failure.message.contains("sealed bundle"), "{}", failure.message);
    let refused = run(bundle().path(), Some("abc"), false, Output::new(true)).unwrap_err();
    assert_eq!(refused.exit_code(), 64);
}
