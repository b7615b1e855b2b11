use std::sync::Arc;

use chit_proto::checkout::v1::{CloseShiftRequest, CloseShiftResponse};
use tonic::Status;

use super::get_z_report;
use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::shift;

pub async fn handle(shop: &Arc<Shop>, call: Call<CloseShiftRequest>) -> Result<CloseShiftResponse, Status> {
    let (actor, currency) = (call.actor(), shop.currency.code());
    mutation::once(shop, &call, move |tx| {
        let shift = shift::close(tx, &actor)?;
        Ok(CloseShiftResponse { report: Some(get_z_report::of_shift(tx, &shift, currency)?) })
    })
    .await
}
