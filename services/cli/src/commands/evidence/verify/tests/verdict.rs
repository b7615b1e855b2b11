//! A shop that forges the issuer's verdict, in each way that it might try.

use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::{Fact, FactKind};
use chit_verdict::{Claim, Outcome, SaleClaim, Verdict};
use prost::Message as _;

use super::*;

fn issuer() -> SigningKey {
    SigningKey::from_bytes(&[21; 32])
}

/// The shop's own till key: it signs well, but it is not the issuer's.
fn shop() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn claimed(export: &Export) -> SaleClaim {
    SaleClaim {
        sale_id: SALE.parse::<ulid::Ulid>().unwrap().to_bytes(),
        amount_minor: 1250,
        manifest_sha256: Sha256::digest(export.manifest.encode_to_vec()).into(),
    }
}

fn verdict_on(sale: SaleClaim) -> Verdict {
    let claim = Claim {
        shop: "corner".into(),
        challenge_id: [3; 16],
        card_id: [4; 8],
        row: 23,
        at_counter: false,
        currency: *b"CNY",
        sales: vec![sale],
    };
    Verdict { outcome: Outcome::Right, request_id: [5; 16], judged_unix_ms: SEALED_US / 1000, claim }
}

/// An export whose ledger witnesses this signed verdict; what is wrong with it under the issuer's key.
fn judged(export: Export, signed: &[u8], change_files: impl FnOnce(&Path)) -> Vec<&'static str> {
    let mut export = export;
    export.changes.push(Change::Fact(Fact {
        kind: FactKind::ChallengeVerdict.into(),
        subject_id: SALE.to_owned(),
        sha256: Sha256::digest(signed).to_vec(),
        ..Fact::default()
    }));
    export.times_us.push(SEALED_US + 3);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("export");
    fs::create_dir(&folder).unwrap();
    export.write(&folder);
    write(&folder, VERDICT_FILE, export.verdict_file(signed, export.changes.len()).to_string());
    change_files(&folder);
    let keys = dir.path().join("keys.json");
    export.keys(&keys);
    let issuer_key = Some(hex::encode(issuer().verifying_key().as_bytes()));
    let args = VerifyArgs { issuer_key, ..args(&folder, &keys) };
    let found = verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap();
    assert_eq!(found.judged.is_some(), found.faults.is_empty());
    found.faults.into_iter().map(|fault| fault.reason).collect()
}

#[test]
fn a_verdict_of_the_issuer_holds() {
    let signed = verdict_on(claimed(&Export::good())).sign(&issuer());
    assert_eq!(judged(Export::good(), &signed, |_| {}), Vec::<&str>::new());
}

#[test]
fn a_verdict_that_the_shop_made_is_refused() {
    let signed = verdict_on(claimed(&Export::good())).sign(&shop());
    assert_eq!(judged(Export::good(), &signed, |_| {}), ["VERDICT_FORGED"]);
}

#[test]
fn a_verdict_on_something_else_is_refused() {
    let good = claimed(&Export::good());
    let other_sale =
        SaleClaim { sale_id: OTHER_SALE.parse::<ulid::Ulid>().unwrap().to_bytes(), ..good.clone() };
    let other_evidence = SaleClaim { manifest_sha256: [1; 32], ..good.clone() };
    let less = SaleClaim { amount_minor: 125_000, ..good.clone() };
    let wrong = Verdict { outcome: Outcome::Wrong, ..verdict_on(good) };
    for (verdict, reason) in [
        (verdict_on(other_sale), "VERDICT_OTHER_SALE"),
        (verdict_on(other_evidence), "VERDICT_OTHER_EVIDENCE"),
        (verdict_on(less), "VERDICT_AMOUNT_DIFFERS"),
        (wrong, "VERDICT_NOT_RIGHT"),
    ] {
        assert_eq!(judged(Export::good(), &verdict.sign(&issuer()), |_| {}), [reason]);
    }
}

#[test]
fn a_verdict_that_is_missing_torn_or_not_in_the_ledger_is_refused() {
    let signed = verdict_on(claimed(&Export::good())).sign(&issuer());
    let gone = |folder: &Path| fs::remove_file(folder.join(VERDICT_FILE)).unwrap();
    assert_eq!(judged(Export::good(), &signed, gone), ["VERDICT_MISSING"]);
    let torn = |folder: &Path| write(folder, VERDICT_FILE, "{}");
    assert_eq!(judged(Export::good(), &signed, torn), ["VERDICT_MALFORMED"]);
    let unwitnessed = |folder: &Path| {
        let file = fs::read_to_string(folder.join(VERDICT_FILE)).unwrap();
        let mut file: serde_json::Value = serde_json::from_str(&file).unwrap();
        let later = Verdict { judged_unix_ms: 0, ..verdict_on(claimed(&Export::good())) };
        file["verdict"] = hex::encode(later.sign(&issuer())).into();
        write(folder, VERDICT_FILE, file.to_string());
    };
    assert_eq!(judged(Export::good(), &signed, unwitnessed), ["VERDICT_NOT_WITNESSED"]);
}

#[test]
fn without_the_issuers_key_its_verdict_is_not_judged() {
    let dir = tempfile::tempdir().unwrap();
    let export = Export::good();
    export.write(dir.path());
    write(dir.path(), VERDICT_FILE, "anything");
    let keys = dir.path().with_extension("keys.json");
    export.keys(&keys);
    let args = args(dir.path(), &keys);
    let found = verify(&args, &Keys::given(args.key.as_ref().unwrap()).unwrap()).unwrap();
    fs::remove_file(&keys).unwrap();
    assert!(found.faults.is_empty() && found.judged.is_none());
}
