//! A checkpoint that somebody else has seen (`WitnessService` of chit.issuer.v1): who has it compares any later export with it, and
//! needs to believe neither the shop nor the export.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;

use anyhow::Context as _;
use chit_proto::issuer::v1::witness_service_client::WitnessServiceClient;
use chit_proto::issuer::v1::{AddCheckpointRequest, GetWitnessedRequest};
use chit_proto::ledger::v1::{Checkpoint, GetConsistencyProofRequest};
use chit_runtime::Channel;
use chit_witness::WitnessKey;
use tempfile::NamedTempFile;

use super::verify::{self, Tree, Verified};
use super::{checkpoint, client, key_text, unreadable};
use crate::failure::Failure;
use crate::shop::{Shop, ask};

/// A cosigned note is short.
const NOTE_LEN_MAX: u64 = 16 << 10;

/// What the witness vouches for.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub records: u64,
    pub unix_s: u64,
}

/// Has the newest checkpoint cosigned and keeps it in the file. Returns how many records it covers.
pub async fn cosign(shop: &Shop, file: &Path) -> Result<u64, Failure> {
    let witness: WitnessServiceClient<Channel> =
        WitnessServiceClient::new(chit_runtime::channel(&shop.shared, "issuer"));
    let newest = checkpoint(shop).await?.checkpoint.unwrap_or_default();
    let origin = newest.signed_note.lines().next().unwrap_or_default().to_owned();
    let seen = ask!(witness.get_witnessed(GetWitnessedRequest { origin })).await?;
    if seen.size > newest.tree_size {
        return Err(rewritten(&format!(
            "the witness has seen {} records, the ledger has {}",
            seen.size, newest.tree_size
        )));
    }
    let (checkpoint, proof) = grown(shop, seen.size, newest).await?;
    let request =
        AddCheckpointRequest { old_size: seen.size, proof, checkpoint: checkpoint.signed_note.clone() };
    let cosignature = ask!(witness.add_checkpoint(request)).await?.cosignature;
    keep(file, &format!("{}{cosignature}\n", checkpoint.signed_note))?;
    Ok(checkpoint.tree_size)
}

/// A checkpoint, and why its tree holds the one that was seen.
async fn grown(shop: &Shop, seen: u64, newest: Checkpoint) -> Result<(Checkpoint, Vec<Vec<u8>>), Failure> {
    if seen == 0 {
        return Ok((newest, Vec::new()));
    }
    let request = GetConsistencyProofRequest { old_size: seen, new_size: 0 };
    let ledger = client(shop);
    let proof = ask!(ledger.get_consistency_proof(request)).await?;
    Ok((proof.checkpoint.unwrap_or_default(), proof.path))
}

/// Whole or not at all: the older note stays until this one is there.
fn keep(file: &Path, note: &str) -> Result<(), Failure> {
    let place = || format!("cannot write {}", file.display());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut draft = NamedTempFile::new_in(folder).with_context(place)?;
    draft.write_all(note.as_bytes()).with_context(place)?;
    draft.as_file().sync_all().with_context(place)?;
    draft.persist(file).with_context(place)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(place)?;
    Ok(())
}

/// The export, and that it begins with the very records that the witness saw.
pub fn compare(
    export: &Path,
    key: &str,
    note: &Path,
    witness_key: &str,
) -> Result<(Verified, Seen), Failure> {
    let key = key_text(key)?;
    let witness_key = WitnessKey::new(&key_text(witness_key)?)
        .map_err(|fault| Failure::usage(format!("--witness-key: {fault}")))?;
    let note = read(note)?;
    let not_witnessed = |what: &str| Failure::other("NOT_WITNESSED", what.to_owned());
    let unix_s = witness_key.seen_at(&note).map_err(|fault| not_witnessed(&fault.to_string()))?;
    let (records, root) = verify::cosigned_checkpoint(&note, &key)
        .ok_or_else(|| not_witnessed("the witnessed checkpoint is another ledger's than the export's"))?;
    let opened = File::open(export).map_err(|error| unreadable(export, &error))?;
    let (mut tree, mut holds) = (Tree::default(), records == 0);
    let verified = verify::read(BufReader::new(opened), &key, |seq, stored| {
        tree.append(&stored);
        holds |= seq == records && tree.root() == root;
        Ok(())
    })?;
    if !holds {
        return Err(rewritten("the export does not begin with the records that the witness saw"));
    }
    Ok((verified, Seen { records, unix_s }))
}

