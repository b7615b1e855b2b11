//! DisputeService.

mod get_dispute;
mod list_disputes;
mod open_dispute;
mod resolve_dispute;
mod withdraw_dispute;

super::calls! {
    chit_proto::checkout::v1::dispute_service_server::DisputeService {
        open_dispute(OpenDisputeRequest) -> OpenDisputeResponse for STAFF,
        resolve_dispute(ResolveDisputeRequest) -> ResolveDisputeResponse for STAFF,
        withdraw_dispute(WithdrawDisputeRequest) -> WithdrawDisputeResponse for STAFF,
        get_dispute(GetDisputeRequest) -> GetDisputeResponse for LOOK,
        list_disputes(ListDisputesRequest) -> ListDisputesResponse for LOOK,
    }
}
