//! What an export brings along of the ledger: the records that witness its bundle, with their paths to a signed
//! checkpoint (proto/chit/ledger/v1/journal.proto, "chit-evidence-proof/1").

use chit_evidence::Manifest;
use chit_proto::checkout::v1::{GetChallengeRequest, GetSaleRequest};
use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::ledger::v1::{
    Checkpoint, FactKind, GetCheckpointRequest, GetInclusionProofRequest, GetProofRequest, JournalRecord,
    TransferKind, WatchJournalRequest,
};
use chit_runtime::Channel;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::verify::{PROOF_FORMAT, Proof, Record, VERDICT_FORMAT, VerdictFile};
use crate::failure::Failure;
use crate::shop::{Shop, ask};

/// The bundle before was usually witnessed some dozen records earlier.
const LOOK_BACK: u64 = 512;

pub async fn prove(shop: &Shop, manifest_bytes: &[u8]) -> Result<Proof, Failure> {
    let manifest = Manifest::decode(manifest_bytes)
        .map_err(|_| Failure::other("EVIDENCE_TAMPERED", "manifest.binpb is damaged"))?;
    let ledger = LedgerServiceClient::new(chit_runtime::channel(&shop.shared, "ledger"));
    let request = GetProofRequest { subject_id: manifest.sale_id.clone() };
    let about = ask!(ledger.get_proof(request.clone())).await?.entries;
    let of_sale = |wanted: &dyn Fn(&Change) -> bool| {
        about.iter().find(|entry| change(&entry.record).is_some_and(|change| wanted(&change)))
    };
    let is_pending =
        |change: &Change| matches!(change, Change::Transfer(it) if it.kind() == TransferKind::Pending);
    let hash = Sha256::digest(manifest_bytes);
    let is_seal = |change: &Change| witnesses(change, &hash);
    let missing = |what: &str| {
        Failure::refused(
            "NOT_WITNESSED",
            format!("the ledger has no {what} of this sale yet; try again soon"),
        )
    };
    let sale = of_sale(&is_pending).ok_or_else(|| missing("transfer"))?;
    let sealed = of_sale(&is_seal).ok_or_else(|| missing("seal"))?;
    let previous = match &manifest.previous_manifest_sha256[..] {
        [] => None,
        hash => find_before(&ledger, sealed.seq, hash).await?,
    };
    let checkpoint = ask!(ledger.get_checkpoint(GetCheckpointRequest::default())).await?.checkpoint;
    let checkpoint = checkpoint.unwrap_or_default();
    Ok(Proof {
        format: PROOF_FORMAT.to_owned(),
        sale: included(&ledger, &checkpoint, sale.seq, &sale.record).await?,
        sealed: included(&ledger, &checkpoint, sealed.seq, &sealed.record).await?,
        previous: match previous {
            Some((seq, stored)) => Some(included(&ledger, &checkpoint, seq, &stored).await?),
            None => None,
        },
        checkpoint: checkpoint.signed_note,
    })
}

/// The issuer's verdict on the reply to this sale's challenge, and the record that witnesses it. None where the shop judged itself.
pub async fn prove_verdict(shop: &Shop, sale_id: &str) -> Result<Option<VerdictFile>, Failure> {
    let (sales, deductions) = (shop.sales(), shop.deductions());
    let request = GetSaleRequest { sale_id: sale_id.to_owned() };
    let sale = ask!(sales.get_sale(request)).await?.sale.unwrap_or_default();
    if sale.challenge_id.is_empty() {
        return Ok(None);
    }
    let request = GetChallengeRequest { challenge_id: sale.challenge_id };
    let verdict = ask!(deductions.get_challenge(request)).await?.challenge.unwrap_or_default().issuer_verdict;
    if verdict.is_empty() {
        return Ok(None);
    }
    let ledger = LedgerServiceClient::new(chit_runtime::channel(&shop.shared, "ledger"));
    let about = ask!(ledger.get_proof(GetProofRequest { subject_id: sale_id.to_owned() })).await?.entries;
    let hash = Sha256::digest(&verdict);
    let is_it = |change: &Change| matches!(change, Change::Fact(fact) if fact.kind() == FactKind::ChallengeVerdict && fact.sha256[..] == hash[..]);
    let fact = about.iter().find(|entry| change(&entry.record).is_some_and(|change| is_it(&change)));
    let fact = fact.ok_or_else(|| {
        Failure::refused(
            "NOT_WITNESSED",
            "the ledger has not witnessed the issuer's verdict yet; try again soon",
        )
    })?;
    let checkpoint = ask!(ledger.get_checkpoint(GetCheckpointRequest::default())).await?.checkpoint;
    let checkpoint = checkpoint.unwrap_or_default();
    Ok(Some(VerdictFile {
        format: VERDICT_FORMAT.to_owned(),
        verdict: hex::encode(&verdict),
        fact: included(&ledger, &checkpoint, fact.seq, &fact.record).await?,
        checkpoint: checkpoint.signed_note,
    }))
}

async fn included(
    ledger: &LedgerServiceClient<Channel>,
    checkpoint: &Checkpoint,
    seq: u64,
    stored: &[u8],
) -> Result<Record, Failure> {
    let request = GetInclusionProofRequest { seq, tree_size: checkpoint.tree_size };
    let proof = ask!(ledger.get_inclusion_proof(request)).await?;
    Ok(Record { seq, record: hex::encode(stored), path: proof.path.iter().map(hex::encode).collect() })
}

/// Looks back in steps that grow, so that a ledger of years is read only for a link that is broken.
async fn find_before(
    ledger: &LedgerServiceClient<Channel>,
    seq: u64,
    hash: &[u8],
) -> Result<Option<(u64, Vec<u8>)>, Failure> {
    let (mut end, mut step) = (seq, LOOK_BACK);
    while end > 1 {
        let after_seq = (end - 1).saturating_sub(step);
        let mut records = ledger.clone().watch_journal(WatchJournalRequest { after_seq }).await?.into_inner();
        for _ in after_seq + 1..end {
            let Some(entry) = records.message().await?.and_then(|message| message.entry) else { break };
            if change(&entry.record).is_some_and(|change| witnesses(&change, hash)) {
                return Ok(Some((entry.seq, entry.record)));
            }
        }
        (end, step) = (after_seq + 1, step.saturating_mul(4));
    }
    Ok(None)
}

fn witnesses(change: &Change, hash: &[u8]) -> bool {
    matches!(change, Change::Fact(fact) if fact.kind() == FactKind::EvidenceSealed && fact.sha256 == hash)
}

fn change(stored: &[u8]) -> Option<Change> {
    let (_version, body) = stored.split_first()?;
    JournalRecord::decode(body).ok()?.change
}
