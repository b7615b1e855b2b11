//! A reply on its way to the issuer.

use chit_verdict::Claim;

use crate::payer::code_card::CodeHash;
use crate::values::ids::{ChallengeId, IssuerRequestId, PayerId, SaleId};

/// Made beforehand: under which id it is forwarded, and the code, which only the issuer can read.
pub struct Sealed {
    pub id: IssuerRequestId,
    pub code: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    pub id: IssuerRequestId,
    pub payer: PayerId,
    /// The rows that the code may answer, oldest first.
    pub claims: Vec<Claim>,
    /// An age file to the issuer.
    pub sealed_code: Vec<u8>,
    pub hash: CodeHash,
    /// Whose rows they are.
    pub card: [u8; 16],
    /// When it was given, on the heard clock.
    pub heard_ms: i64,
    pub at_counter: bool,
}

impl Forward {
    /// Whether the code may be that of this challenge.
    pub fn asks(&self, challenge: ChallengeId) -> bool {
        self.claims.iter().any(|claim| claim.challenge_id == challenge.to_bytes())
    }

    /// The sales that do not go on without its verdict.
    pub fn sales(&self) -> Vec<SaleId> {
        let all = self.claims.iter().flat_map(|claim| &claim.sales);
        all.map(|sale| SaleId::from(sale.sale_id)).collect()
    }
}
