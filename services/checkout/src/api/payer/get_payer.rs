use std::sync::Arc;

use chit_proto::checkout::v1::{GetPayerRequest, GetPayerResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::payer::record::CodeCare;
use crate::payer::{Payer, PayerState};
use crate::values::ids::PayerId;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetPayerRequest>) -> Result<GetPayerResponse, Status> {
    let id: PayerId = call.body.payer_id.parse()?;
    let (payer, photo_jpeg) = shop.store.read(move |view| Ok((view.payer(id)?, view.photo(id)?))).await?;
    let answers_for_payers = call.by.sees_serials();
    let code_png = if answers_for_payers || (call.by.serves_payers() && is_handed_over(&payer)) {
        picture(&payer.code.png_path).await
    } else {
        Vec::new()
    };
    Ok(GetPayerResponse { payer: Some(convert::payer(&payer, answers_for_payers)), photo_jpeg, code_png })
}

/// The payer is at the counter and has not shown this code yet.
fn is_handed_over(payer: &Payer) -> bool {
    matches!(payer.state, PayerState::Enrolling | PayerState::Pending) || payer.code_care == CodeCare::Renewed
}

/// One that was moved away is shown as missing; the payer's record is whole without it.
async fn picture(path: &str) -> Vec<u8> {
    match tokio::fs::read(path).await {
        Ok(png) => png,
        Err(error) => {
            tracing::info!(%error, "a payer code's picture cannot be read");
            Vec::new()
        }
    }
}
