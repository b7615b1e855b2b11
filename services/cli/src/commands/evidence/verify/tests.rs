//! Bundles tampered in many ways, each refused with a reason of its own.

mod fixture;
mod verdict;

use std::fs;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};

use super::*;
use crate::commands::ledger::ledger_of_tests;
use fixture::{
    Export, MANIFEST_HASH, OTHER_SALE, SALE, SEALED_US, entry, files, goods, sealed_fact, transfer,
};

fn args(path: &Path, key: &Path) -> VerifyArgs {
    VerifyArgs {
        path: path.to_owned(),
        key: Some(key.to_str().unwrap().to_owned()),
        sale: Some(SALE.to_owned()),
        receipt: None,
        export: None,
        issuer_key: None,
        without_film: false,
        without_ledger: false,
    }
}

/// Reasons of what is wrong with an export, after files were changed in it.
fn reasons(export: &Export, change_files: impl FnOnce(&Path)) -> Vec<&'static str> {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("export");
    fs::create_dir(&folder).unwrap();
    export.write(&folder);
    change_files(&folder);
    let keys = dir.path().join("keys.json");
    Export::good().keys(&keys);
    let args = args(&folder, &keys);
    let verdict = verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap();
    let exit = offline(&args, Output::new(true)).unwrap().map_err(|failure| failure.exit_code());
    assert_eq!(exit, if verdict.faults.is_empty() { Ok(()) } else { Err(1) });
    verdict.faults.into_iter().map(|fault| fault.reason).collect()
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(folder.join(name), bytes).unwrap();
}

fn flip(folder: &Path, name: &str, at: usize) {
    let mut bytes = fs::read(folder.join(name)).unwrap();
    bytes[at] ^= 1;
    write(folder, name, bytes);
}

fn edit(folder: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(folder.join("ledger-proof.json")).unwrap();
    assert!(text.contains(from));
    write(folder, "ledger-proof.json", text.replacen(from, to, 1));
}

fn swap_proof_record(folder: &Path, name: &str, with: &str) {
    let text = fs::read_to_string(folder.join("ledger-proof.json")).unwrap();
    let mut proof: serde_json::Value = serde_json::from_str(&text).unwrap();
    proof[name] = proof[with].clone();
    write(folder, "ledger-proof.json", proof.to_string());
}

#[test]
fn an_untouched_export_holds() {
    assert_eq!(reasons(&Export::good(), |_| {}), Vec::<&str>::new());
}

/// Somebody outside the shop: has the export, and no key.
#[test]
fn what_a_stranger_changes_is_named() {
    type Tamper = fn(&Path);
    let tampers: [(&str, Tamper, &str); 21] = [
        ("a bit of the photo", |f| flip(f, "photo-1.jpg", 500), "FILE_CHANGED"),
        ("a swapped video of the same length", |f| write(f, "video.mp4", [6; 200_000]), "FILE_CHANGED"),
        ("a video cut short", |f| write(f, "video.mp4", [5; 199_999]), "FILE_SHORT"),
        ("a video with more at its end", |f| write(f, "video.mp4", [5; 200_001]), "FILE_LONG"),
        ("goods taken out", |f| fs::remove_file(f.join("goods.bin")).unwrap(), "FILE_MISSING"),
        ("a photo put in", |f| write(f, "photo-9.jpg", [1]), "FILE_NOT_PART"),
        ("a name that steers terminals", |f| write(f, "a\u{1b}[2J.jpg", [1]), "FILE_NOT_PART"),
        (
            "a link to another file",
            |f| {
                fs::rename(f.join("photo-1.jpg"), f.with_extension("away")).unwrap();
                std::os::unix::fs::symlink(f.with_extension("away"), f.join("photo-1.jpg")).unwrap();
            },
            "FILE_UNREADABLE",
        ),
        ("no manifest", |f| fs::remove_file(f.join(MANIFEST_FILE)).unwrap(), "MANIFEST_MISSING"),
        ("an empty manifest", |f| write(f, MANIFEST_FILE, []), "MANIFEST_EMPTY"),
        ("a torn manifest", |f| write(f, MANIFEST_FILE, [0x0a, 0xff]), "MANIFEST_DAMAGED"),
        (
            "a field put behind the manifest",
            |f| {
                let bytes = fs::read(f.join(MANIFEST_FILE)).unwrap();
                write(f, MANIFEST_FILE, [&bytes[..], &[0xc0, 0x0c, 0x01]].concat());
            },
            "MANIFEST_REWRITTEN",
        ),
        ("no signature", |f| fs::remove_file(f.join(SIGNATURE_FILE)).unwrap(), "SIGNATURE_MISSING"),
        ("a bit of the signature", |f| flip(f, SIGNATURE_FILE, 40), "SIGNATURE_WRONG"),
        ("a short signature", |f| write(f, SIGNATURE_FILE, [1; 63]), "SIGNATURE_MALFORMED"),
        ("no proof", |f| fs::remove_file(f.join(PROOF_FILE)).unwrap(), "PROOF_MISSING"),
        ("a proof that is none", |f| write(f, PROOF_FILE, "{}"), "PROOF_MALFORMED"),
        ("a proof of another format", |f| edit(f, "proof/1", "proof/2"), "PROOF_MALFORMED"),
        ("another number of a record", |f| edit(f, "\"seq\":4", "\"seq\":5"), "RECORD_NOT_IN_LEDGER"),
        ("the seal taken out of the proof", |f| swap_proof_record(f, "sealed", "sale"), "NOT_WITNESSED"),
        (
            "the booking taken out of the proof",
            |f| swap_proof_record(f, "sale", "previous"),
            "SALE_NOT_BOOKED",
        ),
    ];
    for (name, tamper, reason) in tampers {
        assert_eq!(reasons(&Export::good(), tamper), [reason], "{name}");
    }
}

