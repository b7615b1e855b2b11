//! Streams, proofs, exports and earlier balances over the ledger's socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use chit_proto::ledger::v1::stream_transfers_response::Outcome;
use chit_proto::ledger::v1::{
    Checkpoint, GetAccountRequest, GetCheckpointRequest, GetConsistencyProofRequest,
    GetInclusionProofRequest, ImportJournalRequest, StreamTransfersRequest, TransferKind,
    WatchJournalRequest,
};
use chit_runtime::error::reason_of;
use desk::{Client, Desk, PAYER, SHOP, account, ask, create_account, id, movement, resolution};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Hash, check_record, check_tree, record_hash};

fn hash(bytes: &[u8]) -> Hash {
    Hash(bytes.try_into().unwrap())
}

fn path(path: Vec<Vec<u8>>) -> Vec<Hash> {
    path.iter().map(|bytes| hash(bytes)).collect()
}

/// The checkpoint's size and root, if the key signed them.
fn signed(checkpoint: &Checkpoint, verifier_key: &str) -> (u64, Hash) {
    let note = Note::from_bytes(checkpoint.signed_note.as_bytes()).unwrap();
    let verifier = StandardVerifier::new(verifier_key).unwrap();
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    let text = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((text.size(), text.hash().0.to_vec()), (checkpoint.tree_size, checkpoint.root.clone()));
    (text.size(), *text.hash())
}

async fn stored(client: &mut Client, count: u64) -> Vec<Vec<u8>> {
    let mut journal = client.watch_journal(WatchJournalRequest { after_seq: 0 }).await.unwrap().into_inner();
    let mut records = Vec::new();
    for _ in 0..count {
        records.push(journal.message().await.unwrap().unwrap().entry.unwrap().record);
    }
    records
}

#[tokio::test]
async fn a_receipts_root_proves_its_sale_and_that_nothing_before_was_changed_since() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let mut client = desk.client();
    let sale = movement(TransferKind::Pending, &id(1), PAYER, SHOP, 500);
    let receipt = ask(&mut client, sale).await.unwrap();
    let (seq, head) = (receipt.transfer.unwrap().journal_seq, receipt.head.unwrap());
    for n in 2..40 {
        ask(&mut client, movement(TransferKind::Posted, &id(n), PAYER, SHOP, 1)).await.unwrap();
    }
    let key = client.get_checkpoint(GetCheckpointRequest { tree_size: 0 }).await.unwrap().into_inner();
    let (size, root) = signed(&key.checkpoint.unwrap(), &key.verifier_key);
    assert_eq!(size, 41);
    let own = client.get_checkpoint(GetCheckpointRequest { tree_size: head.seq }).await.unwrap().into_inner();
    assert_eq!(signed(&own.checkpoint.unwrap(), &key.verifier_key), (head.seq, hash(&head.root)));
    let none = client.get_checkpoint(GetCheckpointRequest { tree_size: 42 }).await.unwrap_err();
    assert_eq!(reason_of(&none).as_deref(), Some("SEQ_UNKNOWN"));

    let request = GetInclusionProofRequest { seq, tree_size: head.seq };
    let proof = client.get_inclusion_proof(request).await.unwrap().into_inner();
    let record = &stored(&mut client, seq).await[seq as usize - 1];
    assert_eq!((hash(&proof.leaf_hash), &proof.root), (record_hash(record), &head.root));
    check_record(&path(proof.path), head.seq, hash(&head.root), seq - 1, record_hash(record)).unwrap();

    let request = GetConsistencyProofRequest { old_size: head.seq, new_size: 0 };
    let proof = client.get_consistency_proof(request).await.unwrap().into_inner();
    assert_eq!(signed(&proof.checkpoint.unwrap(), &key.verifier_key), (proof.new_size, root));
    check_tree(&path(proof.path), size, root, head.seq, hash(&head.root)).unwrap();

    for (seq, tree_size) in [(0, 0), (42, 0), (3, 2), (1, 42)] {
        let refused =
            client.get_inclusion_proof(GetInclusionProofRequest { seq, tree_size }).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some("SEQ_UNKNOWN"));
    }
    for (old_size, new_size) in [(0, 0), (42, 0), (3, 2), (1, 42)] {
        let request = GetConsistencyProofRequest { old_size, new_size };
        let refused = client.get_consistency_proof(request).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some("SEQ_UNKNOWN"));
    }
}

