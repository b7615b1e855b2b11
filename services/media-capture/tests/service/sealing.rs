//! What lies on the disk, and who can open it.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use age::x25519::Identity;
use chit_proto::media_capture::v1::*;
use chit_runtime::error::reason_of;

use crate::rig::{RECORDING, Rig, SALE};
use crate::{names, of_the_sale, two_fragments, verified};

const NEXT_SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D3A";

/// Files below a folder that hold a photo, a film or a key in clear.
fn in_clear(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(in_clear(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
        if holds(b"ftyp") || holds(b"JFIF") || holds(b"the goods") || holds(b"AGE-SECRET-KEY") {
            found.push(path.display().to_string());
        }
    }
    found
}

async fn a_whole_sale(rig: &mut Rig, id: &str) {
    rig.begin(id, id).await;
    rig.photo(id, PhotoKind::PayerAndGoods).await;
    rig.goods(id, b"the goods").await.unwrap();
    two_fragments(rig, id).await;
}

#[tokio::test]
async fn nothing_ever_lies_on_the_disk_in_clear_not_even_after_a_kill() {
    let (mut rig, _camera) = Rig::with_camera().await;
    let state = rig.shared.state_dir.join("media-capture");
    a_whole_sale(&mut rig, SALE).await;
    assert_eq!(in_clear(&state), [] as [String; 0], "while it is recorded");
    rig.kill();
    assert_eq!(in_clear(&state), [] as [String; 0], "after the kill");
    rig.kill_and_restart().await;
    rig.stop(SALE, 0).await;
    rig.until_sealed(SALE).await;
    assert_eq!(in_clear(&state), [] as [String; 0], "sealed");
    let folder = state.join("evidence").join(SALE);
    let mut left: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["goods.bin.age", "manifest.binpb", "manifest.sig", "photo-1.jpg.age", "video.mp4.age"]);
}

#[tokio::test]
async fn an_arbiter_opens_the_film_with_a_key_of_their_own_and_any_age() {
    let arbiter = Identity::generate();
    let keys = format!("arbiter = \"{}\"", arbiter.to_public());
    let (mut rig, _camera) = Rig::with_camera_and(&keys).await;
    a_whole_sale(&mut rig, SALE).await;
    rig.stop(SALE, 0).await;
    rig.until_sealed(SALE).await;
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(manifest.policy.unwrap().recipients[1], arbiter.to_public().to_string());
    let state = rig.shared.state_dir.join("media-capture");
    let open = |identity: &Identity, sealed: Vec<u8>| {
        let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
        let mut plain = Vec::new();
        let reader = decryptor.decrypt(std::iter::once(identity as &dyn age::Identity));
        reader.unwrap().read_to_end(&mut plain).unwrap();
        plain
    };
    let film_key = open(&arbiter, fs::read(state.join("film-keys").join(format!("{SALE}.age"))).unwrap());
    let film_key: Identity = String::from_utf8(film_key).unwrap().trim().parse().unwrap();
    let bundle = state.join("evidence").join(SALE);
    let video = open(&film_key, fs::read(bundle.join("video.mp4.age")).unwrap());
    assert_eq!(video, rig.file(SALE, "video.mp4", 0).await.unwrap());
    let goods = open(&arbiter, fs::read(bundle.join("goods.bin.age")).unwrap());
    assert_eq!(goods, b"the goods");
    assert!(state.join("film-keys/CACHEDIR.TAG").exists(), "backups leave the keys out");
}

#[tokio::test]
async fn any_range_of_the_film_is_read_without_reading_what_is_before_it() {
    let (mut rig, _camera) = Rig::with_camera().await;
    a_whole_sale(&mut rig, SALE).await;
    rig.stop(SALE, 0).await;
    rig.until_sealed(SALE).await;
    let whole = rig.file(SALE, "video.mp4", 0).await.unwrap();
    for offset in [1, whole.len() / 2, 65_536.min(whole.len()), whole.len() - 1, whole.len()] {
        assert_eq!(rig.file(SALE, "video.mp4", offset as u64).await.unwrap(), whole[offset..], "{offset}");
    }
}

