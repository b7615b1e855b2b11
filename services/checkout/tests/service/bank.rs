//! A sale that a bank collects: from the mandate over the file to the money, and back again.

use std::path::{Path, PathBuf};

use chit_checkout::{BankConfig, Config, RailName};
use chit_proto::checkout::v1 as proto;
use chit_proto::money::v1::Money;
use proto::SaleState;
use tonic::Code;

use crate::custody::sell;
use crate::house::House;
use crate::sale::{TOTAL_MINOR, answer, approval, enrol};

const IBAN: &str = "NL91ABNA0417164300";
pub const PAYER_IBAN: &str = "DE89 3704 0044 0532 0130 00";

pub fn config(drop_dir: &Path) -> Config {
    let bank = BankConfig {
        creditor_name: "Huimin Shops".into(),
        creditor_id: "DE98ZZZ09999999999".into(),
        iban: IBAN.into(),
        notice_days: 2,
        drop_dir: drop_dir.to_owned(),
        ..BankConfig::default()
    };
    Config { rail: RailName::BankFile, bank, ..Config::default() }
}

pub async fn sign(house: &House, payer: &proto::Payer) {
    let request = proto::SetMandateRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        account_holder: "Ada Li".into(),
        iban: PAYER_IBAN.into(),
        approval: approval(),
        ..proto::SetMandateRequest::default()
    };
    let answer = house.bank().set_mandate(request).await.unwrap().into_inner();
    let mandate = answer.mandate.unwrap();
    assert_eq!((mandate.iban_last4.as_str(), mandate.notice_days, answer.renewed), ("3000", 2, false));
}

/// Days pass until the batch is made, and its file lies in the drop folder.
pub async fn batch(house: &House) -> proto::SettlementBatch {
    for _ in 0..12 {
        let request = proto::RunSettlementRequest { request_id: house.new_id() };
        match house.settlement().run_settlement(request).await {
            Ok(made) => {
                let batch = made.into_inner().batch.unwrap();
                let written = |event: proto::Event| match event.resource {
                    Some(proto::event::Resource::SettlementBatch(batch)) => Some(batch).filter(|batch| {
                        batch.file.as_ref().unwrap().state() == proto::BankFileState::Written
                    }),
                    _ => None,
                };
                return house.until(&batch.batch_id, written).await;
            }
            Err(nothing) => assert_eq!(nothing.code(), Code::FailedPrecondition, "{nothing:?}"),
        }
        house.advance_hours(24);
    }
    panic!("nothing becomes due in 12 days");
}

pub async fn import(house: &House, file: &str) -> Result<proto::ImportBankFileResponse, tonic::Status> {
    let pieces: Vec<_> = file
        .as_bytes()
        .chunks(100)
        .map(|piece| proto::ImportBankFileRequest { chunk: piece.to_vec() })
        .collect();
    house.bank().import_bank_file(tokio_stream::iter(pieces)).await.map(tonic::Response::into_inner)
}

/// What stands between two tags, once.
pub fn inside<'a>(file: &'a str, name: &str) -> &'a str {
    let (_, after) = file.split_once(&format!("<{name}>")).unwrap();
    after.split_once('<').unwrap().0
}

pub fn accepted(batch: &str, presentment: &str, sale: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-11-24T19:00:00Z</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{batch}</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>\
         <GrpSts>ACCP</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}-1</OrgnlPmtInfId>\
         <TxInfAndSts><OrgnlInstrId>{presentment}</OrgnlInstrId><OrgnlEndToEndId>{sale}</OrgnlEndToEndId>\
         <TxSts>ACCP</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

pub fn booked(id: &str, on: &str, sale: &str, amount: &str, reason: Option<&str>) -> String {
    notification(id, &entry(on, sale, amount, reason))
}