/// The shop itself: it has every key but cannot change what it gave away, and what the ledger witnessed.
#[test]
fn what_the_shop_changes_is_named_though_it_signs_everything_anew() {
    type Tamper = fn(&mut Export);
    let tampers: [(&str, Tamper, &str); 22] = [
        ("another photo, signed anew", |e| e.manifest.camera_id = "other".into(), "NOT_AS_WITNESSED"),
        ("sealed a week earlier", |e| e.manifest.sealed_unix_us -= 7 * 86_400_000_000, "BACKDATED"),
        ("an earlier hour", |e| e.manifest.sealed_unix_us -= 60_000_000, "NOT_AS_WITNESSED"),
        ("a link to no bundle", |e| e.manifest.previous_manifest_sha256 = vec![1; 32], "NOT_AS_WITNESSED"),
        ("the first of a chain", |e| e.manifest.previous_manifest_sha256.clear(), "NOT_AS_WITNESSED"),
        ("a manifest without files", |e| e.manifest.files.clear(), "FILE_NOT_LISTED"),
        ("a manifest without a video", |e| drop(e.manifest.files.pop()), "FILE_NOT_LISTED"),
        ("another sale's bundle", |e| e.manifest.sale_id = OTHER_SALE.into(), "SALE_DIFFERS"),
        ("a sale that is none", |e| e.manifest.sale_id = "SALE".into(), "ID_MALFORMED"),
        ("a later version", |e| e.manifest.version = 3, "VERSION_UNKNOWN"),
        ("sealed files in version 1", |e| e.manifest.version = 2, "MANIFEST_INCONSISTENT"),
        ("PARTIAL without a reason", |e| e.manifest.partial = true, "MANIFEST_INCONSISTENT"),
        ("a short hash", |e| e.manifest.files[1].sha256.truncate(31), "MANIFEST_INCONSISTENT"),
        ("a path", |e| e.manifest.files[0].name = "../goods.bin".into(), "NAME_UNSAFE"),
        ("a file twice", |e| e.manifest.files[1].name = "goods.bin".into(), "NAME_UNSAFE"),
        ("files in another order", |e| e.manifest.files.swap(0, 2), "FILES_UNSORTED"),
        ("a photo from the future", |e| e.manifest.files[1].taken_unix_us = SEALED_US * 2, "BACKDATED"),
        ("no key", |e| e.manifest.device_public_key.clear(), "KEY_FOREIGN"),
        ("a key of its own", |e| e.signs = SigningKey::from_bytes(&[8; 32]), "SIGNATURE_WRONG"),
        (
            "a key of its own, and named",
            |e| {
                e.signs = SigningKey::from_bytes(&[8; 32]);
                e.manifest.device_public_key = e.signs.verifying_key().to_bytes().to_vec();
            },
            "KEY_FOREIGN",
        ),
        ("a ledger of its own", |e| e.ledger = ledger_of_tests::Signer::new(4), "CHECKPOINT_FOREIGN"),
        ("another length", |e| e.manifest.files[2].size_bytes -= 1, "NOT_AS_WITNESSED"),
    ];
    for (name, tamper, reason) in tampers {
        let mut export = Export::good();
        export.seal();
        tamper(&mut export);
        let found = reasons(&export, |_| {});
        assert!(found.contains(&reason), "{name}: {found:?}");
    }
}

