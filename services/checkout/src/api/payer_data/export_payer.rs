use std::pin::Pin;
use std::sync::Arc;

use chit_proto::checkout::v1::export_payer_response::Part;
use chit_proto::checkout::v1::{ExportPayerRequest, ExportPayerResponse, PayerPerson};
use futures::{Stream, StreamExt as _, stream};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, enquiry, mutation, shown_bank};
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::store::View;
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::Refusal;

pub type Parts = Pin<Box<dyn Stream<Item = Result<ExportPayerResponse, Status>> + Send>>;

pub async fn handle(shop: &Arc<Shop>, call: Call<ExportPayerRequest>) -> Result<Parts, Status> {
    let id: PayerId = call.body.payer_id.parse()?;
    shop.store.read(move |view| view.payer(id)?.must_be_known().map(drop)).await?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ExportPayer, Hands::NONE).await?;
    let given = move |tx: &mut crate::store::Tx| {
        grant.record(tx, id)?;
        person(tx, id)
    };
    let person = shop.store.write(given).await?;
    tracing::info!(payer = %id, actor = call.actor(), "a payer is given what is stored of them");
    let (here, actor) = (shop.clone(), call.actor());
    let first = stream::iter([Ok(ExportPayerResponse { part: Some(Part::Person(person)) })]);
    let sales = stream::try_unfold(None, move |after| {
        let (shop, actor) = (here.clone(), actor.clone());
        async move { next_sale(&shop, id, after, &actor).await }
    });
    Ok(Box::pin(first.chain(sales)))
}

fn person(view: &View, id: PayerId) -> Result<PayerPerson, Refusal> {
    let payer = view.payer(id)?;
    let phone = payer.must_be_known()?.reveal().to_owned();
    let mandate = view.find_mandate(payer.mandate)?;
    let shown = mandate.as_ref().map(shown_bank::mandate);
    let account = mandate.map(|mandate| mandate.account);
    let (account_holder, iban, bic) = account
        .map(|account| (account.holder, account.iban, account.bic.unwrap_or_default()))
        .unwrap_or_default();
    Ok(PayerPerson {
        payer: Some(convert::payer(&payer, true)),
        photo_jpeg: view.photo(id)?,
        name: payer.name,
        phone,
        enrolled_by: payer.enrolled_by.unwrap_or_default(),
        approved_by: payer.approved_by,
        mandate: shown,
        account_holder,
        iban,
        bic,
    })
}

/// The sale after this one, with its id; none at the end.
async fn next_sale(
    shop: &Arc<Shop>,
    payer: PayerId,
    after: Option<SaleId>,
    actor: &str,
) -> Result<Option<(ExportPayerResponse, Option<SaleId>)>, Status> {
    let Some(id) = shop.store.read(move |view| view.next_sale_of(payer, after)).await? else {
        return Ok(None);
    };
    let whole = enquiry::whole(shop, id, actor, enquiry::Why::OwnData).await?;
    Ok(Some((ExportPayerResponse { part: Some(Part::Sale(whole)) }, Some(id))))
}
