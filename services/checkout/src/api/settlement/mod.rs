//! SettlementService.

mod get_settlement_batch;
mod list_settlement_batches;
mod run_settlement;

super::calls! {
    chit_proto::checkout::v1::settlement_service_server::SettlementService {
        run_settlement(RunSettlementRequest) -> RunSettlementResponse for SETTLE,
        get_settlement_batch(GetSettlementBatchRequest) -> GetSettlementBatchResponse for LOOK,
        list_settlement_batches(ListSettlementBatchesRequest) -> ListSettlementBatchesResponse for LOOK,
    }
}
