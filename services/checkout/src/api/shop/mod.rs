//! ShopService: status, reports, the clock, the goods.

mod close_shift;
mod confirm_time;
mod get_status;
mod get_z_report;
mod search_goods;
mod troubles;

super::calls! {
    chit_proto::checkout::v1::shop_service_server::ShopService {
        get_status(GetStatusRequest) -> GetStatusResponse for STATUS,
        get_z_report(GetZReportRequest) -> GetZReportResponse for REPORT,
        close_shift(CloseShiftRequest) -> CloseShiftResponse for STAFF,
        confirm_time(ConfirmTimeRequest) -> ConfirmTimeResponse for STAFF,
        search_goods(SearchGoodsRequest) -> SearchGoodsResponse for GOODS,
    }
}
