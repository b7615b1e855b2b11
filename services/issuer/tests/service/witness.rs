//! The issuer as a witness of its shops' ledgers.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chit_proto::issuer::v1 as proto;
use chit_witness::WitnessKey;
use ed25519_dalek::{Signer as _, SigningKey};
use proto::witness_service_client::WitnessServiceClient;
use signed_note::{Note, Signature};
use tlog_tiles::{Checkpoint, Hash, node_hash, record_hash};
use tonic::Status;

use super::{Issuer, reason};

/// A ledger's key and what it signs.
pub struct Ledger(SigningKey);

impl Ledger {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    fn origin(&self) -> String {
        format!("chit-ledger-{}", self.0.as_bytes()[0])
    }

    fn public(&self) -> Vec<u8> {
        [&[1][..], self.0.verifying_key().as_bytes()].concat()
    }

    pub fn verifier_key(&self) -> String {
        let id = signed_note::key_id(&self.origin(), &self.public());
        format!("{}+{id:08x}+{}", self.origin(), BASE64_STANDARD.encode(self.public()))
    }

    fn note(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint::new(&self.origin(), size, root, "").unwrap().to_bytes();
        let id = signed_note::key_id(&self.origin(), &self.public());
        let signature = Signature::new(self.origin(), id, self.0.sign(&text).to_bytes().to_vec()).unwrap();
        String::from_utf8(Note::new(&text, &[signature]).unwrap().to_bytes()).unwrap()
    }
}

impl Issuer {
    async fn add(&self, old_size: u64, proof: &[Hash], checkpoint: &str) -> Result<String, Status> {
        let request = proto::AddCheckpointRequest {
            old_size,
            proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: checkpoint.to_owned(),
        };
        let channel = chit_runtime::channel(&self.ctx.shared, "issuer");
        Ok(WitnessServiceClient::new(channel).add_checkpoint(request).await?.into_inner().cosignature)
    }

    async fn seen(&self, ledger: &Ledger) -> (u64, Vec<u8>) {
        let request = proto::GetWitnessedRequest { origin: ledger.origin() };
        let channel = chit_runtime::channel(&self.ctx.shared, "issuer");
        let seen = WitnessServiceClient::new(channel).get_witnessed(request).await.unwrap().into_inner();
        (seen.size, seen.root)
    }
}

fn leaf(text: &str) -> Hash {
    record_hash(text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_grows_is_cosigned_and_one_that_was_rewritten_never_again() {
    let issuer = Issuer::open().await;
    let ledger = Ledger::new(1);
    let (a, b, c) = (leaf("a"), leaf("b"), leaf("c"));
    let two = ledger.note(2, node_hash(a, b));
    assert_eq!(issuer.seen(&ledger).await, (0, Vec::new()));
    let line = issuer.add(0, &[], &two).await.unwrap();
    let key = WitnessKey::new(&issuer.witness_key).unwrap();
    let now = u64::try_from(issuer.ctx.clock.now().as_second()).unwrap();
    let at = key.seen_at(&format!("{two}{line}\n")).unwrap();
    assert!(at.abs_diff(now) < 60, "the witness's own time");

    let issuer = issuer.restarted().await;
    assert_eq!(issuer.seen(&ledger).await, (2, node_hash(a, b).0.to_vec()));
    let rewritten = ledger.note(3, node_hash(node_hash(a, leaf("x")), c));
    assert_eq!(reason(issuer.add(2, &[c], &rewritten).await).as_deref(), Some("LEDGER_REWRITTEN"));
    assert_eq!(reason(issuer.add(2, &[], &ledger.note(1, a)).await).as_deref(), Some("LEDGER_REWRITTEN"));
    assert_eq!(reason(issuer.add(0, &[], &rewritten).await).as_deref(), Some("CHECKPOINT_OLD_SIZE"));
    let three = ledger.note(3, node_hash(node_hash(a, b), c));
    issuer.add(2, &[c], &three).await.unwrap();
    issuer.add(3, &[], &three).await.unwrap();
    assert_eq!(issuer.seen(&ledger).await.0, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_cosigned_but_what_a_known_ledger_signed() {
    let issuer = Issuer::open().await;
    let (ledger, stranger) = (Ledger::new(1), Ledger::new(2));
    let theirs = stranger.note(1, leaf("a"));
    assert_eq!(reason(issuer.add(0, &[], &theirs).await).as_deref(), Some("LOG_UNKNOWN"));
    let forged = ledger.note(1, leaf("a")).replacen("\n1\n", "\n2\n", 1);
    assert_eq!(reason(issuer.add(0, &[], &forged).await).as_deref(), Some("CHECKPOINT_INVALID"));
    assert_eq!(reason(issuer.add(0, &[], "no note").await).as_deref(), Some("CHECKPOINT_INVALID"));
    assert_eq!(issuer.seen(&ledger).await.0, 0);
}
