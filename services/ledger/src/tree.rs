//! The Merkle tree over the journal (RFC 6962, section 2.1), grown one leaf at a time.
//!
//! Hashes are stored in the order of `tlog_tiles::stored_hash_index`: a leaf, then every inner node that it completes.

use tlog_tiles::{EMPTY_HASH, Hash, HashReader, node_hash, record_hash, stored_hash_index, sub_tree_index};

/// Root of the tree over a number of records.
pub type Root = [u8; 32];

/// The right edge of the tree: roots of its complete subtrees, largest first. All that appending needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The right edge of a stored tree.
    pub fn read<R: HashReader>(size: u64, hashes: &R) -> Result<Self, tlog_tiles::Error> {
        let subtrees = match size {
            0 => Vec::new(),
            _ => hashes.read_hashes(&sub_tree_index(0, size, Vec::new()))?,
        };
        Ok(Self { size, subtrees })
    }

    /// Appends a record and hands every new stored hash to `keep`, in storage order.
    pub fn append(&mut self, stored: &[u8], mut keep: impl FnMut(Hash)) {
        let mut hash = record_hash(stored);
        keep(hash);
        // As many subtrees are completed as the old size has trailing one bits.
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one complete subtree for each one bit of the size");
            hash = node_hash(left, hash);
            keep(hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Root {
        let folded = self.subtrees.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        folded.unwrap_or(EMPTY_HASH).0
    }
}

/// Place of record `seq`'s leaf hash among the stored hashes.
pub fn leaf_index(seq: u64) -> u64 {
    stored_hash_index(0, seq - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tlog_tiles::{check_record, check_tree, prove_record, prove_tree, stored_hash_count, tree_hash};

    struct Kept(Vec<Hash>);

    impl HashReader for Kept {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
        }
    }

    #[test]
    fn a_growing_tree_has_the_roots_and_proofs_of_the_reference() {
        let (mut frontier, mut kept) = (Frontier::default(), Kept(Vec::new()));
        assert_eq!(frontier.root(), EMPTY_HASH.0);
        let mut roots = Vec::new();
        for n in 0..70_u64 {
            frontier.append(&n.to_be_bytes(), |hash| kept.0.push(hash));
            let size = n + 1;
            assert_eq!(kept.0.len() as u64, stored_hash_count(size));
            assert_eq!(frontier.root(), tree_hash(size, &kept).unwrap().0);
            assert_eq!(Frontier::read(size, &kept).unwrap(), frontier);
            roots.push(Hash(frontier.root()));
            let leaf = kept.0[leaf_index(size) as usize];
            let proof = prove_record(size, n, &kept).unwrap();
            check_record(&proof, size, Hash(frontier.root()), n, leaf).unwrap();
            for old in 1..=size {
                let proof = prove_tree(size, old, &kept).unwrap();
                check_tree(&proof, size, Hash(frontier.root()), old, roots[old as usize - 1]).unwrap();
            }
        }
    }
}
