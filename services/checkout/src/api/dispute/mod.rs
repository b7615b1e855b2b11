//! DisputeService.

mod get_dispute;
mod list_disputes;
mod open_dispute;
mod resolve_dispute;
mod withdraw_dispute;

super::calls! {
    chit_proto::checkout::v1::dispute_service_server::DisputeService {
        open_dispute(OpenDisputeRequest) -> OpenDisputeResponse,
        resolve_dispute(ResolveDisputeRequest) -> ResolveDisputeResponse,
        withdraw_dispute(WithdrawDisputeRequest) -> WithdrawDisputeResponse,
        get_dispute(GetDisputeRequest) -> GetDisputeResponse,
        list_disputes(ListDisputesRequest) -> ListDisputesResponse,
    }
}
