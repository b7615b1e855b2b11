//! The ledger over its socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use chit_proto::ledger::v1 as pb;
use chit_proto::ledger::v1::{
    Fact, FactKind, GetProofRequest, GetTransferRequest, ListAccountsRequest, ListFactsRequest,
    ListTransfersRequest, PendingState, RecordFactRequest, TransferKind, WatchJournalRequest,
};
use chit_runtime::error::reason_of;
use desk::{
    Client, DEADLINE, Desk, PAYER, SALE, SHOP, account, ask, cny, create_account, id, movement, resolution,
};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tonic::Code;
use tonic_types::StatusExt as _;

fn sealed(n: usize) -> Fact {
    Fact {
        fact_id: id(n),
        kind: FactKind::EvidenceSealed as i32,
        subject_id: SALE.to_owned(),
        sha256: vec![7; 32],
        actor: "system".to_owned(),
        ..Fact::default()
    }
}

async fn record(client: &mut Client, fact: Fact) -> pb::RecordFactResponse {
    client.record_fact(RecordFactRequest { fact: Some(fact) }).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_sale_is_held_sealed_posted_and_proved() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let mut client = desk.client();

    let held = ask(&mut client, movement(TransferKind::Pending, &id(1), PAYER, SHOP, 500)).await.unwrap();
    let stored = held.transfer.unwrap();
    assert_eq!(stored.pending_state(), PendingState::Pending);
    assert_eq!((held.exists, stored.journal_seq, held.head.unwrap().seq), (false, 3, 3));

    let recorded = record(&mut client, sealed(2)).await;
    assert_eq!(record(&mut client, sealed(2)).await.fact, recorded.fact, "the first answer again");
    let posted = ask(&mut client, resolution(TransferKind::PostPending, &id(3), &id(1))).await.unwrap();
    assert_eq!(posted.transfer.unwrap().amount, cny(500));
    assert_eq!((desk.sums(PAYER).await, desk.sums(SHOP).await), ([0, 500, 0, 0], [0, 0, 0, 500]));

    let request = GetTransferRequest { transfer_id: id(1) };
    let held = client.get_transfer(request).await.unwrap().into_inner().transfer.unwrap();
    assert_eq!(held.pending_state(), PendingState::Posted);
    let request = ListFactsRequest { subject_id: SALE.to_owned() };
    let facts = client.list_facts(request).await.unwrap().into_inner().facts;
    assert_eq!(facts, Vec::from_iter(recorded.fact));

    let request = GetProofRequest { subject_id: SALE.to_owned() };
    let proof = client.get_proof(request).await.unwrap().into_inner();
    assert_eq!(proof.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 4, 5]);
    for pair in proof.entries.windows(2) {
        assert_eq!(pair[0].hash, pair[1].previous_hash);
    }
    for entry in &proof.entries {
        let hash = Sha256::new().chain_update(&entry.previous_hash).chain_update(&entry.record).finalize();
        assert_eq!(entry.hash, hash.to_vec());
        assert_eq!(entry.record[0], 1);
        assert_eq!(pb::JournalRecord::decode(&entry.record[1..]).unwrap().seq, entry.seq);
    }
    assert_eq!(proof.entries.last().unwrap().hash, proof.head.unwrap().hash);

    let trial = desk.trial_balance().await;
    assert!(trial.balanced && trial.chain_ok);
    assert_eq!((trial.balances[0].debits_posted_minor, trial.balances[0].credits_posted_minor), (500, 500));
    let verified = desk.verify().await;
    assert_eq!((verified.chain_ok, verified.records, verified.first_bad_seq), (true, 5, 0));
}

#[tokio::test]
async fn refusals_carry_a_reason_and_bad_fields_their_name() {
    let desk = Desk::open().await;
    let mut client = desk.client();
    let limited = pb::Account { credit_limit_minor: 100, ..account(PAYER) };
    create_account(&mut client, limited.clone()).await.unwrap();
    desk.open_accounts(&[SHOP]).await;

    let over = movement(TransferKind::Pending, &id(1), PAYER, SHOP, 101);
    for _ in 0..2 {
        let refused = ask(&mut client, over.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(reason_of(&refused).as_deref(), Some("CREDIT_LIMIT_EXCEEDED"));
    }
    let request = GetTransferRequest { transfer_id: id(1) };
    let failed = client.get_transfer(request).await.unwrap_err();
    assert_eq!(reason_of(&failed).as_deref(), Some("ID_ALREADY_FAILED"));

    ask(&mut client, movement(TransferKind::Pending, &id(2), PAYER, SHOP, 5)).await.unwrap();
    let other = ask(&mut client, movement(TransferKind::Pending, &id(2), PAYER, SHOP, 6)).await.unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);
    assert_eq!(reason_of(&other).as_deref(), Some("EXISTS_WITH_DIFFERENT_BODY"));
    assert!(other.message().contains("transfer.amount"), "{}", other.message());
    let other = create_account(&mut client, account(PAYER)).await.unwrap_err();
    assert!(other.message().contains("account.credit_limit_minor"), "{}", other.message());

    let good = movement(TransferKind::Posted, &id(9), PAYER, SHOP, 5);
    let bad = [
        ("transfer.transfer_id", pb::Transfer { transfer_id: id(9).to_lowercase(), ..good.clone() }),
        ("transfer.kind", pb::Transfer { kind: 0, ..good.clone() }),
        ("transfer.amount", pb::Transfer { amount: cny(0), ..good.clone() }),
        ("transfer.amount.currency_code", pb::Transfer { amount: Some(pb_money("XXX")), ..good.clone() }),
        ("transfer.external_ref", pb::Transfer { external_ref: "x".repeat(65), ..good.clone() }),
        ("transfer.code", pb::Transfer { code: 65_536, ..good.clone() }),
        ("transfer.pending_transfer_id", pb::Transfer { pending_transfer_id: id(1), ..good }),
    ];
    for (field, transfer) in bad {
        let refused = ask(&mut client, transfer).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let details = refused.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, field);
        assert!(details.error_info().is_some());
    }
}

