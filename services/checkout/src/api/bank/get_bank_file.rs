use std::sync::Arc;

use chit_proto::checkout::v1::{GetBankFileRequest, GetBankFileResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::pieces;
use crate::config::bank::no_bank;
use crate::context::Shop;
use crate::effects::bank_file;
use crate::store::View;
use crate::values::ids::BatchId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result as Found};

pub type Pieces = pieces::Pieces<GetBankFileResponse>;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetBankFileRequest>) -> Result<Pieces, Status> {
    let (id, here): (BatchId, _) = (call.body.batch_id.parse()?, shop.clone());
    // A file has 8000 debits at most: it fits into memory.
    let bytes = shop.store.read(move |view| again(&here, view, id)).await?;
    tracing::info!(batch = %id, actor = call.actor(), "somebody fetches the file of a batch");
    Ok(pieces::stream(pieces::of(&bytes, |chunk| GetBankFileResponse { chunk })))
}

fn again(shop: &Shop, view: &View, id: BatchId) -> Found<Vec<u8>> {
    let bank = shop.bank.as_ref().ok_or_else(no_bank)?;
    view.batch(id)?;
    let filed = view.find_filed(id)?.filter(|filed| filed.sha256.is_some()).ok_or_else(|| {
        let message =
            "no file of this batch was written: its sales were settled in the ledger, or it comes yet";
        Refusal::new(RefusalKind::WrongState, Reason::WRONG_STATE, message)
    })?;
    let shop_name = shop.cfg.shop_name(false);
    let (bytes, sha256) =
        bank_file::content(view, bank, &filed, shop.currency, shop_name, Vec::new())?.into_parts();
    if filed.sha256 == Some(sha256) {
        return Ok(bytes);
    }
    let message =
        "the file would not be the one of then: give [checkout.bank] and shop_name_en back what they said";
    Err(Refusal::new(RefusalKind::WrongState, Reason::BANK_FILE_CHANGED, message))
}