/// A shop that cheats from the beginning, and has the ledger witness it.
#[test]
fn what_does_not_fit_together_is_named_though_the_ledger_witnesses_it() {
    type Tamper = fn(&mut Export);
    let tampers: [(&str, Tamper, &str); 6] = [
        ("a bundle taken out", |e| e.manifest.previous_manifest_sha256 = vec![1; 32], "CHAIN_BROKEN"),
        ("its own predecessor", |e| e.changes[1] = sealed_fact(SALE, fixture::PREVIOUS), "CHAIN_BROKEN"),
        ("booked for another sum", |e| e.changes[2] = transfer(SALE, 9999), "AMOUNT_DIFFERS"),
        (
            "booked after the seal",
            |e| {
                e.changes.swap(2, 3);
                e.places = [4, 3, 2];
            },
            "OUT_OF_SEQUENCE",
        ),
        ("booked a day later", |e| e.times_us[2] += 86_400_000_000, "BACKDATED"),
        (
            "sealed a day after it was witnessed",
            |e| e.times_us[3] -= 86_400_000_000,
            "WITNESSED_BEFORE_SEALED",
        ),
    ];
    for (name, tamper, reason) in tampers {
        let mut export = Export::good();
        tamper(&mut export);
        assert!(reasons(&export, |_| {}).contains(&reason), "{name}: {:?}", reasons(&export, |_| {}));
    }
    let mut export = Export::good();
    let other = goods(OTHER_SALE, 1250);
    export.manifest.files[0] = entry("goods.bin", &other);
    assert_eq!(reasons(&export, |folder| write(folder, "goods.bin", &other)), ["GOODS_DIFFER"]);
}

#[test]
fn the_whole_ledger_shows_a_second_manifest_of_the_sale() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, keys) = (dir.path().join(SALE), dir.path().join("keys.json"));
    fs::create_dir(&folder).unwrap();
    let mut export = Export::good();
    export.keys(&keys);
    let verdict = |export: &Export| {
        export.write(&folder);
        let journal = dir.path().join("journal");
        fs::write(&journal, ledger_of_tests::export(&export.ledger, &export.records())).unwrap();
        let args = VerifyArgs { export: Some(journal), sale: None, ..args(&folder, &keys) };
        let verdict = verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap();
        verdict.faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>()
    };
    assert_eq!(verdict(&export), Vec::<&str>::new());
    export.changes[4] = sealed_fact(SALE, [9; 32]);
    assert_eq!(verdict(&export), ["WITNESSED_TWICE"]);
    export.changes[4] = sealed_fact(OTHER_SALE, MANIFEST_HASH);
    export.changes[3] = sealed_fact(OTHER_SALE, [9; 32]);
    assert_eq!(verdict(&export), ["NOT_WITNESSED"]);
}

#[test]
fn the_payer_s_receipt_is_for_these_goods_and_this_photo() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, keys) = (dir.path().join("export"), dir.path().join("keys.json"));
    fs::create_dir(&folder).unwrap();
    let export = Export::good();
    export.write(&folder);
    export.keys(&keys);
    let [(_, goods), (_, photo), _] = files();
    let (goods, photo) = (Sha256::digest(goods), Sha256::digest(photo));
    let reasons = |first: &[u8], second: &[u8]| {
        let mut body = SALE.parse::<ulid::Ulid>().unwrap().to_bytes().to_vec();
        body.extend(1250_i64.to_be_bytes());
        body.extend(156_u16.to_be_bytes());
        body.extend([0; 16]);
        body.extend([9; 32]);
        body.extend(Sha256::digest([first, second].concat()));
        let signature = export.device.sign(&[b"chit/receipt/v3\0", &body[..]].concat());
        body.extend(signature.to_bytes());
        let receipt = Some(format!("CHIT1:{}", base45::encode(&body)));
        let args = VerifyArgs { receipt, sale: None, ..args(&folder, &keys) };
        let verdict = verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap();
        verdict.faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>()
    };
    assert_eq!(reasons(&goods, &photo), Vec::<&str>::new());
    assert_eq!(reasons(&goods, &[0; 32]), Vec::<&str>::new(), "the photo came after the paper");
    assert_eq!(reasons(&goods, &[1; 32]), ["RECEIPT_DIFFERS"], "another photo");
    assert_eq!(reasons(&photo, &goods), ["RECEIPT_DIFFERS"]);
}

