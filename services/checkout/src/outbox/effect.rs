//! The effects, each with the ids it needs. Every effect can be repeated: its ids are fixed before it is written, and
//! the far side answers a repeated id with its first answer.

use crate::store::records::{self, damaged, outbox::Entry};
use crate::values::ids::{
    BatchId, DisputeId, FactId, IssuerRequestId, JobId, MessageId, PayerId, PostingId, SaleId, TransferId,
};
use crate::values::refusal::Result;

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
            Self::HoldFlight { .. } => "HOLD_FLIGHT",
            Self::BookPosting { .. } => "BOOK_POSTING",
            Self::HoldAside { .. } => "HOLD_ASIDE",
            Self::BookAside { .. } => "BOOK_ASIDE",
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
            | Self::PostRecovery { .. } => Track::Money,
            Self::NoteSale { .. } | Self::HoldEvidence { .. } | Self::ReleaseHold { .. } => Track::Custody,
            Self::Announce { .. } => Track::Voice,
            // What is in flight is held before it can land.
            Self::HoldFlight { .. } | Self::BookPosting { .. } => {
                return Lane { subject: Vec::new(), track: Track::Bank };
            }
            Self::HoldAside { .. } | Self::BookAside { .. } => Track::Bank,
            Self::ForwardReply { .. } | Self::AssignRows { .. } | Self::ReportLost { .. } => Track::Issuer,
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
            | Self::HoldFlight { .. }
            | Self::BookPosting { .. }
            | Self::HoldAside { .. }
            | Self::BookAside { .. }
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

    fn subject(&self) -> Vec<u8> {
        match self {
            Self::RecordFact { fact, .. } => fact.to_bytes().to_vec(),
            Self::SendMessage { message } | Self::CancelMessage { message } => message.to_bytes().to_vec(),
            Self::PostBatch { batch }
            | Self::WriteFile { batch }
            | Self::HoldFlight { batch }
            | Self::HoldAside { batch } => batch.to_bytes().to_vec(),
            Self::BookPosting { posting } | Self::BookAside { posting } => posting.to_bytes().to_vec(),
            Self::PrintEnrolment { payer }
            | Self::RenewCode { payer }
            | Self::ForwardReply { payer, .. }
            | Self::AssignRows { payer, .. }
            | Self::ReportLost { payer, .. } => payer.0.to_vec(),
            _ => self.sales().first().map(|sale| sale.to_bytes().to_vec()).unwrap_or_default(),
        }
    }

    fn kind(&self) -> u32 {
        match self {
            Self::Reserve { .. } => 1,
            Self::HoldRecording { .. } => 2,
            Self::PrintReceipt { .. } => 3,
            Self::StopRecording { .. } => 4,
            Self::RecordFact { .. } => 5,
            Self::VoidPending { .. } => 6,
            Self::SendMessage { .. } => 7,
            Self::CancelMessage { .. } => 8,
            Self::PostBatch { .. } => 9,
            Self::PostRefund { .. } => 10,
            Self::MoveToBadDebt { .. } => 11,
            Self::PostPayment { .. } => 12,
            Self::PostRecovery { .. } => 13,
            Self::PrintEnrolment { .. } => 14,
            Self::PrintCopy { .. } => 15,
            Self::PrintNotice { .. } => 16,
            Self::CancelReceipt { .. } => 17,
            Self::NoteSale { .. } => 18,
            Self::HoldEvidence { .. } => 19,
            Self::ReleaseHold { .. } => 20,
            Self::Announce { .. } => 21,
            Self::RenewCode { .. } => 22,
            Self::WriteFile { .. } => 23,
            Self::HoldFlight { .. } => 24,
            Self::BookPosting { .. } => 25,
            Self::ForwardReply { .. } => 26,
            Self::AssignRows { .. } => 27,
            Self::ReportLost { .. } => 28,
            Self::HoldAside { .. } => 29,
            Self::BookAside { .. } => 30,
        }
    }

    pub(super) fn to_record(&self) -> Entry {
        let made = match self {
            Self::PostRefund { refund: id, .. }
            | Self::MoveToBadDebt { transfer: id, .. }
            | Self::PostPayment { payment: id, .. }
            | Self::PostRecovery { payment: id, .. } => id.to_bytes().to_vec(),
            Self::PrintCopy { job, .. } | Self::PrintNotice { job, .. } => job.to_bytes().to_vec(),
            Self::ForwardReply { request, .. }
            | Self::AssignRows { request, .. }
            | Self::ReportLost { request, .. } => request.to_bytes().to_vec(),
            Self::HoldEvidence { hold: Hold::Dispute(id), .. }
            | Self::ReleaseHold { hold: Hold::Dispute(id), .. } => id.to_bytes().to_vec(),
            _ => Vec::new(),
        };
        let sales = match self {
            Self::RecordFact { about, .. } | Self::ForwardReply { about, .. } => {
                about.iter().map(|sale| sale.to_bytes().to_vec()).collect()
            }
            _ => Vec::new(),
        };
        Entry { kind: self.kind(), subject: self.subject(), made, sales }
    }

    pub(super) fn from_record(entry: &Entry) -> Result<Self> {
        let sale = || records::id::<SaleId>(&entry.subject);
        let made = || records::id::<TransferId>(&entry.made);
        let job = || records::id::<JobId>(&entry.made);
        let hold = || Ok(records::optional_id(&entry.made)?.map_or(Hold::Enquiry, Hold::Dispute));
        Ok(match entry.kind {
            1 => Self::Reserve { sale: sale()? },
            2 => Self::HoldRecording { sale: sale()? },
            3 => Self::PrintReceipt { sale: sale()? },
            4 => Self::StopRecording { sale: sale()? },
            5 => Self::RecordFact { fact: records::id(&entry.subject)?, about: records::ids(&entry.sales)? },
            6 => Self::VoidPending { sale: sale()? },
            7 => Self::SendMessage { message: records::id(&entry.subject)? },
            8 => Self::CancelMessage { message: records::id(&entry.subject)? },
            9 => Self::PostBatch { batch: records::id(&entry.subject)? },
            10 => Self::PostRefund { sale: sale()?, refund: made()? },
            11 => Self::MoveToBadDebt { sale: sale()?, transfer: made()? },
            12 => Self::PostPayment { sale: sale()?, payment: made()? },
            13 => Self::PostRecovery { sale: sale()?, payment: made()? },
            14 => Self::PrintEnrolment { payer: PayerId(records::fixed(&entry.subject)?) },
            15 => Self::PrintCopy { sale: sale()?, job: job()? },
            16 => Self::PrintNotice { sale: sale()?, job: job()? },
            17 => Self::CancelReceipt { sale: sale()? },
            18 => Self::NoteSale { sale: sale()? },
            19 => Self::HoldEvidence { sale: sale()?, hold: hold()? },
            20 => Self::ReleaseHold { sale: sale()?, hold: hold()? },
            21 => Self::Announce { sale: sale()? },
            22 => Self::RenewCode { payer: PayerId(records::fixed(&entry.subject)?) },
            23 => Self::WriteFile { batch: records::id(&entry.subject)? },
            24 => Self::HoldFlight { batch: records::id(&entry.subject)? },
            25 => Self::BookPosting { posting: records::id(&entry.subject)? },
            26 => Self::ForwardReply {
                payer: PayerId(records::fixed(&entry.subject)?),
                request: records::id(&entry.made)?,
                about: records::ids(&entry.sales)?,
            },
            27 => Self::AssignRows {
                payer: PayerId(records::fixed(&entry.subject)?),
                request: records::id(&entry.made)?,
            },
            28 => Self::ReportLost {
                payer: PayerId(records::fixed(&entry.subject)?),
                request: records::id(&entry.made)?,
            },
            29 => Self::HoldAside { batch: records::id(&entry.subject)? },
            30 => Self::BookAside { posting: records::id(&entry.subject)? },
            _ => return Err(damaged("an effect is unknown")),
        })
    }
}

#[cfg(test)]
#[path = "effect_tests.rs"]
mod tests;
