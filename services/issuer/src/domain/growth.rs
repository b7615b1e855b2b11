//! A ledger only grows: each tree holds the one before it, unchanged (RFC 6962 §2.1.2).

use tlog_tiles::{Hash, check_tree};

use super::Refusal;

/// A tree of a ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    pub size: u64,
    pub root: [u8; 32],
}

/// Whether `new` holds all that was seen before. `old_size` is where the proof begins.
pub fn grown(seen: Option<Seen>, old_size: u64, new: Seen, proof: &[Hash]) -> Result<(), Refusal> {
    let Some(seen) = seen.filter(|seen| seen.size > 0) else {
        return if old_size == 0 { Ok(()) } else { Err(Refusal::OldSize) };
    };
    if old_size != seen.size {
        return Err(Refusal::OldSize);
    }
    let holds = match new.size {
        same if same == seen.size => new.root == seen.root,
        larger if larger > seen.size => {
            let proof = proof.to_vec();
            check_tree(&proof, larger, Hash(new.root), seen.size, Hash(seen.root)).is_ok()
        }
        _ => false,
    };
    if holds { Ok(()) } else { Err(Refusal::LedgerRewritten) }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::{node_hash, record_hash};

    use super::*;

    fn leaf(text: &str) -> Hash {
        record_hash(text.as_bytes())
    }

    fn seen(size: u64, root: Hash) -> Seen {
        Seen { size, root: root.0 }
    }

    #[test]
    fn a_larger_tree_that_holds_the_older_one_is_grown_and_any_other_is_rewritten() {
        let (a, b, c) = (leaf("a"), leaf("b"), leaf("c"));
        let two = seen(2, node_hash(a, b));
        let three = seen(3, node_hash(node_hash(a, b), c));
        assert_eq!(grown(None, 0, two, &[]), Ok(()));
        assert_eq!(grown(Some(two), 2, three, &[c]), Ok(()));
        assert_eq!(grown(Some(two), 2, two, &[]), Ok(()), "cosigned anew");
        let rewritten = seen(3, node_hash(node_hash(a, leaf("x")), c));
        for (other, proof) in
            [(rewritten, vec![c]), (three, vec![a]), (seen(2, a), vec![]), (seen(1, a), vec![])]
        {
            assert_eq!(grown(Some(two), 2, other, &proof), Err(Refusal::LedgerRewritten));
        }
        assert_eq!(grown(Some(two), 1, three, &[c]), Err(Refusal::OldSize));
        assert_eq!(grown(None, 2, three, &[c]), Err(Refusal::OldSize));
    }
}
