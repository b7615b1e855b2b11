//! The manifest of a bundle: chit/media_capture/v1/manifest.proto is the reference of this stored format.

use chit_proto::media_capture::v1::{self as proto, FileEntry, Manifest, Policy};
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::domain::clip::Gap;
use crate::domain::recording::{FilmedBy, Recording};

pub const VERSION: u32 = 2;
pub const MANIFEST_FILE: &str = "manifest.binpb";
pub const SIGNATURE_FILE: &str = "manifest.sig";
/// Separates these signatures from every other use of the device's key.
const DOMAIN: &[u8] = b"chit/evidence-manifest/v2\0";

/// What the recording itself does not know.
pub struct Circumstances<'a> {
    pub files: Vec<FileEntry>,
    pub software: &'a str,
    pub clock_source: &'a str,
    pub sealed_us: i64,
    /// Empty for the first bundle of this device.
    pub previous: Option<[u8; 32]>,
    pub policy: Policy,
}

pub struct Signed {
    pub bytes: Vec<u8>,
    pub sha256: [u8; 32],
    pub signature: [u8; 64],
}

/// prost writes fields by number and omits defaults; without maps that is one encoding per manifest.
pub fn seal(recording: &Recording, around: Circumstances<'_>, key: &SigningKey) -> Signed {
    let mut files = around.files;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = Manifest {
        version: VERSION,
        sale_id: recording.sale_id.to_string(),
        recording_id: recording.id.to_string(),
        files,
        partial: !recording.missing.is_empty(),
        partial_reasons: recording.missing.iter().cloned().collect(),
        gaps: recording.gaps.iter().map(gap).collect(),
        camera_id: recording.camera_id.clone(),
        software: around.software.to_owned(),
        clock_source: around.clock_source.to_owned(),
        sealed_unix_us: around.sealed_us,
        previous_manifest_sha256: around.previous.map(Vec::from).unwrap_or_default(),
        device_public_key: key.verifying_key().to_bytes().to_vec(),
        receipt_no: recording.receipt_no.clone(),
        cameras: recording.cameras.iter().map(camera).collect(),
        policy: Some(around.policy),
        sound_gaps: recording.sound.iter().flat_map(|sound| sound.gaps.iter().map(gap)).collect(),
        paper_code: recording.paper_code.as_ref().map(|code| proto::PaperCode {
            text_sha256: code.text_sha256.to_vec(),
            names_this_sale: code.names_this_sale,
        }),
    };
    let bytes = manifest.encode_to_vec();
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let signature = key.sign(&[DOMAIN, &sha256].concat()).to_bytes();
    Signed { bytes, sha256, signature }
}

fn gap(gap: &Gap) -> proto::Gap {
    proto::Gap {
        reason: gap.reason.word().to_owned(),
        from_monotonic_ns: gap.from_ns,
        to_monotonic_ns: gap.to_ns,
        before_start: gap.before_start,
    }
}

fn camera(by: &FilmedBy) -> proto::Camera {
    let masks = by.masks.iter().map(|mask| proto::Mask {
        left: mask.left.into(),
        top: mask.top.into(),
        width: mask.width.into(),
        height: mask.height.into(),
    });
    proto::Camera { name: by.name.clone(), device_id: by.device_id.clone(), masks: masks.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clip::GapReason;
    use crate::domain::ids::{RecordingId, SaleId};
    use ed25519_dalek::{Signature, Verifier};

    fn sealed() -> Signed {
        let id = RecordingId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2E").unwrap();
        let sale = SaleId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2F").unwrap();
        let mut recording = Recording::new(id, sale, None, 5);
        recording.set_gaps(
            &[],
            &[Gap { from_ns: 1, to_ns: 2, reason: GapReason::CameraLost, before_start: false }],
        );
        let file = |name: &str| FileEntry { name: name.into(), sha256: vec![7; 32], ..FileEntry::default() };
        let around = Circumstances {
            files: vec![file("video.mp4"), file("goods.bin")],
            software: "chit-media-capture 0.1.0",
            clock_source: "system",
            sealed_us: 1_764_000_000_000_000,
            previous: Some([9; 32]),
            policy: Policy { retention: "cn".into(), sound: false, recipients: vec!["age1x".into()] },
        };
        seal(&recording, around, &SigningKey::from_bytes(&[1; 32]))
    }

    fn verifies(bytes: &[u8], signature: &[u8; 64]) -> bool {
        let digest = Sha256::digest(bytes);
        let public = SigningKey::from_bytes(&[1; 32]).verifying_key();
        public.verify(&[DOMAIN, &digest].concat(), &Signature::from_bytes(signature)).is_ok()
    }

    #[test]
    fn the_same_bundle_always_gives_the_same_bytes_with_its_files_in_order() {
        let (first, again) = (sealed(), sealed());
        assert_eq!(first.bytes, again.bytes);
        assert_eq!(first.signature, again.signature);
        let manifest = Manifest::decode(&first.bytes[..]).unwrap();
        assert_eq!(manifest.encode_to_vec(), first.bytes);
        assert_eq!((manifest.version, &*manifest.files[0].name), (2, "goods.bin"));
        assert_eq!((manifest.partial, manifest.partial_reasons), (true, vec!["camera_lost".to_owned()]));
    }

    #[test]
    fn a_change_of_any_byte_breaks_the_signature() {
        let good = sealed();
        assert!(verifies(&good.bytes, &good.signature));
        for at in 0..good.bytes.len() {
            let mut bad = good.bytes.clone();
            bad[at] ^= 1;
            assert!(!verifies(&bad, &good.signature), "manifest byte {at}");
        }
        for at in 0..64 {
            let mut bad = good.signature;
            bad[at] ^= 1;
            assert!(!verifies(&good.bytes, &bad), "signature byte {at}");
        }
    }
}
