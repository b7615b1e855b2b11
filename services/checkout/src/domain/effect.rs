//! What has to be done outside after a change of state: one row of the outbox, written in the same transaction.
//!
//! Every effect can be repeated: ids are fixed in the state before the effect is written, and the far side answers a
//! repeated id with its first answer.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum EffectKind {
    None = 0,
    /// Sale: reserve its amount in the ledger.
    CommitInLedger = 1,
    /// Sale: keep its recording going until it is sealed.
    HoldRecording = 2,
    /// Sale: photo 1, receipt, photo 2.
    PrintReceipt = 3,
    /// Sale: goods into the bundle, end of the clip.
    StopRecording = 4,
    /// Fact: record it in the ledger.
    RecordFact = 5,
    /// Sale: release the reserved amount.
    VoidTransfer = 6,
    /// Message: hand it to the SMS gateway.
    SendMessage = 7,
    /// Message: take it back if it was not sent.
    CancelMessage = 8,
    /// Batch: post its sales in the ledger.
    PostBatch = 9,
    /// Sale: pay it back in the ledger.
    Refund = 10,
    /// Sale: from receivable to bad debt.
    MoveToBadDebt = 11,
    /// Sale: the payer paid in cash.
    PostOtherPayment = 12,
    /// Sale: a listed debt was paid.
    PostRecovered = 13,
    /// Payer: photo, mandate, card.
    Enrol = 14,
    /// Sale: one more COPY of its receipt.
    Reprint = 15,
    /// Sale: void notice on paper.
    PrintNotice = 16,
    /// Sale: take its receipt back if no byte of it was sent.
    CancelReceipt = 17,
}

/// A row of the outbox.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Effect {
    #[prost(enumeration = "EffectKind", tag = "1")]
    pub kind: i32,
    /// Id of the sale, payer, message, fact or batch.
    #[prost(string, tag = "2")]
    pub subject_id: String,
    /// Fixed id of what is made at the far side, where the subject's record does not hold it.
    #[prost(string, tag = "3")]
    pub far_id: String,
}

impl Effect {
    pub fn new(kind: EffectKind, subject_id: &str) -> Self {
        Self { kind: kind as i32, subject_id: subject_id.to_owned(), far_id: String::new() }
    }

    pub fn with_far_id(kind: EffectKind, subject_id: &str, far_id: String) -> Self {
        Self { kind: kind as i32, subject_id: subject_id.to_owned(), far_id }
    }

    /// Effects of one lane run one after the other; lanes run beside each other.
    pub fn lane(&self) -> String {
        let track = match self.kind() {
            EffectKind::HoldRecording => "recording",
            EffectKind::StopRecording => "stop",
            EffectKind::CancelReceipt => "cancel",
            // Money does not wait for paper.
            EffectKind::VoidTransfer
            | EffectKind::Refund
            | EffectKind::MoveToBadDebt
            | EffectKind::PostOtherPayment
            | EffectKind::PostRecovered => "money",
            _ => "main",
        };
        format!("{}/{track}", self.subject_id)
    }
}