#[tokio::test]
async fn a_stream_answers_each_transfer_in_order_and_survives_refusals() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let mut client = desk.client();
    let requests: Vec<_> = (1..=3000)
        .map(|n| {
            let payee = if n % 100 == 0 { PAYER } else { SHOP };
            let transfer = movement(TransferKind::Posted, &id(n), PAYER, payee, 1);
            StreamTransfersRequest { transfer: Some(transfer), actor: "clerk".to_owned() }
        })
        .collect();
    let mut answers = client.stream_transfers(tokio_stream::iter(requests)).await.unwrap().into_inner();
    for n in 1..=3000 {
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!(answer.transfer_id, id(n));
        match answer.outcome.unwrap() {
            Outcome::Created(created) => assert_eq!(created.transfer.unwrap().transfer_id, id(n)),
            Outcome::Error(error) => assert_eq!((error.reason.as_str(), n % 100), ("SAME_ACCOUNT", 0)),
        }
    }
    assert!(answers.message().await.unwrap().is_none());
    assert_eq!(desk.sums(SHOP).await, [0, 0, 0, 2970]);
    assert!(desk.verify().await.chain_ok);
}

#[tokio::test]
async fn balances_are_known_as_they_stood_after_any_record() {
    let desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let mut client = desk.client();
    ask(&mut client, movement(TransferKind::Pending, &id(1), PAYER, SHOP, 500)).await.unwrap();
    ask(&mut client, movement(TransferKind::Posted, &id(2), PAYER, SHOP, 30)).await.unwrap();
    ask(&mut client, resolution(TransferKind::PostPending, &id(3), &id(1))).await.unwrap();
    let mut at = async |as_of_seq| {
        let request = GetAccountRequest { account_id: PAYER.to_owned(), as_of_seq };
        let account = client.get_account(request).await?.into_inner().account.unwrap();
        Ok::<_, tonic::Status>((account.debits_pending_minor, account.debits_posted_minor))
    };
    assert_eq!(at(2).await.unwrap(), (0, 0));
    assert_eq!(at(3).await.unwrap(), (500, 0));
    assert_eq!(at(4).await.unwrap(), (500, 30));
    assert_eq!(at(5).await.unwrap(), (0, 530));
    assert_eq!(at(0).await.unwrap(), (0, 530));
    assert_eq!(reason_of(&at(6).await.unwrap_err()).as_deref(), Some("SEQ_UNKNOWN"));
    let request = GetAccountRequest { account_id: SHOP.to_owned(), as_of_seq: 1 };
    let unborn = client.get_account(request).await.unwrap_err();
    assert_eq!(reason_of(&unborn).as_deref(), Some("ACCOUNT_NOT_FOUND"));
}

async fn import(client: &mut Client, records: &[Vec<u8>]) -> Result<(u64, u64, Vec<u8>), tonic::Status> {
    let pieces: Vec<_> =
        records.chunks(7).map(|records| ImportJournalRequest { records: records.to_vec() }).collect();
    let answer = client.import_journal(tokio_stream::iter(pieces)).await?.into_inner();
    Ok((answer.known, answer.appended, answer.head.unwrap().root))
}

#[tokio::test]
async fn an_exported_journal_rebuilds_the_same_root_and_an_interrupted_import_goes_on() {
    let desk = Desk::open().await;
    let mut client = desk.client();
    create_account(&mut client, account(PAYER)).await.unwrap();
    create_account(&mut client, account(SHOP)).await.unwrap();
    let hour = prost_types::Duration { seconds: 3600, nanos: 0 };
    for n in 1..30 {
        let held = movement(TransferKind::Pending, &id(n), PAYER, SHOP, 5);
        let held = chit_proto::ledger::v1::Transfer { timeout: Some(hour), ..held };
        ask(&mut client, held).await.unwrap();
    }
    ask(&mut client, movement(TransferKind::Posted, &id(40), PAYER, PAYER, 5)).await.unwrap_err();
    desk.ctx.clock.advance(jiff::SignedDuration::from_hours(2)).unwrap();
    ask(&mut client, movement(TransferKind::Posted, &id(41), PAYER, SHOP, 5)).await.unwrap();
    let head = desk.trial_balance().await.head.unwrap();
    let records = stored(&mut client, head.seq).await;

    let copy = Desk::open().await;
    let mut copied = copy.client();
    let part = import(&mut copied, &records[..20]).await.unwrap();
    assert_eq!((part.0, part.1), (0, 20));
    let rest = records.len() as u64 - 20;
    assert_eq!(import(&mut copied, &records).await.unwrap(), (20, rest, head.root.clone()));
    assert_eq!(import(&mut copied, &records).await.unwrap(), (20 + rest, 0, head.root));
    assert_eq!(copy.sums(PAYER).await, desk.sums(PAYER).await);
    assert!(copy.verify().await.chain_ok);

    let mut other = records.clone();
    other[5][9] ^= 1;
    let refused = import(&mut copied, &other).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("IMPORT_DIFFERS"));
    let empty = Desk::open().await;
    let mut client = empty.client();
    let gap = [&records[..9], &records[10..]].concat();
    let refused = import(&mut client, &gap).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("IMPORT_INVALID"));
    let garbage = import(&mut client, &[vec![1, 2, 3]]).await.unwrap_err();
    assert!(reason_of(&garbage).is_some_and(|reason| reason.starts_with("IMPORT_")));
    assert!(empty.verify().await.chain_ok);
}
