//! One call about one sale.

use chit_proto::checkout::v1::{
    GetSaleRequest, OverrideEvidenceRequest, RecordOtherPaymentRequest, ReleaseSaleRequest,
    ReprintReceiptRequest, ResolveReceiptRequest, VoidSaleRequest,
};
use chit_proto::money::v1::Money;

use super::{SaleAct, YesNo, refund};
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

pub async fn run(shop: &Shop, act: SaleAct, currency: &str) -> Result<(), Failure> {
    let (client, request_id) = (shop.sales(), shop.request_id());
    let sale = match act {
        SaleAct::Show { sale } => {
            let sale_id = sale.id(shop).await?;
            ask!(client.get_sale(GetSaleRequest { sale_id })).await?.sale
        }
        SaleAct::Release { sale } => {
            let sale_id = sale.id(shop).await?;
            ask!(client.release_sale(ReleaseSaleRequest { request_id, sale_id })).await?.sale
        }
        SaleAct::Void { sale, original_returned, approval } => {
            let sale_id = sale.id(shop).await?;
            let approval = approval.given().await?;
            let request =
                VoidSaleRequest { request_id, sale_id, approval, original_returned, ..Default::default() };
            ask!(client.void_sale(request)).await?.sale
        }
        SaleAct::OverrideEvidence { sale, approval } => {
            let sale_id = sale.id(shop).await?;
            let approval = Some(approval.needed().await?);
            let request = OverrideEvidenceRequest { request_id, sale_id, approval };
            ask!(client.override_evidence(request)).await?.sale
        }
        SaleAct::ResolveReceipt { sale, printed_whole } => {
            let sale_id = sale.id(shop).await?;
            let printed_whole = printed_whole == YesNo::Yes;
            let request = ResolveReceiptRequest { request_id, sale_id, printed_whole };
            ask!(client.resolve_receipt(request)).await?.sale
        }
        SaleAct::Reprint { sale } => {
            let sale_id = sale.id(shop).await?;
            ask!(client.reprint_receipt(ReprintReceiptRequest { request_id, sale_id })).await?.sale
        }
        SaleAct::PaidOtherwise { sale, amount_minor, approval } => {
            let sale_id = sale.id(shop).await?;
            let approval = Some(approval.needed().await?);
            let amount =
                amount_minor.map(|amount_minor| Money { amount_minor, currency_code: currency.to_owned() });
            let request = RecordOtherPaymentRequest { request_id, sale_id, amount, approval };
            ask!(client.record_other_payment(request)).await?.sale
        }
        SaleAct::Refund { sale, approval } => {
            let sale_id = sale.id(shop).await?;
            refund::run(shop, sale_id, approval).await?
        }
    };
    let sale = sale.unwrap_or_default();
    shop.output.result(view::sale_text(&sale), &view::sale_json(&sale));
    Ok(())
}
