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
    #[error("an issuer that asks the payer needs amounts above nothing, in a currency of ISO 4217")]
    AmountClaimed,
    #[error(
        "the issuer does not know whose phone to ask; its people enter it (RegisterHolder, `chit issuer holder`)"
    )]
    HolderWithoutPhone,
    #[error("this card was handed over to another phone; give the payer another card")]
    HolderHasAnotherPhone,
    #[error("another tree was witnessed last; ask GetWitnessed and send a proof from there")]
    OldSize,
    #[error("the checkpoint's tree does not hold what was witnessed before: this ledger was rewritten")]
    LedgerRewritten,
    #[error(
        "one of the issuer's people must prove who they are: name and PIN; `chit issuer people` lists and adds them"
    )]
    ApprovalRequired,
    #[error("wrong name or PIN")]
    PinWrong,
    #[error("too many wrong PINs under this name; wait")]
    PinLockedOut,
    #[error("this card is not locked; for a lost one hand over another (`new_card_serial`)")]
    CardNotLocked,
    #[error("the new card is in use, lost, or the old one itself; take a card from a closed envelope")]
    CardInUse,
    #[error("payers are written to in zh-CN or en")]
    LanguageUnknown,
}
