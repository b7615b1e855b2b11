//! Effects as they are kept, and which wait for which.

use super::*;
use ulid::Ulid;

fn all() -> Vec<Effect> {
    let (sale, other) = (SaleId(Ulid::from_parts(1, 2)), SaleId(Ulid::from_parts(3, 4)));
    let (transfer, job) = (TransferId(Ulid::from_parts(5, 6)), JobId(Ulid::from_parts(7, 8)));
    let message = MessageId(Ulid::from_parts(9, 10));
    let request = IssuerRequestId(Ulid::from_parts(17, 18));
    vec![
        Effect::Reserve { sale },
        Effect::HoldRecording { sale },
        Effect::PrintReceipt { sale },
        Effect::StopRecording { sale },
        Effect::RecordFact { fact: FactId(Ulid::from_parts(11, 12)), about: vec![sale, other] },
        Effect::VoidPending { sale },
        Effect::SendMessage { message },
        Effect::CancelMessage { message },
        Effect::PostBatch { batch: BatchId(Ulid::from_parts(13, 14)) },
        Effect::PostRefund { sale, refund: transfer },
        Effect::MoveToBadDebt { sale, transfer },
        Effect::PostPayment { sale, payment: transfer },
        Effect::PostRecovery { sale, payment: transfer },
        Effect::PrintEnrolment { payer: PayerId([3; 8]) },
        Effect::PrintCopy { sale, job },
        Effect::PrintNotice { sale, job },
        Effect::CancelReceipt { sale },
        Effect::NoteSale { sale },
        Effect::HoldEvidence { sale, hold: Hold::Dispute(DisputeId(Ulid::from_parts(15, 16))) },
        Effect::ReleaseHold { sale, hold: Hold::Enquiry },
        Effect::Announce { sale },
        Effect::RenewCode { payer: PayerId([4; 8]) },
        Effect::WriteFile { batch: BatchId(Ulid::from_parts(17, 18)) },
        Effect::HandOverFile { batch: BatchId(Ulid::from_parts(17, 18)) },
        Effect::HoldFlight { batch: BatchId(Ulid::from_parts(17, 18)) },
        Effect::BookPosting { posting: PostingId(Ulid::from_parts(19, 20)) },
        Effect::PostHouseCash { payer: PayerId([8; 8]), entry: 21 },
        Effect::HoldAside { batch: BatchId(Ulid::from_parts(17, 18)) },
        Effect::BookAside { posting: PostingId(Ulid::from_parts(19, 20)) },
        Effect::ForwardReply { payer: PayerId([5; 8]), request, about: vec![sale] },
        Effect::AssignRows { payer: PayerId([6; 8]), request },
        Effect::ReportLost { payer: PayerId([7; 8]), request },
    ]
}

#[test]
fn every_effect_reads_back_from_its_record() {
    for effect in all() {
        assert_eq!(Effect::from_record(&effect.to_record()), Ok(effect));
    }
}

#[test]
fn a_challenges_fact_and_its_message_share_a_lane_and_money_does_not_wait_for_paper() {
    let id = Ulid::from_parts(9, 10);
    let fact = Effect::RecordFact { fact: FactId(id), about: Vec::new() };
    assert_eq!(fact.lane(), Effect::SendMessage { message: MessageId(id) }.lane());
    let sale = SaleId(id);
    assert_ne!(Effect::VoidPending { sale }.lane(), Effect::PrintReceipt { sale }.lane());
}
