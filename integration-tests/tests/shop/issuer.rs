//! `verifier = issuer`: one sale of a shop that holds no secret of any card, over an issuer that is away, and one that dies; then a
//! third party, who believes the issuer and not the shop.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use chit_integration_tests::ask;
use chit_integration_tests::desk::Desk;
use chit_integration_tests::house::{House, Options, Signal, program};
use chit_integration_tests::payer::{Answer, Payer, read_qr};
use chit_proto::checkout::v1::{Challenge, ChallengeState, GetChallengeRequest, PayerState, SaleState};
use chit_verdict::{Outcome, Verdict};
use ed25519_dalek::SigningKey;
use serde_json::Value;
use tokio::process::Command;

use crate::open_shop::{AMOUNT_MINOR, Shop, open_house, options};

const PATIENCE: Duration = Duration::from_secs(60);
/// AMOUNT_MINOR, as the issuer's text has it.
const SUM: &str = "CNY 12.50";

async fn challenge(desk: &Desk, challenge_id: &str) -> Challenge {
    let request = GetChallengeRequest { challenge_id: challenge_id.to_owned() };
    ask!(desk.deductions, get_challenge, request).unwrap().challenge.unwrap()
}

/// Until the reply is on its way and nobody has judged it.
async fn forwarded(desk: &Desk, challenge_id: &str) -> Challenge {
    let waiting = async {
        loop {
            let challenge = challenge(desk, challenge_id).await;
            if challenge.forwarded {
                return challenge;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the reply is forwarded")
}

/// A payer who is ACTIVE though the issuer was away for longer than a challenge lasts.
async fn enrolled_over_an_absence(house: House, desk: Desk) -> Shop {
    let issuer = house.issuer.as_ref().unwrap();
    let mut payer = Payer::with_phone(&house.simulators, ulid::Ulid::generate().0).await.unwrap();
    let (serial, rows) = issuer.envelope(payer.phone(), "en").unwrap();
    payer.hear_issuer(issuer.modem()).await.unwrap();
    payer.open_envelope(&serial, &rows);
    let enrolled = desk.enrol_with("Ada Li", payer.phone(), "en", &serial).await.unwrap();
    let mut journal = desk.journal(&enrolled.payer_id);
    let asked = |payer: &chit_proto::checkout::v1::Payer| !payer.challenge_id.is_empty();
    let pending = journal.payer("asked for a first row", asked).await.unwrap();
    let row = payer.next_challenge().await.unwrap();
    house.kill("issuer", Signal::STOP).unwrap();
    payer.answer(row, Answer::Right).await.unwrap();
    forwarded(&desk, &pending.challenge_id).await;
    desk.advance_hours(25).await.unwrap();
    let still = challenge(&desk, &pending.challenge_id).await;
    assert_eq!((still.state(), still.forwarded), (ChallengeState::Open, true), "its hours stand still");
    house.kill("issuer", Signal::CONT).unwrap();
    let active = journal.payer("ACTIVE", |payer| payer.state() == PayerState::Active).await.unwrap();
    let code_png = PathBuf::from(&active.code_png_path);
    let code = read_qr(&code_png).await.unwrap();
    Shop { house, desk, payer, payer_id: active.payer_id, code_png, code }
}

async fn verify(export: &Path, sale_id: &str, keys: &Path, issuer_key: &str) -> Output {
    let mut chit = Command::new(program("chit").unwrap());
    chit.args(["--json", "evidence", "verify"]).arg(export).args(["--sale", sale_id, "--key"]).arg(keys);
    chit.args(["--without-film", "--issuer-key", issuer_key]).stdin(Stdio::null());
    chit.output().await.unwrap()
}

/// The same export with a verdict that the shop signed itself: it lies in the zip file as it is.
fn forged(export: &Path, signed: &[u8], shop_key: &Path) -> Vec<u8> {
    let seed: [u8; 32] = fs::read(shop_key).unwrap().try_into().unwrap();
    let body = &signed[..signed.len() - 64];
    let shop = SigningKey::from_bytes(&seed);
    let domain = b"chit/issuer-verdict/v1\0".as_slice();
    let signature = ed25519_dalek::Signer::sign(&shop, &[domain, body].concat()).to_bytes();
    let (from, to) = (hex::encode(&signed[signed.len() - 64..]), hex::encode(signature));
    let mut bytes = fs::read(export).unwrap();
    let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).expect("the verdict");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_is_judged_by_an_issuer_that_was_away_and_died_and_no_forged_verdict_is_believed() {
    let (house, desk) = open_house(&Options { issuer: true, ..options() }).await;
    let mut shop = enrolled_over_an_absence(house, desk).await;
    let (sale, mut journal) = shop.sell().await;

    // It dies when it has judged and before it has answered: the retry goes on where it was, and the row is no used one.
    shop.house.order_death("issuer", "issuer/judge_reply/committed", 1).unwrap();
    let row = shop.payer.next_challenge().await.unwrap();
    shop.payer.answer(row, Answer::Right).await.unwrap();
    shop.payer.agree_to(SUM).await.unwrap();
    let verified = journal.sale_is(SaleState::Verified).await.unwrap();
    assert_eq!(shop.house.deaths_left("issuer").unwrap(), 0);
    let signed = challenge(&shop.desk, &verified.challenge_id).await.issuer_verdict;
    shop.settle(&mut journal).await;

    let keys: Value =
        serde_json::from_str(shop.house.issuer_chit(&["issuer", "keys", "--json"]).unwrap().trim()).unwrap();
    let issuer_key = keys["issuer_key"].as_str().unwrap();
    let key = hex::decode(issuer_key).unwrap().try_into().unwrap();
    let verdict = Verdict::verify(&signed, &key).unwrap();
    assert_eq!(verdict.outcome, Outcome::Agreed);
    let claim = verdict.claim;
    assert_eq!((claim.sales.len(), claim.sales[0].amount_minor), (1, AMOUNT_MINOR));
    assert_eq!(u32::from(claim.row), row);

    let root = shop.house.place.root().to_owned();
    let (export, tampered, public) = (root.join("good.zip"), root.join("bad.zip"), root.join("public.json"));
    fs::write(&public, shop.house.chit(&["keys", "--json"]).unwrap()).unwrap();
    let to = export.to_str().unwrap();
    shop.house.chit(&["evidence", "export", &sale.sale_id, "--to", to, "--actor", "wang"]).unwrap();
    let said = verify(&export, &sale.sale_id, &public, issuer_key).await;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{text}{}", String::from_utf8_lossy(&said.stderr));
    assert!(text.contains("\"issuer_compared\":true"), "{text}");
    assert!(text.contains("\"payer_agreed_to_sum\":true"), "{text}");

    fs::write(&tampered, forged(&export, &signed, &root.join("keys/till.key"))).unwrap();
    let said = verify(&tampered, &sale.sale_id, &public, issuer_key).await;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(said.status.code(), Some(1), "{text}");
    assert!(text.contains("VERDICT_FORGED"), "{text}");
    a_rewritten_ledger_is_told_from_the_witnessed_one(&shop.house, &keys);
    shop.house.stop().unwrap();
}

/// The issuer has seen the ledger; then the shop begins it anew, under its old key.
fn a_rewritten_ledger_is_told_from_the_witnessed_one(house: &House, keys: &Value) {
    let file = |name: &str| house.place.root().join(name).to_str().unwrap().to_owned();
    let (note, export) = (file("witnessed.note"), file("ledger.jsonl"));
    house.chit(&["ledger", "witness", &note]).unwrap();
    house.chit(&["ledger", "witness", &note]).unwrap();
    house.chit(&["ledger", "export", &export]).unwrap();
    let ledger: Value = serde_json::from_str(house.chit(&["keys", "--json"]).unwrap().trim()).unwrap();
    let (key, witness) = (ledger["ledger"]["key"].as_str().unwrap(), keys["witness_key"].as_str().unwrap());
    let verify = ["ledger", "verify", &export, "--key", key, "--witnessed", &note, "--witness-key", witness];
    let said = house.chit(&verify).unwrap();
    assert!(said.contains("those that the witness saw"), "{said}");

    assert!(house.keeper("ledger").pause());
    fs::remove_dir_all(house.place.root().join("state/ledger")).unwrap();
    house.keeper("ledger").resume();
    let refused = house.chit(&["ledger", "witness", &note]).unwrap_err().to_string();
    assert!(refused.contains("the ledger was rewritten"), "{refused}");
}

/// Where checkout may die while a reply is with the issuer: before it asks, with the verdict in hand, and with nothing of it stored;
/// and where the issuer may: its gateway has the text and it has not noted that, it has heard the payer, it has put the question.
const POINTS: [(&str, &str); 3] = [
    ("forward_reply/begin", "issuer/ask/handed"),
    ("forward_reply/judged", "issuer/inbound/committed"),
    ("forward_reply/done", "issuer/judge_reply/committed"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_being_forwarded_survives_any_death_of_checkout_and_of_the_issuer() {
    let (house, desk) = open_house(&Options { issuer: true, ..options() }).await;
    let mut shop = enrolled_over_an_absence(house, desk).await;
    for (checkout, issuer) in POINTS {
        let (_, mut journal) = shop.sell().await;
        let row = shop.payer.next_challenge().await.unwrap();
        shop.house.order_death("checkout", &format!("checkout/{checkout}"), 1).unwrap();
        shop.house.order_death("issuer", issuer, 1).unwrap();
        shop.payer.answer(row, Answer::Right).await.unwrap();
        shop.payer.agree_to(SUM).await.unwrap();
        journal.sale_is(SaleState::Verified).await.unwrap();
        let left = ["checkout", "issuer"].map(|service| shop.house.deaths_left(service).unwrap());
        assert_eq!(left, [0, 0], "{checkout}, {issuer}");
        shop.settle(&mut journal).await;
        shop.desk.advance_hours(24).await.unwrap();
    }
    shop.house.stop().unwrap();
}
