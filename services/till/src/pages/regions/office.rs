//! What the back office lists.

use chit_proto::checkout::v1::{
    GetZReportRequest, ListDisputesRequest, ListExceptionsRequest, ListSalesRequest,
    ListSettlementBatchesRequest,
};
use tonic::Status;

use crate::peers::call;
use crate::scene::Scene;
use crate::till::Till;
use crate::view::office::{self as view, Books};
use crate::view::{Reader, Region};

/// Sales that are looked through for the queue; the newest.
const SALES_MAX: u32 = 300;
const BATCHES_MAX: u32 = 8;
const DISPUTES_MAX: u32 = 50;
const EXCEPTIONS_MAX: u32 = 100;

/// While checkout is away the sections stay as they were.
pub async fn sections(till: &Till, reader: &Reader, scene: &Scene) -> Vec<Region> {
    match books(till).await {
        Ok(books) => view::sections(reader, scene, &books),
        Err(_away) => Vec::new(),
    }
}

async fn books(till: &Till) -> Result<Books, Status> {
    let sales = ListSalesRequest { page_size: SALES_MAX, ..Default::default() };
    let disputes = ListDisputesRequest { open_only: false, page_size: DISPUTES_MAX };
    let batches = ListSettlementBatchesRequest { page_size: BATCHES_MAX };
    let exceptions = ListExceptionsRequest { page_size: EXCEPTIONS_MAX, ..Default::default() };
    let (sales, disputes, batches, exceptions, report) = tokio::try_join!(
        call!(till.peers.sales.list_sales(sales)),
        call!(till.peers.disputes.list_disputes(disputes)),
        call!(till.peers.settlements.list_settlement_batches(batches)),
        call!(till.peers.bank.list_exceptions(exceptions)),
        call!(till.peers.shop.get_z_report(GetZReportRequest::default())),
    )?;
    Ok(Books {
        sales: sales.sales,
        disputes: disputes.disputes,
        batches: batches.batches,
        exceptions: exceptions.exceptions,
        report,
    })
}