#[tokio::test]
async fn a_clip_begins_after_the_release_of_the_sale_before_it_and_says_so() {
    let (mut rig, _camera) = Rig::with_camera().await;
    a_whole_sale(&mut rig, SALE).await;
    let released_ns = chit_media_capture::device::time::monotonic_ns();
    rig.stop(SALE, 500).await;
    a_whole_sale(&mut rig, NEXT_SALE).await;
    rig.stop(NEXT_SALE, 0).await;
    rig.until_sealed(NEXT_SALE).await;
    let (manifest, _) = verified(&mut rig, NEXT_SALE).await;
    let track = manifest.files.iter().find_map(|file| file.video.clone()).unwrap();
    assert!(track.first_frame_monotonic_ns >= released_ns);
    assert!(!manifest.partial && of_the_sale(&manifest).is_empty(), "the sale itself is whole");
    let [short] = &manifest.gaps[..] else { panic!("{:?}", manifest.gaps) };
    assert_eq!((&*short.reason, short.before_start), ("previous_sale", true));
}

#[tokio::test]
async fn a_receipt_number_told_later_stands_in_the_manifest_and_cannot_change() {
    let (mut rig, _camera) = Rig::with_camera().await;
    rig.begin(RECORDING, SALE).await;
    let note = |receipt_no: &str| NoteSaleRequest {
        sale_id: SALE.into(),
        shop_name: "惠民便利小店".into(),
        till: "01".into(),
        receipt_no: receipt_no.into(),
        ..NoteSaleRequest::default()
    };
    for _ in 0..2 {
        rig.evidence.note_sale(note("20261130-000001")).await.unwrap();
    }
    let refused = rig.evidence.note_sale(note("20261130-000002")).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("RECEIPT_NO_DIFFERS"));
    let refused = rig.evidence.note_sale(note(&"9".repeat(33))).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("INVALID_SALE_FACT"));
    rig.photo(RECORDING, PhotoKind::Paper).await;
    rig.goods(RECORDING, b"the goods").await.unwrap();
    two_fragments(&mut rig, RECORDING).await;
    rig.stop(RECORDING, 0).await;
    rig.until_sealed(RECORDING).await;
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(manifest.receipt_no, "20261130-000001");
    assert_eq!(names(&manifest), ["goods.bin", "photo-2.jpg", "video.mp4"]);
    assert_eq!((manifest.version, manifest.paper_code), (2, None), "no paper lies before this camera");
    assert_eq!((manifest.cameras.len(), &*manifest.cameras[0].name), (1, "till"));
}

/// By somebody who has the shop's key, so that it opens: a photo swapped, then the manifest signed anew to fit.
#[tokio::test]
async fn what_was_swapped_after_the_seal_is_never_shown() {
    let (mut rig, _camera) = Rig::with_camera().await;
    a_whole_sale(&mut rig, SALE).await;
    rig.stop(SALE, 0).await;
    rig.until_sealed(SALE).await;
    assert_eq!(rig.file(SALE, "goods.bin", 0).await.unwrap(), b"the goods");
    let folder = rig.shared.state_dir.join("media-capture/evidence").join(SALE);
    let goods = folder.join("goods.bin.age");
    let swap = |path: &Path, bytes: &[u8]| {
        fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let sealed = fs::read(&goods).unwrap();
    let recipients = verified(&mut rig, SALE).await.0.policy.unwrap().recipients;
    let shop: age::x25519::Recipient = recipients[0].parse().unwrap();
    swap(&goods, &age::encrypt(&shop, b"othergoods").unwrap());
    for offset in [0, 4] {
        let refused = rig.file(SALE, "goods.bin", offset).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some("EVIDENCE_TAMPERED"), "{refused}");
        assert!(refused.message().contains("goods.bin"), "{refused}");
    }
    swap(&goods, &sealed);
    assert!(rig.file(SALE, "goods.bin", 0).await.is_ok());
    let manifest = folder.join("manifest.binpb");
    let mut bytes = fs::read(&manifest).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    swap(&manifest, &bytes);
    let refused = rig.client.get_evidence(GetEvidenceRequest { sale_id: SALE.into() }).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("EVIDENCE_TAMPERED"), "{refused}");
    let refused = rig.file(SALE, "goods.bin", 0).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("EVIDENCE_TAMPERED"), "{refused}");
}
