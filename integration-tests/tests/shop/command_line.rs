//! A whole sale from the shop's PC: nothing but `chit`, a payer with a phone, and the devices.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use chit_integration_tests::desk::{CASHIER, SUPERVISOR};
use chit_integration_tests::payer::{Payer, read_qr};
use chit_proto::checkout::v1::{PayerState, SaleState};
use serde_json::Value;

use crate::open_shop::{open_house, options};
use crate::pc::{Pc, REFUSED, text};

const OWNER: &str = "zhao";

/// Why a verifier refuses: the first fault that it names.
async fn fault(pc: &Pc, args: &[&str]) -> String {
    let output = pc.run(args).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let verdict: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    text(&verdict["faults"][0], "reason").to_owned()
}

async fn a_refund_is_one_command_under_the_receipts_number(pc: &Pc, back_office: &Pc, sold: &Value) {
    let receipt_no = text(sold, "receipt_no");
    assert_eq!(text(&pc.says(&["sale", "reprint", receipt_no]).await, "receipt_no"), receipt_no);
    let refund = ["sale", "refund", receipt_no, "--approver", SUPERVISOR];
    assert_eq!(
        text(&pc.says(&refund).await, "state"),
        "SETTLED",
        "it was paid; the refund is a transfer of its own"
    );
    let report = back_office.says(&["shift", "report"]).await;
    assert_eq!(report["sums"]["refunds_minor"], sold["total"]["amount_minor"]);
    assert_eq!(pc.run(&refund).await.status.code(), Some(REFUSED), "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_at_the_pc_sells_asks_settles_and_resolves() {
    let (house, desk) = open_house(&options()).await;
    let (pc, back_office) = (Pc::of(&house, CASHIER).await, Pc::of(&house, OWNER).await);
    let doctor = pc.run(&["doctor"]).await;
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));

    let mut payer = Payer::with_phone(&house.simulators, ulid::Ulid::generate().0).await.unwrap();
    let phone = payer.phone().to_owned();
    let enrol = [
        "enrol",
        "--name",
        "Ada Li",
        "--phone",
        &phone,
        "--language",
        "en",
        "--consent",
        "--approver",
        SUPERVISOR,
    ];
    let enrolled = pc.says(&enrol).await;
    assert_eq!(text(&enrolled, "card_serial"), "", "whoever knows it can freeze the payer");
    let enrolled = back_office.says(&["payer", "show", text(&enrolled, "payer_id")]).await;
    payer.take_card(&house.simulators.printer, text(&enrolled, "card_serial")).await.unwrap();
    payer.pay().await.unwrap();
    let mut journal = desk.journal(text(&enrolled, "payer_id"));
    journal.payer("ACTIVE", |payer| payer.state() == PayerState::Active).await.unwrap();
    pc.says(&["sandbox", "advance", "24h"]).await;

    let code = house.place.root().join("code.txt");
    fs::write(&code, read_qr(Path::new(text(&enrolled, "code_png_path"))).await.unwrap()).unwrap();
    let sold = pc.says(&sale(&code, &["--same-person", "--release"])).await;
    let sale_id = text(&sold, "sale_id");
    pc.says(&["deduct", "run"]).await;
    payer.pay().await.unwrap();
    desk.journal(sale_id).sale_is(SaleState::Verified).await.unwrap();
    let refused = pc.run(&["settle", "run"]).await;
    assert_eq!(refused.status.code(), Some(REFUSED), "money moves by a supervisor");
    back_office.says(&["settle", "run"]).await;
    assert_eq!(text(&pc.says(&["sale", "show", sale_id]).await, "state"), "SETTLED");

    let two = ["--approver", SUPERVISOR, "--second-approver", CASHIER];
    let payer_id = text(&enrolled, "payer_id");
    let changed =
        pc.says(&[&["payer", "change-phone", payer_id, "--phone", "13900002222"], &two[..]].concat()).await;
    assert_eq!((text(&changed, "state"), changed["code_serial"].as_i64()), ("PENDING", Some(2)));
    let renewed = back_office.says(&[&["payer", "new-card", payer_id], &two[..]].concat()).await;
    assert_ne!(text(&renewed, "card_serial"), text(&enrolled, "card_serial"));
    let shown = pc.says(&["payer", "show", payer_id]).await;
    assert_eq!(shown["change_approved_by"], serde_json::json!([SUPERVISOR, CASHIER]));
    assert!(text(&shown, "no_sales_until") > text(&shown, "change_time"));
    assert_ne!(text(&shown, "change_warning"), "UNSPECIFIED", "what became of the old number's warning");

    let opened = pc.says(&["dispute", "open", sale_id]).await;
    let dispute = text(&opened, "dispute_id");
    let resolved = pc.says(&["dispute", "resolve", dispute, "--dismiss", "--approver", SUPERVISOR]).await;
    assert_eq!(text(&resolved, "state"), "DISMISSED");
    a_refund_is_one_command_under_the_receipts_number(&pc, &back_office, &sold).await;

    evidence_holds_and_its_tampering_is_named(&pc, house.place.root(), sale_id).await;
    let bundle = desk.look_up(sale_id).await.unwrap().evidence_folder;
    let journal = house.place.root().join("journal");
    let journal = journal.to_str().unwrap();
    pc.says(&["ledger", "export", journal]).await;
    let held = pc.says(&["evidence", "verify", &bundle, "--export", journal]).await;
    assert_eq!(held["ledger_compared"], true);
    let photo = Path::new(&bundle).join("photo-1.jpg.age");
    let mut bytes = fs::read(&photo).unwrap();
    bytes[100] ^= 1;
    fs::set_permissions(&photo, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&photo, bytes).unwrap();
    let changed = fault(&pc, &["evidence", "verify", &bundle, "--export", journal]).await;
    assert_eq!(changed, "FILE_CHANGED");
    a_payer_is_given_what_is_stored_of_them_and_erased(&pc, house.place.root(), payer_id).await;
}

