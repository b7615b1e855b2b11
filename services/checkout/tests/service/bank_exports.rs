//! What leaves the shop about its bank: the reconciliation for the accountant, the bad records, a file by the configured command.

use std::path::Path;

use chit_bad_record::{BadRecords, Signed};
use chit_checkout::{BankConfig, Config};
use chit_proto::checkout::v1 as proto;
use chit_runtime::error::reason_of;
use ed25519_dalek::SigningKey;
use proto::{ExceptionKind, HandOver, ReconciliationFormat, SaleState};

use crate::bank::{batch, booked, config, file_in, import, inside, sign};
use crate::custody::sell;
use crate::house::{House, PIN, TILL_KEY};
use crate::sale::{TOTAL_MINOR, answer, approval, enrol};

async fn submitted(house: &mut House) -> (String, proto::SettlementBatch) {
    let payer = enrol(house).await;
    sign(house, &payer).await;
    let sale_id = sell(house, &payer).await;
    answer(house, 2).await;
    house.sale_is(&sale_id, SaleState::Verified).await;
    let batch = batch(house).await;
    (sale_id, batch)
}

async fn reconciled(house: &House) -> proto::ReconcileResponse {
    loop {
        let request = proto::ReconcileRequest { with_ledger: true, ..Default::default() };
        let answer = house.bank().reconcile(request).await.unwrap().into_inner();
        if answer.agrees {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

async fn exported(house: &House, format: ReconciliationFormat, language: &str) -> Vec<u8> {
    let request = proto::ExportReconciliationRequest {
        format: format as i32,
        language: language.into(),
        ..Default::default()
    };
    let mut pieces = house.bank().export_reconciliation(request).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        bytes.extend(piece.chunk);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledgers_own_sums_stand_beside_the_banks_and_the_accountant_gets_both() {
    let drop_dir = tempfile::tempdir().unwrap();
    let mut house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    let (sale_id, batch) = submitted(&mut house).await;
    let minor = |money: Option<chit_proto::money::v1::Money>| money.unwrap().amount_minor;
    let before = reconciled(&house).await.batches.remove(0);
    let ledger = before.ledger.unwrap();
    assert!(before.agrees);
    assert_eq!((minor(ledger.in_flight), minor(ledger.received)), (TOTAL_MINOR, 0));
    let file = std::fs::read_to_string(file_in(drop_dir.path(), &batch)).unwrap();
    let on = inside(&file, "ReqdColltnDt");
    import(&house, &booked("NT-1", on, &sale_id, "12.50", None)).await.unwrap();
    import(&house, &booked("NT-2", on, &sale_id, "12.50", Some("MS03"))).await.unwrap();
    let after = reconciled(&house).await.batches.remove(0);
    let ledger = after.ledger.unwrap();
    assert!(after.agrees);
    assert_eq!((minor(ledger.received), minor(ledger.returned)), (TOTAL_MINOR, TOTAL_MINOR));

    let table = String::from_utf8(exported(&house, ReconciliationFormat::Csv, "").await).unwrap();
    let row = table.lines().find(|row| row.contains(&batch.batch_id)).unwrap();
    assert!(
        row.starts_with("batch,") && row.contains(",12.50,0.00,12.50,0.00,12.50,0.00,12.50,0.00,yes"),
        "{row}"
    );
    let one = table.lines().find(|row| row.starts_with("exception,")).unwrap();
    assert!(one.contains("Returned by the bank MS03") && one.contains(&sale_id), "{one}");
    let chinese = String::from_utf8(exported(&house, ReconciliationFormat::Csv, "zh-CN").await).unwrap();
    assert!(chinese.contains("银行退回"), "{chinese}");
    let document = exported(&house, ReconciliationFormat::Pdf, "zh-CN").await;
    assert!(document.starts_with(b"%PDF-"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bad_records_leave_signed_by_the_key_of_the_receipts_and_the_ledger_witnesses_it() {
    let drop_dir = tempfile::tempdir().unwrap();
    let house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    let mut pieces =
        house.bank().export_bad_records(proto::ExportBadRecordsRequest {}).await.unwrap().into_inner();
    let mut signed = Signed { json: Vec::new(), csv: Vec::new(), signature: Vec::new() };
    while let Some(piece) = pieces.message().await.unwrap() {
        signed.json.extend(piece.json);
        signed.csv.extend(piece.csv);
        signed.signature.extend(piece.signature);
    }
    let till = SigningKey::from_bytes(&TILL_KEY).verifying_key();
    let records = BadRecords::verify(&signed, &till).unwrap();
    assert_eq!((records.creditor_id.as_str(), records.records.len()), ("DE98ZZZ09999999999", 0));
    assert!(records.ledger_checkpoint.starts_with("chit-ledger-1\n"), "it binds the shop to its ledger");
    house.world.until(|facts| (facts.ids("fact").len() == 1).then_some(())).await;
}

/// A shop whose files are carried by this script; it gets the file's path and appends to `$0.ran`.
fn carried(drop_dir: &Path, script: &str) -> Config {
    let program = drop_dir.parent().unwrap().join("to-bank");
    std::fs::write(&program, format!("#!/bin/sh\necho \"$1\" >> \"$0.ran\"\n{script}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&program, mode).unwrap();
    let Config { rail, bank, .. } = config(drop_dir);
    let hand_over = vec![program.to_string_lossy().into_owned()];
    Config { rail, bank: BankConfig { hand_over, ..bank }, ..Config::default() }
}

async fn handed(house: &House, batch_id: &str, wanted: HandOver) -> proto::BankFile {
    let far = |event: proto::Event| match event.resource {
        Some(proto::event::Resource::SettlementBatch(batch)) => {
            batch.file.filter(|file| file.hand_over() == wanted)
        }
        _ => None,
    };
    house.until(batch_id, far).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configured_command_gets_each_new_file_once() {
    let folder = tempfile::tempdir().unwrap();
    let drop_dir = folder.path().join("drop");
    std::fs::create_dir(&drop_dir).unwrap();
    let mut house = House::open_with(false, |_, _| carried(&drop_dir, "exit 0")).await;
    let (_, batch) = submitted(&mut house).await;
    let file = handed(&house, &batch.batch_id, HandOver::Done).await;
    assert_eq!(file.hand_over_tries, 1);
    house.restart().await;
    let ran = std::fs::read_to_string(folder.path().join("to-bank.ran")).unwrap();
    assert_eq!(ran.lines().collect::<Vec<_>>(), [drop_dir.join(&file.name).to_string_lossy()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_not_handed_over_waits_for_a_person_who_lets_the_command_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let drop_dir = folder.path().join("drop");
    std::fs::create_dir(&drop_dir).unwrap();
    // The bank's line is down the first time.
    let script = "test \"$(wc -l < \"$0.ran\")\" -gt 1 || exit 3";
    let mut house = House::open_with(false, |_, _| carried(&drop_dir, script)).await;
    let (_, batch) = submitted(&mut house).await;
    handed(&house, &batch.batch_id, HandOver::Failed).await;
    let listed = house.bank().list_exceptions(proto::ListExceptionsRequest::default()).await.unwrap();
    let [one] = &listed.into_inner().exceptions[..] else { panic!("one exception") };
    assert_eq!((one.kind(), one.reason.as_str()), (ExceptionKind::HandOverFailed, "EXIT_3"));
    let resolve = |request_id: String| proto::ResolveHandOverRequest {
        request_id,
        batch_id: batch.batch_id.clone(),
        again: true,
    };
    house.bank().resolve_hand_over(resolve(house.new_id())).await.unwrap();
    assert_eq!(handed(&house, &batch.batch_id, HandOver::Done).await.hand_over_tries, 2);
    let refused = house.bank().resolve_hand_over(resolve(house.new_id())).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("WRONG_STATE"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_a_paper_statement_needs_somebody_who_had_no_hand_in_the_sale() {
    let drop_dir = tempfile::tempdir().unwrap();
    let mut house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    let (sale_id, batch) = submitted(&mut house).await;
    let file = std::fs::read_to_string(file_in(drop_dir.path(), &batch)).unwrap();
    house.advance_hours(24 * 9);
    let line = proto::StatementLine {
        sale: sale_id.clone(),
        outcome: proto::StatementOutcome::Paid as i32,
        amount: Some(chit_proto::money::v1::Money { amount_minor: TOTAL_MINOR, currency_code: "CNY".into() }),
        reason: String::new(),
        booked_on: inside(&file, "ReqdColltnDt").to_owned(),
    };
    let mark = |lines: Vec<proto::StatementLine>, approval| proto::MarkStatementRequest {
        request_id: house.new_id(),
        statement: "2026-12, page 3".into(),
        lines,
        approval,
    };
    let refused = |request| {
        let mut bank = house.bank();
        async move { reason_of(&bank.mark_statement(request).await.unwrap_err()).unwrap() }
    };
    assert_eq!(refused(mark(vec![line.clone()], None)).await, "APPROVAL_REQUIRED");
    // Who marks it may not vouch for it.
    assert_eq!(refused(mark(vec![line.clone()], approval())).await, "OWN_SALE");
    assert_eq!(refused(mark(Vec::new(), approval())).await, "STATEMENT_LINE_INVALID");
    let unsaid = proto::StatementLine { outcome: 0, ..line.clone() };
    assert_eq!(refused(mark(vec![unsaid], approval())).await, "STATEMENT_LINE_INVALID");
    let tomorrow = proto::StatementLine { booked_on: "2099-01-01".into(), ..line.clone() };
    assert_eq!(refused(mark(vec![tomorrow], approval())).await, "STATEMENT_LINE_INVALID");
    house.sale_is(&sale_id, SaleState::Submitted).await;
    let zhao = Some(proto::Approval { actor: "zhao".into(), pin: PIN.into() });
    let request = mark(vec![line], zhao);
    let first = house.bank().mark_statement(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.tally.unwrap().received, 1);
    house.sale_is(&sale_id, SaleState::Settled).await;
    assert_eq!(house.bank().mark_statement(request).await.unwrap().into_inner(), first, "a retry");
}
