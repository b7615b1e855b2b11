//! Which calls other services of this machine may make.

use chit_runtime::neighbour::{CHECKOUT, Calls, LOOK, OPERATOR};

/// A shop's checkout asks in the shop's name, by its signature; cards are made, handed over and reset by the issuer's own
/// people, who prove themselves besides (proof.rs).
pub const CALLS: Calls = &[
    ("IssuerService/MakeCards", OPERATOR),
    ("IssuerService/RegisterHolder", OPERATOR),
    ("IssuerService/AssignRows", CHECKOUT),
    ("IssuerService/JudgeReply", CHECKOUT),
    ("IssuerService/ReportLost", CHECKOUT),
    ("IssuerService/ResetPayer", OPERATOR),
    ("IssuerService/ListCustody", OPERATOR),
    ("IssuerService/GetKeys", LOOK),
    // A checkpoint is its ledger's by its signature, whoever brings it, and a ledger cannot be made to shrink.
    ("WitnessService/GetWitnessed", LOOK),
    ("WitnessService/AddCheckpoint", LOOK),
];

#[cfg(test)]
mod tests {
    use super::CALLS;

    #[test]
    fn every_call_says_who_may_make_it() {
        let differs =
            chit_runtime::neighbour::differs(CALLS, chit_proto::FILE_DESCRIPTOR_SET, "chit.issuer.v1");
        assert!(differs.is_empty(), "{differs:?}");
    }
}
