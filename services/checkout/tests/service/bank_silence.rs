//! What does not come: an answer of the bank, a booking by the ledger, a file that was lost.

use std::time::Duration;

use chit_proto::checkout::v1 as proto;
use chit_runtime::error::reason_of;
use proto::{ExceptionKind, SaleState};
use tonic::Code;

use crate::bank::{accepted, batch, booked, config, entry, file_in, import, inside, notification, sign};
use crate::custody::sell;
use crate::house::House;
use crate::sale::{TOTAL_MINOR, answer, enrol};

const DAY_H: i64 = 24;
/// Longer than any bank needs.
const DAYS_MAX: i64 = 20;
const PATIENCE: Duration = Duration::from_secs(20);

async fn open_exceptions(house: &House) -> Vec<ExceptionKind> {
    let listed = house.bank().list_exceptions(proto::ListExceptionsRequest::default()).await.unwrap();
    listed.into_inner().exceptions.iter().map(proto::BankException::kind).collect()
}

async fn until_open(house: &House, wanted: &[ExceptionKind]) {
    let open = async {
        while open_exceptions(house).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(PATIENCE, open).await.is_err() {
        panic!("not {wanted:?} but {:?}", open_exceptions(house).await);
    }
}

/// The next sale of the payer, confirmed by their `nth` answer.
async fn verified(house: &mut House, payer: &proto::Payer, nth: usize) -> String {
    let sale_id = sell(house, payer).await;
    answer(house, nth).await;
    house.sale_is(&sale_id, SaleState::Verified).await;
    sale_id
}

/// A shop with a bank, and a payer who has signed; what it writes for the bank lies in the folder.
async fn at_a_bank() -> (tempfile::TempDir, House, proto::Payer) {
    let drop_dir = tempfile::tempdir().unwrap();
    let mut house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    let payer = enrol(&mut house).await;
    sign(&house, &payer).await;
    (drop_dir, house, payer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_which_the_bank_says_nothing_becomes_an_exception_that_its_first_word_closes() {
    let (drop_dir, mut house, payer) = at_a_bank().await;
    let sale_id = verified(&mut house, &payer, 2).await;
    let batch = batch(&house).await;
    let file = std::fs::read_to_string(file_in(drop_dir.path(), &batch)).unwrap();
    assert!(open_exceptions(&house).await.is_empty());
    house.advance_hours(DAYS_MAX * DAY_H);
    until_open(&house, &[ExceptionKind::NoAnswer]).await;
    let on = inside(&file, "ReqdColltnDt");
    import(&house, &booked("NT-1", on, &sale_id, "12.50", None)).await.unwrap();
    until_open(&house, &[]).await;
}

/// Nobody is debited a second time without a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debit_that_was_not_paid_is_announced_by_sms_before_it_is_tried_again() {
    let (drop_dir, mut house, payer) = at_a_bank().await;
    let sale_id = verified(&mut house, &payer, 2).await;
    let batch = batch(&house).await;
    let file = std::fs::read_to_string(file_in(drop_dir.path(), &batch)).unwrap();
    let refused = accepted(&batch.batch_id, inside(&file, "InstrId"), &sale_id)
        .replace("<TxSts>ACCP</TxSts>", "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>");
    assert_eq!(import(&house, &refused).await.unwrap().tally.unwrap().refused, 1);
    // Today they may have had two messages.
    house.advance_hours(DAY_H);
    let told = |facts: &crate::world::Facts| {
        facts.messages.iter().any(|(sms, _)| sms.text.contains("debited again")).then_some(())
    };
    house.world.until(told).await;
    let told = |sms: &proto::SmsTrace| sms.purpose == "NOTICE" && sms.state == "DELIVERED";
    house.sale_until(&sale_id, |sale| sale.sms.iter().any(told)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_that_the_ledger_refuses_goes_aside_and_the_later_ones_go_on() {
    let (drop_dir, mut house, payer) = at_a_bank().await;
    let refused = verified(&mut house, &payer, 2).await;
    house.advance_hours(DAY_H);
    let good = verified(&mut house, &payer, 3).await;
    let mut days = Vec::new();
    while days.len() < 2 {
        let batch = batch(&house).await;
        let file = std::fs::read_to_string(file_in(drop_dir.path(), &batch)).unwrap();
        let of_each = batch.sale_ids.iter().map(|_| inside(&file, "ReqdColltnDt").to_owned());
        days.extend(of_each.collect::<Vec<_>>());
    }
    house.world.change(|facts| facts.refuse_of = vec![refused.clone()]);
    let both = entry(&days[0], &refused, "12.50", None) + &entry(&days[1], &good, "12.50", None);
    assert_eq!(import(&house, &notification("NT-1", &both)).await.unwrap().tally.unwrap().received, 2);
    let posted = |facts: &crate::world::Facts| {
        let posts = facts.transfers("post");
        posts.iter().any(|post| post.external_ref == good).then_some(())
    };
    house.world.until(posted).await;
    until_open(&house, &[ExceptionKind::LedgerRefused]).await;
    let posts = house.world.facts().transfers("post");
    assert!(posts.iter().all(|post| post.external_ref != refused));

    house.world.change(|facts| facts.refuse_of.clear());
    house.restart().await;
    until_open(&house, &[]).await;
    let answer = house.bank().reconcile(proto::ReconcileRequest::default()).await.unwrap().into_inner();
    assert!(answer.agrees, "{answer:?}");
    assert_eq!(answer.ledger_at_bank.unwrap().amount_minor, 2 * TOTAL_MINOR);
    assert_eq!(house.world.facts().conflicts, [], "the same id never with another body");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_again_byte_for_byte_for_a_supervisor() {
    let (drop_dir, mut house, payer) = at_a_bank().await;
    verified(&mut house, &payer, 2).await;
    let batch = batch(&house).await;
    let written = std::fs::read(file_in(drop_dir.path(), &batch)).unwrap();
    let request = proto::GetBankFileRequest { batch_id: batch.batch_id.clone() };
    let mut pieces = house.bank().get_bank_file(request).await.unwrap().into_inner();
    let mut again = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        again.extend(piece.chunk);
    }
    assert!(again == written, "other bytes");
    let unknown = proto::GetBankFileRequest { batch_id: house.new_id() };
    assert_eq!(house.bank().get_bank_file(unknown).await.unwrap_err().code(), Code::NotFound);

    house.restart_with(|cfg| cfg.shop_name_en = "ANOTHER SHOP".into()).await;
    let request = proto::GetBankFileRequest { batch_id: batch.batch_id.clone() };
    let refusal = house.bank().get_bank_file(request).await.unwrap_err();
    assert_eq!(reason_of(&refusal).as_deref(), Some("BANK_FILE_CHANGED"), "no file that the bank never had");
}