#[test]
fn a_zip_is_verified_as_it_is_and_unpacked() {
    use std::io::Write as _;
    let dir = tempfile::tempdir().unwrap();
    let (folder, keys, file) =
        (dir.path().join("export"), dir.path().join("keys.json"), dir.path().join("export.zip"));
    fs::create_dir(&folder).unwrap();
    Export::good().write(&folder);
    Export::good().keys(&keys);
    let pack = |skip: &str| {
        let mut zip = zip::ZipWriter::new(File::create(&file).unwrap());
        let stored =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if name != skip {
                zip.start_file(&name, stored).unwrap();
                zip.write_all(&fs::read(entry.path()).unwrap()).unwrap();
            }
        }
        zip.finish().unwrap();
        let args = args(&file, &keys);
        let verdict = verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap();
        verdict.faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>()
    };
    assert_eq!(pack(""), Vec::<&str>::new());
    assert_eq!(pack("video.mp4"), ["FILE_MISSING"]);
    flip(&folder, "goods.bin", 3);
    assert_eq!(pack(""), ["FILE_CHANGED"]);
}

#[test]
fn film_that_is_gone_is_accepted_only_when_somebody_says_so_and_goods_never() {
    let sealed = |export: &mut Export| {
        export.manifest.version = 2;
        for (entry, (name, bytes)) in export.manifest.files.iter_mut().zip(files()) {
            entry.sealed = Some(chit_evidence::SealedFile {
                name: format!("{name}.age"),
                size_bytes: bytes.len() as u64,
                sha256: Sha256::digest(&bytes).to_vec(),
                film: name != "goods.bin",
            });
        }
    };
    let mut export = Export::good();
    sealed(&mut export);
    let away = |names: &[&str], without_film: bool| {
        let dir = tempfile::tempdir().unwrap();
        let (folder, keys) = (dir.path().join(SALE), dir.path().join("keys.json"));
        fs::create_dir(&folder).unwrap();
        export.write(&folder);
        export.keys(&keys);
        names.iter().for_each(|name| fs::remove_file(folder.join(name)).unwrap());
        write(&folder, "redacted-video.mp4", "a copy");
        let args = VerifyArgs { without_film, ..args(&folder, &keys) };
        verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap().faults.len()
    };
    assert_eq!(away(&["video.mp4", "photo-1.jpg"], true), 0);
    assert_eq!(away(&["video.mp4", "photo-1.jpg"], false), 2);
    assert_eq!(away(&["goods.bin"], true), 1);
}

#[test]
fn keys_that_are_none_a_sale_that_nobody_names_and_a_ledger_that_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys.json");
    Export::good().keys(&keys);
    Export::good().write(dir.path());
    let unnamed = VerifyArgs { sale: None, ..args(dir.path(), &keys) };
    let refused = offline(&unnamed, Output::new(true)).unwrap().unwrap_err();
    assert!((refused.exit_code(), refused.message.contains("--sale")) == (64, true), "{}", refused.message);
    let evidence_key = hex::encode(Export::good().device.verifying_key().to_bytes());
    let alone = VerifyArgs { key: Some(evidence_key), ..args(dir.path(), &keys) };
    let refused = offline(&alone, Output::new(true)).unwrap().unwrap_err();
    assert!(refused.message.contains("chit --json keys"), "{}", refused.message);
    let unasked = VerifyArgs { without_ledger: true, ..alone };
    offline(&unasked, Output::new(true)).unwrap().unwrap_err();
    fs::remove_file(&keys).unwrap();
    offline(&unasked, Output::new(true)).unwrap().unwrap();
    let verdict = verify(&unasked, &Keys::given(unasked.key.as_ref().unwrap()).unwrap()).unwrap();
    assert!(tell::text_of(&verdict).contains("NOT PROVEN"));
    assert!(offline(&VerifyArgs { key: None, ..unasked }, Output::new(true)).is_none(), "the keys folder");
    assert_eq!(Keys::given("abc").err().unwrap().exit_code(), 64);
}

#[test]
fn the_verdict_shows_no_control_character_and_no_line_of_its_own() {
    let fault = Fault::new("a\u{1b}[2J\nok   b", "FILE_NOT_PART", "is not\npart");
    let text = tell::text_of(&Verdict::only(fault));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains('\u{1b}'));
}
