//! DeductionService.

mod get_challenge;
mod list_bad_record;
mod release_deduction;
mod run_deductions;

super::calls! {
    chit_proto::checkout::v1::deduction_service_server::DeductionService {
        run_deductions(RunDeductionsRequest) -> RunDeductionsResponse for ASK,
        release_deduction(ReleaseDeductionRequest) -> ReleaseDeductionResponse for STAFF,
        get_challenge(GetChallengeRequest) -> GetChallengeResponse for LOOK,
        list_bad_record(ListBadRecordRequest) -> ListBadRecordResponse for STAFF,
    }
}