async fn a_payer_is_given_what_is_stored_of_them_and_erased(pc: &Pc, root: &Path, payer_id: &str) {
    let (folder, two) = (root.join("own-data"), ["--approver", SUPERVISOR, "--second-approver", CASHIER]);
    let export = ["payer", "export", payer_id, "--to", folder.to_str().unwrap(), "--approver", SUPERVISOR];
    assert_eq!(pc.says(&export).await["sales"], 1);
    let given: Value = serde_json::from_slice(&fs::read(folder.join("payer.json")).unwrap()).unwrap();
    assert_eq!(text(&given["person"], "name"), "Ada Li");
    assert!(!given["sales"][0]["messages"].as_array().unwrap().is_empty());
    assert_eq!(given["account"]["entries"].as_array().unwrap().len(), 2, "charged and refunded");
    assert!(fs::read(folder.join("photo.jpg")).unwrap().starts_with(&[0xff, 0xd8]));
    assert!(!pc.run(&export).await.status.success(), "nothing is overwritten");
    let erase = [&["payer", "erase", payer_id], &two[..]].concat();
    assert_eq!(pc.run(&erase).await.status.code(), Some(REFUSED), "changed less than 24 hours ago");
    pc.says(&["sandbox", "advance", "24h"]).await;
    assert_eq!(text(&pc.says(&erase).await, "state"), "ERASED");
    assert_eq!(text(&pc.says(&["payer", "show", payer_id]).await, "state"), "ERASED");
}

/// By a third party: with the keys and the zip alone, on a machine without a shop.
async fn evidence_holds_and_its_tampering_is_named(pc: &Pc, root: &Path, sale_id: &str) {
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let (keys, export) = (path("keys.json"), path("export.zip"));
    let public = pc.says(&["keys"]).await;
    assert_eq!(public["evidence"]["key"].as_str().unwrap().len(), 64);
    fs::write(&keys, public.to_string()).unwrap();
    let whole = ["--actor", SUPERVISOR, "--reason", "dispute", "--unredacted", "--yes"];
    pc.says(&[&["evidence", "export", sale_id, "--to", &export], &whole[..]].concat()).await;
    let held = pc.says(&["evidence", "verify", &export, "--sale", sale_id, "--key", &keys]).await;
    assert_eq!((&held["ok"], &held["ledger_compared"]), (&true.into(), &true.into()), "{held}");
    let other = ulid::Ulid::generate().to_string();
    let misplaced = fault(pc, &["evidence", "verify", &export, "--sale", &other, "--key", &keys]).await;
    assert_eq!(misplaced, "SALE_DIFFERS");
    let mut bytes = fs::read(&export).unwrap();
    let photo = bytes.windows(4).position(|four| four == [0xff, 0xd8, 0xff, 0xe0]).expect("a photo");
    bytes[photo + 300] ^= 1;
    fs::write(&export, bytes).unwrap();
    let changed = fault(pc, &["evidence", "verify", &export, "--sale", sale_id, "--key", &keys]).await;
    assert_eq!(changed, "FILE_CHANGED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_no_payer_code_ends_the_sale_with_exit_2_and_the_reason() {
    let (house, _) = open_house(&options()).await;
    let code = house.place.root().join("strange.txt");
    fs::write(&code, "hello").unwrap();
    let refused = Pc::of(&house, CASHIER).await.run(&sale(&code, &["--same-person"])).await;
    let said = String::from_utf8(refused.stderr).unwrap() + &String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(REFUSED), "{said}");
    assert!(said.contains("NOT_A_PAYER_CODE"), "{said}");
}

/// Two bottles of water.
fn sale<'a>(code: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let line = "6901234567892|Spring water|2|200";
    let basket = ["sale", "--line", line, "--payer-code-file", code.to_str().unwrap()];
    [&basket[..], more].concat()
}
