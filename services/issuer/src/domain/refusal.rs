use thiserror::Error;

/// Why a request cannot be answered by a verdict, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the issuer made no card with this serial; look at the envelope again")]
    CardUnknown,
    #[error("this card was reported lost; give the payer another")]
    CardLost,
    #[error("every row of this card is assigned; give the payer another")]
    RowsExhausted,
    #[error("a reply is judged by 1 to 8 claims of one card, each with another row")]
    ClaimsDiffer,
    #[error("the shop claims a row that was not assigned to it")]
    RowNotAssigned,
}