pub fn notification(id: &str, entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.02\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>2026-12-05T08:00:00</CreDtTm></GrpHdr>\
         <Ntfctn><Id>{id}</Id><CreDtTm>2026-12-05T08:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>\
         {entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
}

pub fn entry(on: &str, sale: &str, amount: &str, reason: Option<&str>) -> String {
    let direction = if reason.is_some() { "DBIT" } else { "CRDT" };
    let reason =
        reason.map_or_else(String::new, |reason| format!("<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>"));
    format!(
        "<Ntry><Amt Ccy=\"CNY\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>{on}</Dt></BookgDt><BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>{sale}</EndToEndId></Refs>\
         <AmtDtls><TxAmt><Amt Ccy=\"CNY\">{amount}</Amt></TxAmt></AmtDtls>{reason}</TxDtls></NtryDtls></Ntry>"
    )
}

pub fn file_in(folder: &Path, batch: &proto::SettlementBatch) -> PathBuf {
    folder.join(&batch.file.as_ref().unwrap().name)
}

/// Sales, bank and ledger side by side, once the ledger has booked what was reported.
async fn reconciled(house: &House, in_flight: i64, at_bank: i64, returned: i64) {
    let minor = |money: Option<Money>| money.unwrap().amount_minor;
    for _ in 0..1_000 {
        let request = proto::ReconcileRequest::default();
        let answer = house.bank().reconcile(request).await.unwrap().into_inner();
        if answer.agrees && minor(answer.ledger_returned.clone()) == returned {
            assert_eq!(minor(answer.reported_in_flight), in_flight);
            assert_eq!(minor(answer.reported_at_bank), at_bank);
            assert_eq!(answer.batches.len(), 1);
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("ledger and bank do not come to agree");
}

async fn collected(restarts: bool) {
    let drop_dir = tempfile::tempdir().unwrap();
    let mut house = House::open_with(restarts, |_, _| config(drop_dir.path())).await;
    let payer = enrol(&mut house).await;
    sign(&house, &payer).await;
    house.step().await;
    let sale_id = sell(&mut house, &payer).await;
    answer(&house, 2).await;
    house.sale_is(&sale_id, SaleState::Verified).await;
    house.step().await;
    let batch = batch(&house).await;
    house.step().await;
    assert_eq!((batch.rail.as_str(), batch.sale_ids.len()), ("bank_file", 1));
    let file = std::fs::read_to_string(file_in(drop_dir.path(), &batch)).unwrap();
    assert_eq!(inside(&file, "MsgId"), batch.batch_id);
    assert_eq!((inside(&file, "EndToEndId"), inside(&file, "SeqTp")), (sale_id.as_str(), "FRST"));
    let left: Vec<_> = std::fs::read_dir(drop_dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "no half a file is left: {left:?}");
    reconciled(&house, TOTAL_MINOR, 0, 0).await;

    let status = accepted(&batch.batch_id, inside(&file, "InstrId"), &sale_id);
    let told = import(&house, &status).await.unwrap();
    assert_eq!((told.message.as_str(), told.tally.unwrap().accepted, told.known), ("pain.002", 1, false));
    house.step().await;
    let on = inside(&file, "ReqdColltnDt").to_owned();
    let money = booked("NT-1", &on, &sale_id, "12.50", None);
    assert_eq!(import(&house, &money).await.unwrap().tally.unwrap().received, 1);
    house.step().await;
    house.sale_is(&sale_id, SaleState::Settled).await;
    let again = import(&house, &money).await.unwrap();
    assert!(again.known, "{again:?}");
    house.step().await;
    reconciled(&house, 0, TOTAL_MINOR, 0).await;

    let back = booked("NT-2", &on, &sale_id, "12.50", Some("MD06"));
    assert_eq!(import(&house, &back).await.unwrap().tally.unwrap().returned, 1);
    house.step().await;
    let returned = house.sale_is(&sale_id, SaleState::Returned).await;
    assert_eq!(returned.dispute_ids.len(), 1, "the payer is heard first");
    reconciled(&house, 0, 0, TOTAL_MINOR).await;
    assert_eq!(house.world.facts().conflicts, [], "the same id never with another body");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_is_collected_by_a_file_paid_and_taken_back_and_all_sides_agree() {
    collected(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_all_steps_at_the_bank_ends_in_the_same_place() {
    collected(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_file_of_a_bank_is_refused_with_line_and_reason_and_leaves_nothing() {
    let drop_dir = tempfile::tempdir().unwrap();
    let house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    let whole = booked("NT-1", "2026-12-02", "01J0000000000000000000000A", "12.50", None);
    let entities = "<!DOCTYPE x [<!ENTITY a \"b\">]><Document/>";
    for bad in [&whole[..whole.len() / 2], entities, "end_to_end_id;status\n", "", "hello"] {
        let refusal = import(&house, bad).await.unwrap_err();
        assert_eq!(chit_runtime::error::reason_of(&refusal).as_deref(), Some("BANK_FILE_INVALID"), "{bad}");
        assert!(refusal.message().contains("line "), "{}", refusal.message());
    }
    let told = import(&house, &whole).await.unwrap();
    assert_eq!(told.tally.unwrap().exceptions, 1, "an unknown id is parked for a person");
    let left = house.state_folder().join("bank-in").join("incoming");
    assert!(!left.exists(), "names and accounts lie on the disk");
}

/// Money for a sale that nobody here knows: one for a person.
pub async fn an_exception(house: &House) -> String {
    let strange = booked("NT-1", "2026-12-02", "01J0000000000000000000000A", "12.50", None);
    import(house, &strange).await.unwrap();
    let request = proto::ListExceptionsRequest::default();
    house.bank().list_exceptions(request).await.unwrap().into_inner().exceptions.remove(0).exception_id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_is_taken_and_closed_by_people() {
    let drop_dir = tempfile::tempdir().unwrap();
    let house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    an_exception(&house).await;
    let request = proto::ListExceptionsRequest::default();
    let listed = house.bank().list_exceptions(request).await.unwrap().into_inner().exceptions;
    let [one] = &listed[..] else { panic!("one exception: {listed:?}") };
    assert_eq!(
        (one.kind(), one.action()),
        (proto::ExceptionKind::UnknownId, proto::ExceptionAction::AskBank)
    );
    assert_eq!((one.reference.as_str(), one.owner.as_str()), ("01J0000000000000000000000A", ""));
    let exception_id = one.exception_id.clone();
    let request =
        proto::TakeExceptionRequest { request_id: house.new_id(), exception_id: exception_id.clone() };
    let taken = house.bank().take_exception(request).await.unwrap().into_inner().exception.unwrap();
    assert_eq!(taken.owner, "wang");
    let note = "another shop's".to_owned();
    let request = proto::CloseExceptionRequest { request_id: house.new_id(), exception_id, note };
    let first = house.bank().close_exception(request.clone()).await.unwrap().into_inner();
    assert_eq!(house.bank().close_exception(request).await.unwrap().into_inner(), first, "a retry");
    let open = house.bank().list_exceptions(proto::ListExceptionsRequest::default()).await.unwrap();
    assert!(open.into_inner().exceptions.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_without_a_bank_says_so() {
    let house = House::open(false).await;
    for refusal in [
        import(&house, "<Document/>").await.unwrap_err(),
        house.bank().reconcile(proto::ReconcileRequest::default()).await.unwrap_err(),
    ] {
        assert_eq!(chit_runtime::error::reason_of(&refusal).as_deref(), Some("NO_BANK"));
    }
}