fn pb_money(code: &str) -> chit_proto::money::v1::Money {
    chit_proto::money::v1::Money { amount_minor: 5, currency_code: code.to_owned() }
}

#[tokio::test]
async fn a_batch_is_all_or_none_and_lists_come_in_pages() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let mut client = desk.client();
    let transfers: Vec<_> =
        (0..2500).map(|n| movement(TransferKind::Posted, &id(n + 1), PAYER, SHOP, 2)).collect();
    let request = pb::CreateTransfersRequest { transfers: transfers.clone(), actor: "clerk".to_owned() };
    let first = client.create_transfers(request.clone()).await.unwrap().into_inner();
    assert_eq!(client.create_transfers(request).await.unwrap().into_inner(), first, "the first answer again");
    assert_eq!(desk.sums(PAYER).await, [0, 5000, 0, 0]);

    let failing = vec![
        movement(TransferKind::Posted, &id(9001), PAYER, SHOP, 2),
        movement(TransferKind::Posted, &id(9002), PAYER, PAYER, 2),
    ];
    let request = pb::CreateTransfersRequest { transfers: failing, actor: "clerk".to_owned() };
    let refused = client.create_transfers(request).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("SAME_ACCOUNT"));
    assert!(refused.message().contains("transfers[1]"), "{}", refused.message());
    assert_eq!(desk.sums(PAYER).await, [0, 5000, 0, 0]);
    let request =
        pb::CreateTransfersRequest { transfers: vec![transfers[0].clone(); 2], actor: "x".to_owned() };
    let twice = client.create_transfers(request).await.unwrap_err();
    let details = twice.get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations[0].field, "transfers[1].transfer_id");

    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTransfersRequest { account_id: SHOP.to_owned(), page_size: 1000, page_token };
        let page = client.list_transfers(request).await.unwrap().into_inner();
        listed.extend(page.transfers.into_iter().map(|transfer| transfer.transfer_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, transfers.into_iter().map(|transfer| transfer.transfer_id).collect::<Vec<_>>());

    let request = ListAccountsRequest { page_size: 1, page_token: String::new() };
    let page = client.list_accounts(request).await.unwrap().into_inner();
    assert_eq!(page.accounts[0].account_id, PAYER);
    let request = ListAccountsRequest { page_size: 1, page_token: page.next_page_token };
    let page = client.list_accounts(request).await.unwrap().into_inner();
    assert_eq!((page.accounts[0].account_id.as_str(), page.next_page_token.as_str()), (SHOP, ""));
}

#[tokio::test]
async fn a_watcher_sees_every_record_once_including_an_expiry_nobody_asked_for() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let mut client = desk.client();
    let mut journal = client.watch_journal(WatchJournalRequest { after_seq: 1 }).await.unwrap().into_inner();
    let mut next = async || {
        let message = tokio::time::timeout(DEADLINE, journal.message()).await.expect("no record came");
        let entry = message.unwrap().unwrap().entry.unwrap();
        (entry.seq, pb::JournalRecord::decode(&entry.record[1..]).unwrap().change.unwrap())
    };
    assert!(matches!(next().await, (2, pb::journal_record::Change::Account(_))));

    let day = prost_types::Duration { seconds: 86_400, nanos: 0 };
    let held = movement(TransferKind::Pending, &id(1), PAYER, SHOP, 500);
    ask(&mut client, pb::Transfer { timeout: Some(day), ..held }).await.unwrap();
    assert!(matches!(next().await, (3, pb::journal_record::Change::Transfer(_))));

    desk.ctx.clock.advance(jiff::SignedDuration::from_hours(25)).unwrap();
    let (seq, change) = next().await;
    let expired = pb::ExpiredTransfer { transfer_id: id(1) };
    assert_eq!((seq, change), (4, pb::journal_record::Change::ExpiredTransfer(expired)));
    assert_eq!(desk.sums(PAYER).await, [0; 4]);
    let late = ask(&mut client, resolution(TransferKind::PostPending, &id(2), &id(1))).await.unwrap_err();
    assert_eq!(reason_of(&late).as_deref(), Some("PENDING_EXPIRED"));
    assert!(desk.verify().await.chain_ok);
}

#[tokio::test]
async fn a_stopped_ledger_leaves_its_file_closed_so_that_the_next_start_is_quick() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = chit_runtime::Context::sandbox_in("ledger", dir.path());
    desk::make_key(&ctx);
    let service = tokio::spawn(chit_ledger::run(ctx.clone(), chit_ledger::Config::default()));
    let channel = chit_runtime::channel(&ctx.shared, "ledger");
    let mut client = Client::new(channel);
    let end = std::time::Instant::now() + DEADLINE;
    while create_account(&mut client, account(PAYER)).await.is_err() {
        assert!(std::time::Instant::now() < end, "the ledger does not start");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ctx.shutdown.trigger();
    tokio::time::timeout(DEADLINE, service).await.expect("the ledger does not stop").unwrap().unwrap();
    redb::Database::builder()
        .set_repair_callback(|_| panic!("the file was not closed"))
        .open(dir.path().join("state/ledger/index.redb"))
        .unwrap();
}
