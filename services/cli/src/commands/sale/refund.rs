//! A refund is a dispute that is decided for the payer, in one command.

use chit_proto::checkout::v1::{
    DisputeCause, GetSaleRequest, ListDisputesRequest, OpenDisputeRequest, ResolveDisputeRequest, Sale,
};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};

/// A dispute that is open already is the one that is decided, so the command may be repeated after a wrong PIN.
pub async fn run(shop: &Shop, sale_id: String, approval: ApprovalArgs) -> Result<Option<Sale>, Failure> {
    let approval = Some(approval.needed().await?);
    let dispute_id = match open_dispute(shop, &sale_id).await? {
        Some(open) => open,
        None => open_one(shop, &sale_id).await?,
    };
    let disputes = shop.disputes();
    let resolve =
        ResolveDisputeRequest { request_id: shop.step_id("resolve"), dispute_id, uphold: true, approval };
    ask!(disputes.resolve_dispute(resolve)).await?;
    let sales = shop.sales();
    Ok(ask!(sales.get_sale(GetSaleRequest { sale_id })).await?.sale)
}

async fn open_dispute(shop: &Shop, sale_id: &str) -> Result<Option<String>, Failure> {
    let disputes = shop.disputes();
    let open =
        ask!(disputes.list_disputes(ListDisputesRequest { open_only: true, ..Default::default() })).await?;
    let of_sale = open.disputes.into_iter().find(|dispute| dispute.sale_id == sale_id);
    Ok(of_sale.map(|dispute| dispute.dispute_id))
}

async fn open_one(shop: &Shop, sale_id: &str) -> Result<String, Failure> {
    let disputes = shop.disputes();
    let open = OpenDisputeRequest {
        request_id: shop.step_id("open"),
        sale_id: sale_id.to_owned(),
        cause: DisputeCause::InPerson.into(),
    };
    Ok(ask!(disputes.open_dispute(open)).await?.dispute.unwrap_or_default().dispute_id)
}
