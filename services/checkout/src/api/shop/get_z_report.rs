use std::sync::Arc;

use chit_proto::checkout::v1::{GetZReportRequest, GetZReportResponse};
use tonic::Status;

use crate::domain::z_report;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, _request: GetZReportRequest) -> Result<GetZReportResponse, Status> {
    let sales = shop.store.read(|rows| rows.all_sales()).await?;
    let report = z_report::sum(&sales)?;
    Ok(GetZReportResponse {
        currency_code: shop.cfg.currency_code.clone(),
        gross_minor: report.gross_minor,
        settled_minor: report.settled_minor,
        open_minor: report.open_minor,
        bad_minor: report.bad_minor,
        written_off_minor: report.written_off_minor,
        paid_otherwise_minor: report.paid_otherwise_minor,
        void_minor: report.void_minor,
        refunds_minor: report.refunds_minor,
        net_minor: report.net_minor,
        sales: report.sales,
        receipt_numbers_gapless: report.receipt_numbers_gapless,
    })
}
