//! Effects as they are kept: a number for each kind, for ever.

use super::effect::{Effect, Hold};
use crate::store::records::{self, damaged, outbox::Entry};
use crate::values::ids::{JobId, PayerId, SaleId, TransferId};
use crate::values::refusal::Result;

impl Effect {
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
            Self::PostHouseCash { .. } => 31,
            Self::HandOverFile { .. } => 32,
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
            Self::PostHouseCash { entry, .. } => entry.to_be_bytes().to_vec(),
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
            31 => Self::PostHouseCash {
                payer: PayerId(records::fixed(&entry.subject)?),
                entry: u64::from_be_bytes(records::fixed(&entry.made)?),
            },
            32 => Self::HandOverFile { batch: records::id(&entry.subject)? },
            _ => return Err(damaged("an effect is unknown")),
        })
    }
}