fn read(note: &Path) -> Result<String, Failure> {
    let opened = File::open(note).map_err(|error| unreadable(note, &error))?;
    std::io::read_to_string(std::io::Read::take(opened, NOTE_LEN_MAX))
        .map_err(|error| unreadable(note, &error))
}

fn rewritten(what: &str) -> Failure {
    Failure::other(
        "LEDGER_REWRITTEN",
        format!("{what}: the ledger was rewritten, or restored from an older backup"),
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use chit_proto::ledger::v1::JournalRecord;
    use chit_witness::Witness;
    use prost::Message as _;

    use super::super::verify::tests::{Signer, export, records};
    use super::*;

    fn root_of(records: &[Vec<u8>]) -> tlog_tiles::Hash {
        let mut tree = Tree::default();
        records.iter().for_each(|stored| tree.append(stored));
        tree.root()
    }

    struct Desk {
        dir: tempfile::TempDir,
        signer: Signer,
        witness: Witness,
    }

    impl Desk {
        fn new() -> Self {
            Self {
                dir: tempfile::tempdir().unwrap(),
                signer: Signer::new(1),
                witness: Witness::new(&[2; 32]),
            }
        }

        fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
            let file = self.dir.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        }

        /// The first `size` of these records, as the witness cosigned them.
        fn witnessed(&self, records: &[Vec<u8>], size: usize) -> PathBuf {
            let note = self.signer.note(size as u64, root_of(&records[..size]));
            let (text, _) = note.split_once("\n\n").unwrap();
            let line = self.witness.cosign(format!("{text}\n").as_bytes(), 1_795_000_000).unwrap();
            self.file("witnessed", format!("{note}{line}\n"))
        }

        fn compare(&self, export: &Path, note: &Path) -> Result<Seen, Failure> {
            let (key, witness_key) = (self.signer.verifier_key(), self.witness.verifier_key());
            compare(export, &key, note, &witness_key).map(|(_, seen)| seen)
        }
    }

    #[test]
    fn an_export_holds_what_the_witness_saw_and_a_rewritten_one_does_not() {
        let desk = Desk::new();
        let (records, mut rewritten) = (records(), records());
        let note = desk.witnessed(&records, 3);
        let honest = desk.file("export", export(&desk.signer, &records));
        assert_eq!(desk.compare(&honest, &note).unwrap(), Seen { records: 3, unix_s: 1_795_000_000 });
        // Signed by the ledger's own key from end to end: alone it verifies.
        let first = JournalRecord::decode(&rewritten[0][1..]).unwrap();
        let other = JournalRecord { actor: "nobody".to_owned(), ..first };
        rewritten[0] = [vec![1], other.encode_to_vec()].concat();
        let forged = desk.file("forged", export(&desk.signer, &rewritten));
        assert_eq!(desk.compare(&forged, &note).unwrap_err().reason, "LEDGER_REWRITTEN");
        let shorter = desk.file("shorter", export(&desk.signer, &records[..2]));
        assert_eq!(desk.compare(&shorter, &note).unwrap_err().reason, "LEDGER_REWRITTEN");
    }

    #[test]
    fn a_note_without_the_witnesss_cosignature_or_of_another_ledger_proves_nothing() {
        let desk = Desk::new();
        let records = records();
        let honest = desk.file("export", export(&desk.signer, &records));
        let alone = desk.file("alone", desk.signer.note(3, root_of(&records[..3])));
        assert_eq!(desk.compare(&honest, &alone).unwrap_err().reason, "NOT_WITNESSED");
        let other = Desk { signer: Signer::new(9), ..Desk::new() };
        let theirs = other.witnessed(&records, 3);
        assert_eq!(desk.compare(&honest, &theirs).unwrap_err().reason, "NOT_WITNESSED");
    }
}
