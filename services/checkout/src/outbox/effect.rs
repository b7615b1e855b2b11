//! The effects, each with the ids it needs. Every effect can be repeated: its ids are fixed before it is written, and
//! the far side answers a repeated id with its first answer.

use crate::values::ids::{
    BatchId, DisputeId, FactId, IssuerRequestId, JobId, MessageId, PayerId, PostingId, SaleId, TransferId,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Reserve the sale's amount in the ledger.
    Reserve {
        sale: SaleId,
    },
    /// Keep the recording going until it is sealed.
    HoldRecording {
        sale: SaleId,
    },
    /// Photo 1, receipt, photo 2.
    PrintReceipt {
        sale: SaleId,
    },
    /// End of the clip.
    StopRecording {
        sale: SaleId,
    },
    /// The ledger witnesses a fact. `about`: the sales that do not go on without it.
    RecordFact {
        fact: FactId,
        about: Vec<SaleId>,
    },
    /// Release the reserved amount.
    VoidPending {
        sale: SaleId,
    },
    SendMessage {
        message: MessageId,
    },
    /// Take a message back if it was not sent.
    CancelMessage {
        message: MessageId,
    },
    /// Post the sales of a batch in the ledger.
    PostBatch {
        batch: BatchId,
    },
    /// Pay money back in the ledger.
    PostRefund {
        sale: SaleId,
        refund: TransferId,
    },
    /// From receivable to bad debt.
    MoveToBadDebt {
        sale: SaleId,
        transfer: TransferId,
    },
    /// The payer paid in cash.
    PostPayment {
        sale: SaleId,
        payment: TransferId,
    },
    /// A listed debt was paid in cash.
    PostRecovery {
        sale: SaleId,
        payment: TransferId,
    },
    /// Account, mandate and code card.
    PrintEnrolment {
        payer: PayerId,
    },
    /// One more COPY of the receipt.
    PrintCopy {
        sale: SaleId,
        job: JobId,
    },
    /// A refund on paper.
    PrintNotice {
        sale: SaleId,
        job: JobId,
    },
    /// Take the receipt back if no byte of it was sent.
    CancelReceipt {
        sale: SaleId,
    },
    /// Tell the keeper of the film what became of the sale.
    NoteSale {
        sale: SaleId,
    },
    /// The film stays, whatever its age.
    HoldEvidence {
        sale: SaleId,
        hold: Hold,
    },
    ReleaseHold {
        sale: SaleId,
        hold: Hold,
    },
    /// Another payer code for one that a copy outside the shop shows.
    RenewCode {
        payer: PayerId,
    },
    /// Say at the till that the sale is recorded.
    Announce {
        sale: SaleId,
    },
    /// Put the file of a batch into the bank's drop folder.
    WriteFile {
        batch: BatchId,
    },
    /// Let the configured command bring it to the bank.
    HandOverFile {
        batch: BatchId,
    },
    /// The ledger holds what a file collects as in flight.
    HoldFlight {
        batch: BatchId,
    },
    /// Book what the bank reported.
    BookPosting {
        posting: PostingId,
    },
    /// The same after the ledger refused it: the later ones do not wait.
    HoldAside {
        batch: BatchId,
    },
    BookAside {
        posting: PostingId,
    },
    /// The payer paid cash into their account, or got it back. `entry`: the line of its statement.
    PostHouseCash {
        payer: PayerId,
        entry: u64,
    },
    /// The issuer judges a reply. `about`: the sales that do not go on without its verdict.
    ForwardReply {
        payer: PayerId,
        request: IssuerRequestId,
        about: Vec<SaleId>,
    },
    /// The issuer assigns the next rows of the payer's card.
    AssignRows {
        payer: PayerId,
        request: IssuerRequestId,
    },
    /// The issuer closes the payer's card in every shop.
    ReportLost {
        payer: PayerId,
        request: IssuerRequestId,
    },
}

/// For whom the film is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    Dispute(DisputeId),
    /// Whoever asked about the sale.
    Enquiry,
}

/// Effects of one lane run one after the other; lanes run beside each other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lane {
    subject: Vec<u8>,
    track: Track,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Track {
    Main,
    Recording,
    Stop,
    Cancel,
    /// Money does not wait for paper.
    Money,
    Custody,
    Voice,
    Bank,
    /// Papers do not wait for an issuer that is away.
    Issuer,
    /// A lost card does not wait for a reply that a payer is asked about.
    Loss,
}

