use std::sync::Arc;

use chit_proto::checkout::v1::{CommitSaleRequest, CommitSaleResponse};
use chit_runtime::failpoint;
use tonic::Status;

use crate::api::call::Call;
use crate::api::mutation;
use crate::api::shown::Shown;
use crate::context::Shop;
use crate::sale::{self, Commit, Stage, goods};
use crate::staff::approval::Act;
use crate::values::ids::{SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};
use std::time::Duration;
use tokio::time::timeout;

/// How long the caller waits for the ledger; the commit goes on after that, and a retry finds its result.
const COMMIT_WAIT_MAX: Duration = Duration::from_secs(5);

pub async fn handle(shop: &Arc<Shop>, call: Call<CommitSaleRequest>) -> Result<CommitSaleResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: SaleId = call.body.sale_id.parse()?;
    let grant = match mutation::approval(call.body.approval.clone()) {
        Some(input) => {
            let hands = shop.store.read(move |view| sale::hands(view, id)).await?;
            Some(shop.approve(call.by.origin.clone(), Some(input), Act::OverLimit, hands).await?)
        }
        None => None,
    };
    let (rules, moment) = (shop.rules(), shop.moment()?);
    let transfer: TransferId = shop.new_id()?;
    let actor = call.actor();
    let if_tag = call.body.if_basket_tag.clone();
    let begin = move |tx: &mut crate::store::Tx| {
        goods::must_be_tagged(&tx.sale(id)?, &if_tag)?;
        sale::begin_commit(tx, id, grant, &rules, moment, transfer, &actor)
    };
    shop.store.write(begin).await?;
    failpoint("checkout/commit_sale/reserved");
    let shown = timeout(COMMIT_WAIT_MAX, outcome(shop, id)).await.map_err(|_elapsed| still_waiting())??;
    let answer = CommitSaleResponse { sale: Some(shown.to_proto(shop.cfg.evidence_policy)) };
    mutation::once(shop, &call, move |_| Ok(answer)).await
}

/// The ledger's answer, as it reaches the sale.
async fn outcome(shop: &Arc<Shop>, id: SaleId) -> Result<Shown, Refusal> {
    let mut events = shop.store.watch_events();
    loop {
        events.mark_unchanged();
        let shown = shop.store.read(move |view| Shown::read(view, id)).await?;
        match &shown.sale.stage {
            Stage::PayerOk { commit: Commit::Asked(_), .. } => {}
            Stage::PayerOk { commit: Commit::Refused(reason), .. } => {
                let message = format!("the ledger refused the sale ({reason}); nothing was printed");
                return Err(Refusal::new(RefusalKind::WrongState, Reason::LEDGER_REFUSED, message));
            }
            _ => return Ok(shown),
        }
        if events.changed().await.is_err() {
            return Err(Refusal::internal("checkout is stopping; repeat the call"));
        }
    }
}

fn still_waiting() -> Status {
    let message =
        "the ledger does not answer; the sale is being committed, repeat the call with the same request_id";
    chit_runtime::error::status(tonic::Code::Unavailable, Reason::LEDGER_UNREACHABLE.as_str(), message)
}
