use super::*;
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn trusted() -> [u8; 32] {
    key().verifying_key().to_bytes()
}

fn entry(name: &str, sealed: bool) -> FileEntry {
    let sealed = sealed.then(|| SealedFile {
        name: format!("{name}.age"),
        size_bytes: 9,
        sha256: vec![2; 32],
        film: name != "goods.bin",
    });
    FileEntry { name: name.into(), size_bytes: 3, sha256: vec![1; 32], sealed, ..FileEntry::default() }
}

fn manifest(version: u32) -> Manifest {
    Manifest {
        version,
        sale_id: "01J9ZQ4M8W5T7V2X3Y6B0C1D2F".into(),
        recording_id: "01J9ZQ4M8W5T7V2X3Y6B0C1D2E".into(),
        sealed_unix_us: 1_795_000_000_000_000,
        files: ["goods.bin", "photo-1.jpg", "video.mp4"].map(|name| entry(name, version == 2)).into(),
        device_public_key: key().verifying_key().to_bytes().to_vec(),
        ..Manifest::default()
    }
}

fn signed(manifest: &Manifest) -> (Vec<u8>, Vec<u8>) {
    let bytes = manifest.encode_to_vec();
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let signature = key().sign(&signed_bytes(manifest.version, &digest)).to_bytes().to_vec();
    (bytes, signature)
}

fn fault(manifest: &Manifest) -> Option<Fault> {
    let (bytes, signature) = signed(manifest);
    verify(&bytes, &signature, &trusted()).err()
}

#[test]
fn both_versions_verify_with_the_trusted_key_only() {
    for version in [1, 2] {
        let (bytes, signature) = signed(&manifest(version));
        let verified = verify(&bytes, &signature, &trusted()).unwrap();
        let names = |files: Vec<Expected>| files.into_iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names(verified.plain()), ["goods.bin", "photo-1.jpg", "video.mp4"]);
        assert_eq!(names(verified.stored())[2], if version == 1 { "video.mp4" } else { "video.mp4.age" });
        assert_eq!(verify(&bytes, &signature, &[9; 32]), Err(Fault::OtherKey));
        assert_eq!(verified.is_of("01J9ZQ4M8W5T7V2X3Y6B0C1D2F"), Ok(()));
        assert_eq!(verified.is_of("01J9ZQ4M8W5T7V2X3Y6B0C1D2G").unwrap_err().reason(), "SALE_DIFFERS");
    }
}

#[test]
fn a_signature_of_one_version_does_not_hold_for_the_other() {
    let (bytes, _) = signed(&manifest(2));
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let as_v1 = key().sign(&signed_bytes(1, &digest)).to_bytes();
    assert_eq!(verify(&bytes, &as_v1, &trusted()), Err(Fault::Signature));
}

#[test]
fn any_flipped_bit_of_manifest_or_signature_is_found() {
    let (bytes, signature) = signed(&manifest(2));
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert!(verify(&bad, &signature, &trusted()).is_err(), "manifest byte {at}");
    }
    for at in 0..signature.len() {
        let mut bad = signature.clone();
        bad[at] ^= 1;
        assert!(verify(&bytes, &bad, &trusted()).is_err(), "signature byte {at}");
    }
}

#[test]
fn what_a_device_does_not_write_is_refused_though_it_is_signed() {
    type Change = fn(&mut Manifest);
    let changes: [(Change, Fault); 15] = [
        (|m| m.version = 3, Fault::Version(3)),
        (|m| m.files[0].name = "../secret".into(), Fault::Name("../secret".into())),
        (|m| m.files.swap(0, 1), Fault::Order),
        (|m| drop(m.files.remove(0)), Fault::Mandatory("goods.bin")),
        (|m| drop(m.files.remove(2)), Fault::Mandatory("video")),
        (|m| m.files.clear(), Fault::Mandatory("goods.bin")),
        (
            |m| m.sale_id = "8ZZZZZZZZZZZZZZZZZZZZZZZZZ".into(),
            Fault::NoId("8ZZZZZZZZZZZZZZZZZZZZZZZZZ".into(), "sale"),
        ),
        (|m| m.recording_id.clear(), Fault::NoId(String::new(), "recording")),
        (|m| m.sealed_unix_us = 1_700_000_000_000_000, Fault::Backdated("its sale began")),
        (|m| m.files[1].taken_unix_us = 1_796_000_000_000_000, Fault::Backdated("a picture in it was taken")),
        (|m| m.files[0].name = "video.mp4".into(), Fault::Name("video.mp4".into())),
        (|m| m.files[0].name = MANIFEST_FILE.into(), Fault::Name(MANIFEST_FILE.into())),
        (|m| m.files[1].sha256.truncate(31), Fault::Inconsistent("a hash has not 32 bytes")),
        (
            |m| m.files[2].sealed = None,
            Fault::Inconsistent("files are stored otherwise than its version says"),
        ),
        (
            |m| m.partial = true,
            Fault::Inconsistent("it is PARTIAL without a reason, or has reasons and is whole"),
        ),
    ];
    for (change, want) in changes {
        let mut manifest = manifest(2);
        change(&mut manifest);
        assert_eq!(fault(&manifest), Some(want));
    }
    assert_eq!(verify(&[], &[0; 64], &trusted()), Err(Fault::Empty));
    // A field that this version does not know (number 200, a varint).
    let mut bytes = manifest(2).encode_to_vec();
    bytes.extend([0xc0, 0x0c, 0x01]);
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let signature = key().sign(&signed_bytes(2, &digest)).to_bytes();
    assert_eq!(verify(&bytes, &signature, &trusted()), Err(Fault::NotCanonical));
}

proptest! {
    #[test]
    fn bytes_from_anywhere_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(verify(&bytes, &[0; 64], &trusted()).is_err());
    }

    #[test]
    fn a_signed_manifest_with_any_names_and_hashes_never_panics(
        name in ".{0,80}", sealed in ".{0,80}", hash in prop::collection::vec(any::<u8>(), 0..40), version in 0u32..4,
    ) {
        let mut manifest = manifest(2);
        manifest.version = version;
        manifest.files[0].name = name;
        manifest.files[0].sha256 = hash;
        manifest.files[1].sealed.as_mut().unwrap().name = sealed;
        let (bytes, signature) = signed(&manifest);
        let _ = verify(&bytes, &signature, &trusted()).map(|verified| (verified.stored(), verified.plain()));
    }
}