impl Effect {
    /// A short name for traces and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reserve { .. } => "RESERVE",
            Self::HoldRecording { .. } => "HOLD_RECORDING",
            Self::PrintReceipt { .. } => "PRINT_RECEIPT",
            Self::StopRecording { .. } => "STOP_RECORDING",
            Self::RecordFact { .. } => "RECORD_FACT",
            Self::VoidPending { .. } => "VOID_PENDING",
            Self::SendMessage { .. } => "SEND_MESSAGE",
            Self::CancelMessage { .. } => "CANCEL_MESSAGE",
            Self::PostBatch { .. } => "POST_BATCH",
            Self::PostRefund { .. } => "POST_REFUND",
            Self::MoveToBadDebt { .. } => "MOVE_TO_BAD_DEBT",
            Self::PostPayment { .. } => "POST_PAYMENT",
            Self::PostRecovery { .. } => "POST_RECOVERY",
            Self::PrintEnrolment { .. } => "PRINT_ENROLMENT",
            Self::PrintCopy { .. } => "PRINT_COPY",
            Self::PrintNotice { .. } => "PRINT_NOTICE",
            Self::CancelReceipt { .. } => "CANCEL_RECEIPT",
            Self::NoteSale { .. } => "NOTE_SALE",
            Self::HoldEvidence { .. } => "HOLD_EVIDENCE",
            Self::ReleaseHold { .. } => "RELEASE_HOLD",
            Self::RenewCode { .. } => "RENEW_CODE",
            Self::Announce { .. } => "ANNOUNCE",
            Self::WriteFile { .. } => "WRITE_FILE",
            Self::HandOverFile { .. } => "HAND_OVER_FILE",
            Self::HoldFlight { .. } => "HOLD_FLIGHT",
            Self::BookPosting { .. } => "BOOK_POSTING",
            Self::HoldAside { .. } => "HOLD_ASIDE",
            Self::BookAside { .. } => "BOOK_ASIDE",
            Self::PostHouseCash { .. } => "POST_HOUSE_CASH",
            Self::ForwardReply { .. } => "FORWARD_REPLY",
            Self::AssignRows { .. } => "ASSIGN_ROWS",
            Self::ReportLost { .. } => "REPORT_LOST",
        }
    }

    pub fn lane(&self) -> Lane {
        let track = match self {
            Self::HoldRecording { .. } => Track::Recording,
            Self::StopRecording { .. } => Track::Stop,
            Self::CancelReceipt { .. } => Track::Cancel,
            Self::VoidPending { .. }
            | Self::PostRefund { .. }
            | Self::MoveToBadDebt { .. }
            | Self::PostPayment { .. }
            | Self::PostRecovery { .. }
            | Self::PostHouseCash { .. } => Track::Money,
            Self::NoteSale { .. } | Self::HoldEvidence { .. } | Self::ReleaseHold { .. } => Track::Custody,
            Self::Announce { .. } => Track::Voice,
            // What is in flight is held before it can land.
            Self::HoldFlight { .. } | Self::BookPosting { .. } => {
                return Lane { subject: Vec::new(), track: Track::Bank };
            }
            Self::HoldAside { .. } | Self::BookAside { .. } => Track::Bank,
            Self::ForwardReply { .. } | Self::AssignRows { .. } => Track::Issuer,
            Self::ReportLost { .. } => Track::Loss,
            _ => Track::Main,
        };
        // The fact of a challenge's text has the id of its message, so both share a lane.
        Lane { subject: self.subject(), track }
    }

    /// The sales that do not go on without it. An SMS has none: the dialogue goes on without it.
    pub fn sales(&self) -> Vec<SaleId> {
        match self {
            Self::RecordFact { about, .. } | Self::ForwardReply { about, .. } => about.clone(),
            Self::SendMessage { .. }
            | Self::CancelMessage { .. }
            | Self::PostBatch { .. }
            | Self::WriteFile { .. }
            | Self::HandOverFile { .. }
            | Self::HoldFlight { .. }
            | Self::BookPosting { .. }
            | Self::HoldAside { .. }
            | Self::BookAside { .. }
            | Self::PostHouseCash { .. }
            | Self::PrintEnrolment { .. }
            | Self::RenewCode { .. }
            | Self::AssignRows { .. }
            | Self::ReportLost { .. } => Vec::new(),
            Self::Reserve { sale }
            | Self::HoldRecording { sale }
            | Self::PrintReceipt { sale }
            | Self::StopRecording { sale }
            | Self::VoidPending { sale }
            | Self::PostRefund { sale, .. }
            | Self::MoveToBadDebt { sale, .. }
            | Self::PostPayment { sale, .. }
            | Self::PostRecovery { sale, .. }
            | Self::PrintCopy { sale, .. }
            | Self::PrintNotice { sale, .. }
            | Self::CancelReceipt { sale }
            | Self::NoteSale { sale }
            | Self::HoldEvidence { sale, .. }
            | Self::ReleaseHold { sale, .. }
            | Self::Announce { sale } => vec![*sale],
        }
    }

    pub(super) fn subject(&self) -> Vec<u8> {
        match self {
            Self::RecordFact { fact, .. } => fact.to_bytes().to_vec(),
            Self::SendMessage { message } | Self::CancelMessage { message } => message.to_bytes().to_vec(),
            Self::PostBatch { batch }
            | Self::WriteFile { batch }
            | Self::HandOverFile { batch }
            | Self::HoldFlight { batch }
            | Self::HoldAside { batch } => batch.to_bytes().to_vec(),
            Self::BookPosting { posting } | Self::BookAside { posting } => posting.to_bytes().to_vec(),
            Self::PrintEnrolment { payer }
            | Self::RenewCode { payer }
            | Self::PostHouseCash { payer, .. }
            | Self::ForwardReply { payer, .. }
            | Self::AssignRows { payer, .. }
            | Self::ReportLost { payer, .. } => payer.0.to_vec(),
            _ => self.sales().first().map(|sale| sale.to_bytes().to_vec()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
#[path = "effect_tests.rs"]
mod tests;
