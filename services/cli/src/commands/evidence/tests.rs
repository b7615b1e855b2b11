use super::*;
use ed25519_dalek::{Signer as _, SigningKey};
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
    let signed = [DOMAIN, &Sha256::digest(&bytes)].concat();
    fs::write(folder.join(MANIFEST_FILE), &bytes).unwrap();
    fs::write(folder.join(SIGNATURE_FILE), key().sign(&signed).to_bytes()).unwrap();
}

fn command(folder: &Path) -> EvidenceCommand {
    EvidenceCommand::Verify { folder: folder.to_owned(), public_key: None }
}

#[test]
fn an_untouched_bundle_is_whole_with_and_without_the_shop_s_key() {
    let dir = bundle();
    run(&command(dir.path()), Output::new(true)).unwrap();
    let public_key = Some(hex::encode(key().verifying_key().to_bytes()));
    run(&EvidenceCommand::Verify { folder: dir.path().to_owned(), public_key }, Output::new(false)).unwrap();
}

#[test]
fn one_flipped_bit_in_any_file_is_found_and_the_file_is_named() {
    let dir = bundle();
    for name in names(dir.path()).unwrap() {
        let path = dir.path().join(&name);
        let whole = fs::read(&path).unwrap();
        let steps = (whole.len() / 50).max(1);
        for at in (0..whole.len()).step_by(steps).chain([whole.len() - 1]) {
            let mut tampered = whole.clone();
            tampered[at] ^= 1;
            fs::write(&path, &tampered).unwrap();
            let failure =
                run(&command(dir.path()), Output::new(true)).expect_err(&format!("{name}, byte {at}"));
            assert_eq!(failure.exit_code(), 1);
            assert!(failure.message.contains(&name), "{name}, byte {at}: {}", failure.message);
        }
        fs::write(&path, &whole).unwrap();
    }
    run(&command(dir.path()), Output::new(true)).unwrap();
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
        let failure = run(&command(dir.path()), Output::new(true)).unwrap_err();
        assert!(failure.message.contains(name), "{}", failure.message);
        let _ = fs::remove_file(dir.path().with_extension("away"));
    }
}

#[test]
fn a_bundle_signed_by_another_key_is_not_the_shop_s() {
    let dir = bundle();
    let public_key = Some(hex::encode(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes()));
    let command = EvidenceCommand::Verify { folder: dir.path().to_owned(), public_key };
    let failure = run(&command, Output::new(true)).unwrap_err();
    assert!(failure.message.contains("manifest.sig"), "{}", failure.message);
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
    let failure = run(&command(dir.path()), Output::new(true)).unwrap_err();
    assert!(failure.message.contains(MANIFEST_FILE), "{}", failure.message);
}

#[test]
fn what_is_no_bundle_and_what_is_no_key_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let failure = run(&command(dir.path()), Output::new(true)).unwrap_err();
    assert!(failure.message.contains("sealed bundle"), "{}", failure.message);
    let command =
        EvidenceCommand::Verify { folder: bundle().path().to_owned(), public_key: Some("abc".into()) };
    assert_eq!(run(&command, Output::new(true)).unwrap_err().exit_code(), 64);
}
