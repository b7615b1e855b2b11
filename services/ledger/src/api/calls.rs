//! Which calls other services of this machine may make.

use chit_runtime::neighbour::{CHECKOUT, Calls, LOOK, OPERATOR};

/// Money is checkout's; the journal as a whole, which is a backup, and its repair are an operator's.
pub const CALLS: Calls = &[
    ("LedgerService/CreateAccount", CHECKOUT),
    ("LedgerService/GetAccount", CHECKOUT),
    ("LedgerService/ListAccounts", CHECKOUT),
    ("LedgerService/CreateTransfer", CHECKOUT),
    ("LedgerService/CreateTransfers", CHECKOUT),
    ("LedgerService/StreamTransfers", CHECKOUT),
    ("LedgerService/GetTransfer", CHECKOUT),
    ("LedgerService/ListTransfers", CHECKOUT),
    ("LedgerService/RecordFact", CHECKOUT),
    ("LedgerService/ListFacts", CHECKOUT),
    ("LedgerService/GetTrialBalance", CHECKOUT),
    ("LedgerService/GetHead", LOOK),
    ("LedgerService/VerifyChain", CHECKOUT),
    ("LedgerService/GetProof", CHECKOUT),
    ("LedgerService/GetCheckpoint", LOOK),
    ("LedgerService/GetInclusionProof", LOOK),
    ("LedgerService/GetConsistencyProof", LOOK),
    ("LedgerService/ImportJournal", OPERATOR),
    ("LedgerService/CompactIndex", OPERATOR),
    ("LedgerService/WatchJournal", OPERATOR),
];

#[cfg(test)]
mod tests {
    use super::CALLS;

    #[test]
    fn every_call_says_who_may_make_it() {
        let differs =
            chit_runtime::neighbour::differs(CALLS, chit_proto::FILE_DESCRIPTOR_SET, "chit.ledger.v1");
        assert!(differs.is_empty(), "{differs:?}");
    }
}
